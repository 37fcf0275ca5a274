"""Run, test or build codex from its source. Only python3 has to be installed before.

    python3 build/build.py run ARGS...     run codex from its source
    python3 build/build.py test [ARGS...]  lint, types and every test; ARGS are pytest's
    python3 build/build.py check           lint, types and the layer test only
    python3 build/build.py fuzz [ARGS...]  properties and parsers on random input; ARGS are pytest's
    python3 build/build.py native          compile the C shim for running from source
    python3 build/build.py wheel           dist/codex-*.whl
    python3 build/build.py binary          dist/codex, one static executable (Linux)
    python3 build/build.py bench [ARGS...] the benchmarks of tests/bench, on dist/codex
    python3 build/build.py docs            docs/config.md, from the program's keys

`test` builds the executable first, unless ARGS select only tests that do not run it. It is
repeatable: every run uses the same random input. `fuzz` uses new input each time, and much more of
it: each parser is tested for CODEX_FUZZ_SECONDS (60 by default).

Each command first makes what it needs: `.venv`, caches and, if run by root, missing system
packages. A second run is quick. This file must start under Python 3.9 and later, so that an old
Python gets a clear error.
"""

from __future__ import annotations

import os
import shutil
import sys

COMMANDS = ("run", "test", "check", "fuzz", "native", "wheel", "binary", "bench", "docs")
OLDEST = (3, 11)
CANDIDATES = ("python3.11", "python3.12", "python3.13", "python3.14")


def main(arguments: list[str]) -> int:
    """Run the command that `arguments` begin with; return the exit code."""
    if not arguments or arguments[0] not in COMMANDS:
        asked_for_help = arguments[:1] in (["-h"], ["--help"])
        (sys.stdout if asked_for_help else sys.stderr).write(__doc__ or "")
        return 0 if asked_for_help else 2
    if sys.version_info < OLDEST:
        return _restart()
    import commands
    from console import BuildError

    if os.geteuid() == 0 and arguments[0] != "run":  # `run` leaves the user's environment alone
        os.environ["PATH"] = with_system_folders(os.environ.get("PATH", os.defpath))
    try:
        return commands.ALL[arguments[0]](arguments[1:])
    except BuildError as exc:
        sys.stderr.write(f"Error: {exc}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("Error: interrupted\n")
        return 130


def with_system_folders(path: str) -> str:
    """Return a PATH that includes the folders of programs for root, such as `chroot`.

    `su` leaves root the user's PATH, which lacks them. dpkg refuses to work without them.
    """
    folders = path.split(os.pathsep)
    missing = [name for name in ("/usr/local/sbin", "/usr/sbin", "/sbin") if name not in folders]
    return os.pathsep.join([*folders, *missing])


def _restart() -> int:
    for name in CANDIDATES:
        path = shutil.which(name)
        if path is not None:
            os.execv(path, [path, *sys.argv])
    sys.stderr.write(
        f"Error: this is Python {sys.version.split()[0]}; 3.11 or later is needed, and none of "
        f"{', '.join(CANDIDATES)} is on PATH.\nOn Debian 12: apt-get install python3.11\n"
    )
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
