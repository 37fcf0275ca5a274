"""The history's thread: entries that wait for a lock or for space, and warnings about them."""

from __future__ import annotations

import fcntl
import json
from collections.abc import Callable
from pathlib import Path
from queue import SimpleQueue
from typing import IO

import pytest

from codex.config.types import HistorySettings
from codex.message_history import worker as history_worker
from codex.message_history.messages import HistoryState
from codex.message_history.requests import MessageHistory
from codex.protocol.events import Error, Event, Warning
from codex.protocol.ops import (
    AddToHistory,
    GetHistoryEntriesRequest,
    GetHistoryEntryRequest,
    ReloadHistory,
)
from codex.protocol.replies import (
    GetHistoryEntriesResponse,
    GetHistoryEntryResponse,
    HistoryReloaded,
)

PATIENCE_S = 30.0


class Kept:
    """A MessageHistory in a folder, with its events and the contents of its file."""

    def __init__(self, folder: Path, clock: Callable[[], float] = lambda: 7.9) -> None:
        self.path = folder / "history.jsonl"
        self.events: SimpleQueue[Event] = SimpleQueue()
        self.history = MessageHistory(
            str(folder), HistorySettings(), clock=clock, put=self.events.put
        )

    def add(self, *texts: str) -> None:
        for text in texts:
            self.history.take("add", "session", AddToHistory(text))

    def reload(self) -> None:
        """Wait for an answer, with all earlier messages processed; warnings are dropped."""
        self.history.take("reload", "session", ReloadHistory())

    def next(self) -> Event:
        return self.events.get(timeout=PATIENCE_S)

    def closed(self) -> list[str]:
        """End the history; return the remaining warnings."""
        self.history.close()
        found = []
        while not self.events.empty():
            msg = self.events.get().msg
            if isinstance(msg, Warning):
                found.append(msg.message)
        return found

    def texts(self) -> list[str]:
        return [json.loads(line)["text"] for line in self.path.read_text().splitlines()]


@pytest.fixture
def kept(tmp_path: Path) -> Kept:
    return Kept(tmp_path)


def locked(path: Path) -> IO[bytes]:
    """Open the file, with its lock held until it is closed."""
    file = path.open("ab")
    fcntl.flock(file, fcntl.LOCK_EX)
    return file


def test_an_engine_that_needs_no_history_starts_no_thread(kept: Kept) -> None:
    kept.history.close()
    assert not kept.path.exists()


def test_an_entry_has_the_second_it_was_submitted_in(kept: Kept) -> None:
    kept.add("hi")
    assert kept.closed() == []
    assert kept.path.read_bytes() == b'{"session_id":"session","ts":7,"text":"hi"}\n'


@pytest.mark.parametrize("name", ["history.jsonl", "history.jsonl.lock"])
def test_requests_are_answered_while_entries_wait_for_a_lock(kept: Kept, name: str) -> None:
    with locked(kept.path.parent / name):
        kept.add("one", "two")
        kept.reload()
        assert isinstance(kept.next().msg, HistoryReloaded)
        assert not kept.path.exists() or kept.texts() == []
    assert kept.closed() == []
    assert kept.texts() == ["one", "two"]


def test_what_waits_is_written_when_the_lock_is_free_without_being_asked(kept: Kept) -> None:
    lock = locked(kept.path)
    kept.add("one")
    kept.reload()
    kept.next()
    lock.close()
    # Ends by the test's own time limit if the entry is not tried again.
    while kept.path.stat().st_size == 0:
        pass
    assert kept.closed() == []


def test_a_lock_that_is_never_freed_is_told_of_and_ends_with_the_engine(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history_worker, "TOLD_AFTER_S", 0.0)
    monkeypatch.setattr(history_worker, "CLOSE_PATIENCE_S", 0.05)
    with locked(kept.path):
        kept.add("one", "two")
        waits, lost = kept.closed()
    assert f'another program holds the lock of "{kept.path}"' in waits
    assert "the last messages of this session (2) are not in the message history" in lost


def test_what_failed_is_tried_again_with_the_next_message(kept: Kept) -> None:
    kept.path.mkdir()
    kept.add("one", "two")
    kept.reload()
    first = kept.next()
    assert first.id == "add"
    assert isinstance(first.msg, Warning)
    assert f'"{kept.path}"' in first.msg.message
    assert kept.next() == Event("reload", HistoryReloaded(0, 0))
    kept.path.rmdir()
    kept.add("three")
    assert kept.closed() == []
    assert kept.texts() == ["one", "two", "three"]


def test_a_defect_is_told_and_the_request_is_answered(tmp_path: Path) -> None:
    def broken() -> float:
        raise ZeroDivisionError("no clock")

    kept = Kept(tmp_path, broken)
    kept.add("one")
    assert kept.next() == Event(
        "add", Error("internal error: ZeroDivisionError: no clock", kind="internal")
    )
    kept.reload()
    assert kept.next() == Event("reload", HistoryReloaded(0, 0))
    kept.history.close()


def test_a_page_is_limited_and_answers_say_what_was_asked(kept: Kept) -> None:
    kept.path.write_text('{"session_id":"s","ts":1,"text":"x"}\n' * 1500)
    state = kept.history.describe("0").get(timeout=PATIENCE_S)
    assert state.entry_count == 1500
    for count, expected in ((5000, 1000), (0, 0), (-3, 0)):
        kept.history.take("page", "s", GetHistoryEntriesRequest(state.log_id, 100, count))
        msg = kept.next().msg
        assert isinstance(msg, GetHistoryEntriesResponse)
        assert (msg.log_id, msg.offset, len(msg.entries)) == (state.log_id, 100, expected)
    kept.history.close()


def test_an_id_is_not_given_again_to_a_new_file(kept: Kept) -> None:
    seen = set()
    for number in range(20):
        # File systems tend to give the number of the old inode to the new one.
        kept.path.unlink(missing_ok=True)
        kept.path.write_text(f'{{"session_id":"s","ts":{number},"text":"x"}}\n')
        state = kept.history.describe("0").get(timeout=PATIENCE_S)
        seen.add(state.log_id)
    assert len(seen) == 20
    assert max(seen) < 2**53
    kept.history.close()


def test_no_file_is_no_history(kept: Kept) -> None:
    assert kept.history.describe("0").get(timeout=PATIENCE_S) == HistoryState(0, 0)
    kept.history.take("one", "s", GetHistoryEntryRequest(0, 0))
    assert kept.next() == Event("one", GetHistoryEntryResponse(0, 0))
    kept.history.close()
