"""Start of the program: `--version` before anything is imported, else the command line.

One of the two places with a broad `except`: a defect ends in one line and an exit status.
"""

from __future__ import annotations

import sys


def main() -> int:
    """Run one command line; the exit status."""
    if sys.argv[1:] in (["--version"], ["-V"]):
        from codex import __version__

        print(f"codex {__version__}")
        return 0
    from codex.base.host import current_host

    host = current_host()
    try:
        from codex.cli.main import run

        return run(host)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # Whoever read the output has gone, and knows.
        host.abandon_output()
        return 1
    except Exception as error:  # noqa: BLE001 - whatever it is, it ends the program in words
        from codex.cli.defect import report_defect

        report_defect(host, error)
        return 1


if __name__ == "__main__":
    sys.exit(main())
