"""A process that is killed at any moment leaves a session file that can be read."""

from __future__ import annotations

import mmap
import os
import random
import select
import signal
from typing import TYPE_CHECKING

from codex.protocol.items import Message, TextPart
from codex.rollout.resume import load
from codex.rollout.writer import Rollout
from tests.support import rollouts

if TYPE_CHECKING:
    from pathlib import Path

KILLS = 500
LONGEST_S = 0.001
MOST_ITEMS = 30
"""Most items of one writer, in case it lives long on a busy machine."""


def item(number: int) -> Message:
    """Return an item of varying size, up to more than a page."""
    return Message("user", (TextPart(f"{number} " + "x" * (number * 7919 % 6_000)),))


def write_until_killed(path: str, done: mmap.mmap, ready: int) -> None:
    """Record items in the child, and count those that are recorded."""
    count = 0
    if os.path.exists(path):
        rollout = Rollout(path, clock=lambda: 0.0, warn=lambda _: None)
        old = load(path)
        rollout.resume(old)
        count = len(old.items)
    else:
        meta = rollouts.meta()["payload"]
        rollout = Rollout(path, clock=lambda: 0.0, warn=lambda _: None, meta=meta)
    os.write(ready, b"x")
    for _ in range(MOST_ITEMS):
        rollout.item(item(count))
        count += 1
        done[:8] = count.to_bytes(8, "little")
    signal.pause()


def killed_run(path: str, done: mmap.mmap, delay_s: float) -> None:
    """Fork a writer, and kill it some time after it has started."""
    ready, child_end = os.pipe()
    process = os.fork()
    if process == 0:
        try:
            write_until_killed(path, done, child_end)
        finally:
            os._exit(1)
    os.close(child_end)
    try:
        assert os.read(ready, 1) == b"x"
        # Only the end can follow: this only measures the time.
        select.select([ready], [], [], delay_s)
        os.kill(process, signal.SIGKILL)
    finally:
        os.close(ready)
        _, status = os.waitpid(process, 0)
    assert os.waitstatus_to_exitcode(status) == -signal.SIGKILL


def test_after_500_kills_at_most_the_item_that_was_being_written_is_missing(
    tmp_path: Path,
) -> None:
    generator = random.Random(4)
    done = mmap.mmap(-1, 8)
    path = str(tmp_path / "0.jsonl")
    recorded = 0
    for kill in range(KILLS):
        if kill % 5 == 0:
            path = str(tmp_path / f"{kill}.jsonl")
            done[:8] = bytes(8)
        killed_run(path, done, generator.random() * LONGEST_S)
        count = int.from_bytes(done[:8], "little")
        if not os.path.exists(path) or os.path.getsize(path) == 0:
            assert count == 0  # killed before the first line
            path = str(tmp_path / f"{kill}-again.jsonl")
            continue
        found = load(path).items
        assert len(found) in (count, count + 1)
        assert found == tuple(map(item, range(len(found))))
        done[:8] = len(found).to_bytes(8, "little")
        recorded += len(found) > 0
    assert recorded > KILLS / 4
