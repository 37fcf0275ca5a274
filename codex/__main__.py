"""Start of the program: `--version` before anything is imported, else the command line."""

from __future__ import annotations

import sys


def main() -> int:
    """Run one command line; the exit status."""
    if sys.argv[1:] in (["--version"], ["-V"]):
        from codex import __version__

        print(f"codex {__version__}")
        return 0
    from codex.cli.main import run
    from codex.host import current_host

    return run(current_host())


if __name__ == "__main__":
    sys.exit(main())
