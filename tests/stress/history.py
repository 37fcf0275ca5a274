"""Run processes that append to one history at the same time, shorten it, read it, and are killed.

The processes are forked, not started anew, so that fifty of them exist at the same moment.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import time
import traceback
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from pathlib import Path
from queue import SimpleQueue
from typing import NamedTuple, NoReturn

from codex.config.types import HistorySettings
from codex.message_history.file import HistoryFile
from codex.message_history.index import open_index
from codex.message_history.requests import MessageHistory
from codex.protocol.events import Event
from codex.protocol.ops import AddToHistory

N_READERS = 3
MAX_BYTES = 20_000
"""Size limit of some 300 entries, so that the history is shortened continually."""
ONE_IN = 5
"""One writer in this many takes the lock for each entry; the others are engines, in batches."""
LONGEST_LIFE_S = 0.02
"""Longest life of a writer that is killed."""


class Appended(NamedTuple):
    """Outcome of `append_at_once`."""

    entries: int
    rotations: int
    lookups: int


class Killed(NamedTuple):
    """Outcome of `kill_writers`."""

    kills: int
    entries: int
    torn_lines: int
    """Lines that a kill left unfinished, and that the next writer ended."""


def append_at_once(folder: Path, processes: int, appends: int) -> Appended:
    """Let processes append at once; every entry is there exactly once, or was dropped as oldest.

    Raises: AssertionError.
    """
    with _Stage() as stage:
        children = [
            _fork(partial(_append, folder, number, appends, stage)) for number in range(processes)
        ]
        shortener = _fork(lambda: _shorten(folder, stage))
        readers = [_fork(lambda: _read(folder, stage)) for _ in range(N_READERS)]
        stage.start()
        try:
            _all_went_well(children)
        finally:
            stage.end()
            _all_went_well([shortener, *readers])
    dropped = (folder / "dropped").read_bytes()
    kept = (folder / "history.jsonl").read_bytes()
    expected = dict.fromkeys(range(processes), 0)
    for line in (dropped + kept).splitlines():
        writer, _, count = json.loads(line)["text"].partition(":")
        if writer != "shortener":
            assert int(count) == expected[int(writer)], f"writer {writer}: entry {count}"
            expected[int(writer)] += 1
    assert set(expected.values()) == {appends}, expected
    lookups = sum(int(path.read_text()) for path in folder.glob("lookups-*"))
    rotations = int((folder / "rotations").read_text())
    return Appended(sum(expected.values()), rotations, lookups)


def kill_writers(folder: Path, kills: int) -> Killed:
    """Kill writers at random moments of appending and shortening; nothing written is lost.

    What a writer was about to write may be there or not. Raises: AssertionError.
    """
    randomness = random.Random(0)
    torn = 0
    following = 0
    for _ in range(kills):
        reported = _killed_writer(folder, following, randomness.uniform(0, LONGEST_LIFE_S))
        numbers, new_torn = _numbers(folder)
        torn = max(torn, new_torn)
        breaks = [pair for pair in pairwise(numbers) if pair[1] != pair[0] + 1]
        assert not breaks, f"{reported} was written after {following - 1}; not in order: {breaks}"
        last = numbers[-1] if numbers else -1
        assert last in (reported, reported + 1), f"{reported} was written, {last} is there"
        following = last + 1
    return Killed(kills, following, torn)


class _Stage:
    """Two pipes: the end of one starts all processes, the end of the other stops the readers."""

    def __enter__(self) -> _Stage:
        self._start, self._starter = os.pipe()
        self._end, self._ender = os.pipe()
        return self

    def start(self) -> None:
        os.close(self._starter)

    def end(self) -> None:
        os.close(self._ender)

    def wait_for_start(self) -> None:
        os.close(self._starter)
        os.close(self._ender)
        os.read(self._start, 1)

    def is_over(self) -> bool:
        os.set_blocking(self._end, False)
        try:
            return os.read(self._end, 1) == b""
        except BlockingIOError:
            return False

    def __exit__(self, *_: object) -> None:
        os.close(self._start)
        os.close(self._end)


class _ArchivingFile(HistoryFile):
    """Records what it drops."""

    def __init__(self, folder: Path, max_bytes: int) -> None:
        super().__init__(str(folder), max_bytes)
        self.rotations = 0
        self._dropped = folder / "dropped"
        self._dropped.touch()

    def _shorten(self, descriptor: int, size: int, max_bytes: int) -> None:
        super()._shorten(descriptor, size, max_bytes)
        kept = os.stat(self.path).st_size
        self.rotations += 1
        with self._dropped.open("ab") as file:
            file.write(os.pread(descriptor, size - kept, 0))


def _append(folder: Path, number: int, appends: int, stage: _Stage) -> None:
    stage.wait_for_start()
    if number % ONE_IN == 0:
        _append_one_by_one(folder, number, appends)
        return
    events: SimpleQueue[Event] = SimpleQueue()
    history = MessageHistory(str(folder), HistorySettings(), clock=time.time, put=events.put)
    for count in range(appends):
        history.take("id", "session", AddToHistory(f"{number}:{count}"))
    history.close()
    while not events.empty():
        # A busy machine may make one wait, and report it.
        text = str(events.get().msg)
        assert "another program holds the lock" in text, text
        assert "the last messages" not in text, text


def _append_one_by_one(folder: Path, number: int, appends: int) -> None:
    file = HistoryFile(str(folder))
    for count in range(appends):
        line = {"session_id": "session", "ts": 1, "text": f"{number}:{count}"}
        while not file.append(json.dumps(line).encode() + b"\n"):
            time.sleep(0.005)


def _shorten(folder: Path, stage: _Stage) -> None:
    stage.wait_for_start()
    file = _ArchivingFile(folder, MAX_BYTES)
    count = 0
    while not stage.is_over():
        line = {"session_id": "session", "ts": 1, "text": f"shortener:{count}"}
        count += file.append(json.dumps(line).encode() + b"\n")
        time.sleep(0.002)
    (folder / "rotations").write_text(str(file.rotations))


def _read(folder: Path, stage: _Stage) -> None:
    stage.wait_for_start()
    lookups = 0
    while not stage.is_over():
        index = open_index(str(folder / "history.jsonl"))
        if index is None:
            continue
        entries = index.entries(max(index.count - 50, 0), 50)
        assert None not in entries, index.lines(max(index.count - 50, 0), 50)
        index.close()
        lookups += 1
    (folder / f"lookups-{os.getpid()}").write_text(str(lookups))


def _killed_writer(folder: Path, first: int, life_s: float) -> int:
    """Run a writer for a while; return the last number that it reported as written."""
    output, reports = os.pipe()
    child = _fork(lambda: _write_for_ever(folder, first, reports))
    os.close(reports)
    reported = os.read(output, 8)  # it has started
    time.sleep(life_s)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    while chunk := os.read(output, 1 << 16):
        reported += chunk
    os.close(output)
    return int.from_bytes(reported[-8:], "big")


def _write_for_ever(folder: Path, first: int, reports: int) -> NoReturn:
    file = HistoryFile(str(folder), max_bytes=1_000_000)
    number = first
    while True:
        # Some are long, so that a kill can interrupt their write.
        text = f"{number} " + "x" * (400_000 if number % 20 == 0 else 30)
        line = {"session_id": "session", "ts": 1, "text": text}
        if file.append(json.dumps(line).encode() + b"\n"):
            os.write(reports, number.to_bytes(8, "big"))
            number += 1


def _numbers(folder: Path) -> tuple[list[int], int]:
    """The numbers of the entries, and how many lines are none.

    A last line that lacks only its end counts: the next writer gives it one.
    """
    index = open_index(str(folder / "history.jsonl"))
    assert index is not None
    entries = index.entries(0, index.count)
    index.close()
    numbers = [int(entry.text.split()[0]) for entry in entries if entry is not None]
    tail = (folder / "history.jsonl").read_bytes().rpartition(b"\n")[2]
    with contextlib.suppress(ValueError):
        numbers.append(int(json.loads(tail)["text"].split()[0]))
    return numbers, entries.count(None)


def _fork(action: Callable[[], None]) -> int:
    """Start a process for `action`; its exit status tells whether it succeeded."""
    child = os.fork()
    if child:
        return child
    status = 1
    try:
        action()
        status = 0
    except Exception:
        traceback.print_exc()
        raise
    finally:
        os._exit(status)


def _all_went_well(children: list[int]) -> None:
    assert [os.waitpid(child, 0)[1] for child in children] == [0] * len(children)
