"""Start the program: for `--version` alone, without other imports; else run the command line.

An unexpected exception ends the program with a short report and an exit status.
"""

from __future__ import annotations

import sys


def main() -> int:
    """Run one command line; return the exit status."""
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
        # Whoever reads the output has closed it, and needs no message.
        host.abandon_output()
        return 1
    except Exception as error:  # noqa: BLE001 - any bug ends the program with a report
        from codex.cli.defect import report_defect

        report_defect(host, error)
        return 1


if __name__ == "__main__":
    sys.exit(main())
