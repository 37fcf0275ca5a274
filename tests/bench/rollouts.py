"""Session files, many and long: `python -m tests.bench.rollouts [--rounds N] [--sessions N]`.

Everything is measured in one process, with the files in the page cache.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from codex.protocol.items import Message, TextPart
from codex.rollout.resume import load
from codex.rollout.session_id import new_session_id
from codex.rollout.store import find_session, list_sessions
from codex.rollout.writer import Rollout, rollout_path
from tests.bench.history import Cost, seconds, table
from tests.support import rollouts
from tests.support.rollouts import call, ours, output, said

N_SESSIONS = 5000
N_ITEMS = 10_000
SHOWN = 20
"""Number of sessions that `codex sessions` shows."""
STARTED_S = 1_790_000_000.0
ITEM = Message("user", (TextPart("fix the failing test in src/parser.c, and then say why. " * 4),))


def write_sessions(home: Path, count: int) -> str:
    """Make sessions, one per quarter of an hour; return the id of the last one."""
    session_id = ""
    for number in range(count):
        started_s = STARTED_S + 900 * number
        session_id = new_session_id(started_s)
        items = (said(f"task {number}"), call(), output("a.txt\n" * 50), said("done", "assistant"))
        path = Path(rollout_path(str(home), session_id, started_s))
        rollouts.write(path, ours(*items, session_id=session_id, cwd=f"/repo{number % 7}"))
        os.utime(path, (started_s, started_s))
    return session_id


def costs(home: Path, last_id: str, *, items: int, rounds: int) -> Iterator[Cost]:
    """Measure in this process."""
    recorded, path = _recorded(home / "recorded", items)
    yield Cost("one item recorded", recorded)
    size = os.path.getsize(path)
    name = f"{items} items read again ({size / 1e6:.1f} MB)"
    yield Cost(name, [seconds(lambda: load(path)) for _ in range(rounds)])
    folder = str(home)
    for name, action in (
        (f"the newest {SHOWN} sessions", lambda: list_sessions(folder, limit=SHOWN)),
        ("those of one folder", lambda: list_sessions(folder, cwd="/repo3", limit=SHOWN)),
        ("all sessions", lambda: list_sessions(folder)),
        ("one found by its id", lambda: find_session(folder, last_id)),
    ):
        yield Cost(name, [seconds(action) for _ in range(rounds)])


def _recorded(home: Path, items: int) -> tuple[list[float], str]:
    """Return the cost of each item of a new session, and the session's file."""
    session_id = new_session_id(STARTED_S)
    path = rollout_path(str(home), session_id, STARTED_S)
    meta = rollouts.meta(session_id)["payload"]
    rollout = Rollout(path, clock=time.time, warn=_fail, meta=meta)
    rollout.item(ITEM)
    found = [seconds(lambda: rollout.item(ITEM)) for _ in range(items)]
    rollout.close()
    return found, path


def _fail(text: str) -> None:
    raise AssertionError(text)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.rollouts", description=__doc__)
    parser.add_argument("--rounds", metavar="N", type=int, default=11)
    parser.add_argument("--sessions", metavar="N", type=int, default=N_SESSIONS)
    parser.add_argument("--items", metavar="N", type=int, default=N_ITEMS)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="codex-bench-") as name:
        home = Path(name)
        last_id = write_sessions(home, arguments.sessions)
        print(f"{arguments.sessions} sessions:\n")
        found = costs(home, last_id, items=arguments.items, rounds=arguments.rounds)
        print(table(list(found)), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
