"""Many processes on one history, and killed ones: `python -m tests.stress [--processes N] ...`.

Prints what was done. The first entry that is lost, doubled or torn ends the run with exit code 1.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from tests.stress.history import append_at_once, kill_writers


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.stress", description=__doc__)
    parser.add_argument("--processes", metavar="N", type=int, default=50)
    parser.add_argument("--appends", metavar="N", type=int, default=2000)
    parser.add_argument("--kills", metavar="N", type=int, default=5000)
    arguments = parser.parse_args()
    for name, run in (
        ("appends", lambda f: append_at_once(f, arguments.processes, arguments.appends)),
        ("kills", lambda f: kill_writers(f, arguments.kills)),
    ):
        with tempfile.TemporaryDirectory(prefix="codex-stress-") as folder:
            before = time.monotonic()
            report = run(Path(folder))
            print(f"{name}: {report}, {time.monotonic() - before:.1f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
