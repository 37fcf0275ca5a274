"""The history's operations on an engine: messages are kept and found, and never block a task."""

from __future__ import annotations

import json
import os
import stat
import threading
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import pytest

import codex.core.codex
from codex.config.types import NO_HISTORY, HistorySettings
from codex.message_history import index as history_index
from codex.message_history.index import HistoryIndex, open_index
from codex.protocol.events import EventMsg, SessionConfigured, ShutdownComplete, Warning
from codex.protocol.ops import (
    AddToHistory,
    GetHistoryEntriesRequest,
    GetHistoryEntryRequest,
    Op,
    ReloadHistory,
    SearchHistoryRequest,
)
from codex.protocol.replies import (
    GetHistoryEntriesResponse,
    GetHistoryEntryResponse,
    HistoryEntry,
    HistoryReloaded,
    SearchHistoryResponse,
)
from tests.support.engine import PATIENCE_S, Engine
from tests.support.model.fake_model import FakeModel, Reply

if TYPE_CHECKING:
    from collections.abc import Iterator

MsgT = TypeVar("MsgT", bound=EventMsg)


@pytest.fixture
def model() -> Iterator[FakeModel]:
    with FakeModel([Reply.text("fine")]) as model:
        yield model


def history_of(tmp_path: Path) -> Path:
    return tmp_path / "codex-home" / "history.jsonl"


def write_history(tmp_path: Path, *texts: str) -> None:
    path = history_of(tmp_path)
    path.parent.mkdir(exist_ok=True)
    lines = [json.dumps({"session_id": "s", "ts": n, "text": t}) for n, t in enumerate(texts)]
    path.write_text("".join(line + "\n" for line in lines), encoding="utf-8")


def ask(engine: Engine, op: Op, kind: type[MsgT]) -> MsgT:
    """Submit a request; return its one answer, which carries its id."""
    request_id = engine.codex.submit(op)
    while (event := engine.next()).id != request_id or isinstance(event.msg, Warning):
        pass
    assert isinstance(event.msg, kind)
    return event.msg


def texts(entries: tuple[HistoryEntry | None, ...]) -> list[str | None]:
    return [None if entry is None else entry.text for entry in entries]


def closed(engine: Engine) -> list[EventMsg]:
    """End the engine; return all its events."""
    engine.codex.close(PATIENCE_S)
    engine.wait_for(ShutdownComplete)
    return [event.msg for event in engine.seen]


def test_the_client_is_told_and_walks_backwards(model: FakeModel, tmp_path: Path) -> None:
    write_history(tmp_path, "one", "two\nlines", "three")
    with Engine(model, cwd=str(tmp_path)) as engine:
        configured = engine.wait_for(SessionConfigured)
        log_id = configured.history_log_id
        assert configured.history_entry_count == 3
        assert 0 < log_id < 2**53
        for offset, text in ((2, "three"), (1, "two\nlines"), (0, "one")):
            answer = ask(engine, GetHistoryEntryRequest(offset, log_id), GetHistoryEntryResponse)
            assert answer == GetHistoryEntryResponse(
                offset, log_id, HistoryEntry("s", offset, text)
            )
        for offset, other in ((3, log_id), (-1, log_id), (2**63, log_id), (0, log_id + 1)):
            answer = ask(engine, GetHistoryEntryRequest(offset, other), GetHistoryEntryResponse)
            assert answer == GetHistoryEntryResponse(offset, other)
        batch = ask(engine, GetHistoryEntriesRequest(log_id, 1, 50), GetHistoryEntriesResponse)
        assert texts(batch.entries) == ["two\nlines", "three"]
        stale = ask(engine, GetHistoryEntriesRequest(log_id + 1, 0, 5), GetHistoryEntriesResponse)
        assert stale == GetHistoryEntriesResponse(log_id + 1, 0, ())


def test_what_is_kept_is_found_after_a_reload(model: FakeModel, tmp_path: Path) -> None:
    with Engine(model, cwd=str(tmp_path)) as engine:
        configured = engine.wait_for(SessionConfigured)
        assert (configured.history_log_id, configured.history_entry_count) == (0, 0)
        for text in ("first", "second — ünï\n2", " not this one", "third"):
            engine.codex.submit(AddToHistory(text))
        reloaded = ask(engine, ReloadHistory(), HistoryReloaded)
        assert reloaded.entry_count == 3
        page = ask(
            engine, GetHistoryEntriesRequest(reloaded.log_id, 0, 10), GetHistoryEntriesResponse
        )
        assert texts(page.entries) == ["first", "second — ünï\n2", "third"]
    path = history_of(tmp_path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    line = path.read_text(encoding="utf-8").splitlines()[1]
    head = f'{{"session_id":"{configured.session_id}","ts":1800000000,"text":"'
    assert line == head + 'second — ünï\\n2"}'


def test_nothing_that_is_pending_is_lost_at_the_end(model: FakeModel, tmp_path: Path) -> None:
    with Engine(model, cwd=str(tmp_path)) as engine:
        for number in range(300):
            engine.codex.submit(AddToHistory(str(number)))
    lines = history_of(tmp_path).read_text().splitlines()
    assert [json.loads(line)["text"] for line in lines] == [str(n) for n in range(300)]


def test_a_search_is_paged_from_the_newest(model: FakeModel, tmp_path: Path) -> None:
    write_history(tmp_path, "Fix it", "other", "fix that", "prefix")
    with Engine(model, cwd=str(tmp_path)) as engine:
        log_id = engine.wait_for(SessionConfigured).history_log_id
        found = ask(engine, SearchHistoryRequest(log_id, "FIX", count=2), SearchHistoryResponse)
        assert [match.offset for match in found.matches] == [3, 2]
        assert not found.is_complete
        found = ask(engine, SearchHistoryRequest(log_id, "FIX", before=2), SearchHistoryResponse)
        assert [match.offset for match in found.matches] == [0]
        assert found.is_complete


def test_switched_off_nothing_is_written_or_read(model: FakeModel, tmp_path: Path) -> None:
    write_history(tmp_path, "old")
    before = history_of(tmp_path).read_bytes()
    with Engine(model, cwd=str(tmp_path), history=NO_HISTORY) as engine:
        configured = engine.wait_for(SessionConfigured)
        assert (configured.history_log_id, configured.history_entry_count) == (0, 0)
        engine.codex.submit(AddToHistory("new"))
        assert ask(engine, ReloadHistory(), HistoryReloaded) == HistoryReloaded(0, 0)
        answer = ask(engine, GetHistoryEntryRequest(0, 0), GetHistoryEntryResponse)
        assert answer == GetHistoryEntryResponse(0, 0)
        batch = ask(engine, GetHistoryEntriesRequest(0, 0, 9), GetHistoryEntriesResponse)
        assert batch.entries == ()
        found = ask(engine, SearchHistoryRequest(0, "old"), SearchHistoryResponse)
        assert found.matches == ()
    assert history_of(tmp_path).read_bytes() == before


def test_the_operations_need_no_session(model: FakeModel, tmp_path: Path) -> None:
    # Without a provider the start of the session fails.
    write_history(tmp_path, "old")
    with Engine(model, cwd=str(tmp_path), provider=None) as engine:
        reloaded = ask(engine, ReloadHistory(), HistoryReloaded)
        assert reloaded.entry_count == 1
        engine.codex.submit(AddToHistory("new"))
        assert ask(engine, ReloadHistory(), HistoryReloaded).entry_count == 2


def test_secrets_are_left_out_and_that_is_said_once(model: FakeModel, tmp_path: Path) -> None:
    secrets = ["use sk-proj-0123456789abcdefghij", "Authorization: Bearer 0123456789abcdef"]
    commit = "revert 2fd4e1c67a2d28fced849ee1bb76e7391b93eb12"
    with Engine(model, cwd=str(tmp_path)) as engine:
        for text in (*secrets, commit):
            engine.codex.submit(AddToHistory(text))
        said = closed(engine)
    (warning,) = [msg.message for msg in said if isinstance(msg, Warning)]
    assert "an API key" in warning
    assert "0123" not in warning
    kept = history_of(tmp_path).read_text().splitlines()
    assert [json.loads(line)["text"] for line in kept] == [commit]


def test_own_patterns_replace_the_built_in_ones(model: FakeModel, tmp_path: Path) -> None:
    settings = HistorySettings(sensitive_patterns=("(?i)swordfish",))
    with Engine(model, cwd=str(tmp_path), history=settings) as engine:
        engine.codex.submit(AddToHistory("the word is Swordfish"))
        engine.codex.submit(AddToHistory("AKIA0123456789ABCDEF"))
        said = closed(engine)
    (warning,) = [msg.message for msg in said if isinstance(msg, Warning)]
    assert "history.sensitive_patterns[0]" in warning
    assert "AKIA" in history_of(tmp_path).read_text()


def test_a_link_is_refused_with_one_notice(model: FakeModel, tmp_path: Path) -> None:
    target = tmp_path / "elsewhere"
    target.write_text('{"session_id":"s","ts":1,"text":"x"}\n')
    history_of(tmp_path).parent.mkdir()
    history_of(tmp_path).symlink_to(target)
    with Engine(model, cwd=str(tmp_path)) as engine:
        assert engine.wait_for(SessionConfigured).history_entry_count == 0
        for _ in range(2):
            engine.codex.submit(AddToHistory("new"))
            assert ask(engine, ReloadHistory(), HistoryReloaded) == HistoryReloaded(0, 0)
        said = closed(engine)
    (warning,) = [msg.message for msg in said if isinstance(msg, Warning)]
    assert "symbolic link" in warning
    assert str(history_of(tmp_path)) in warning
    assert target.read_text().count("\n") == 1


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_another_users_file_is_refused_with_one_notice(model: FakeModel, tmp_path: Path) -> None:
    write_history(tmp_path, "theirs")
    before = history_of(tmp_path).read_bytes()
    os.chown(history_of(tmp_path), 12345, -1)
    with Engine(model, cwd=str(tmp_path)) as engine:
        assert engine.wait_for(SessionConfigured).history_entry_count == 0
        engine.codex.submit(AddToHistory("mine"))
        said = closed(engine)
    (warning,) = [msg.message for msg in said if isinstance(msg, Warning)]
    assert "belongs to another user (id 12345)" in warning
    assert history_of(tmp_path).read_bytes() == before


def test_a_replaced_or_truncated_history_voids_the_old_id(model: FakeModel, tmp_path: Path) -> None:
    write_history(tmp_path, "one", "two")
    path = history_of(tmp_path)
    with Engine(model, cwd=str(tmp_path)) as engine:
        log_id = engine.wait_for(SessionConfigured).history_log_id
        request = GetHistoryEntryRequest(0, log_id)
        data = path.read_bytes()
        path.with_suffix(".other").write_bytes(data)
        path.with_suffix(".other").rename(path)
        assert ask(engine, request, GetHistoryEntryResponse).entry is None
        log_id = ask(engine, ReloadHistory(), HistoryReloaded).log_id
        request = GetHistoryEntryRequest(0, log_id)
        assert ask(engine, request, GetHistoryEntryResponse).entry is not None
        path.write_bytes(data[: len(data) // 2])
        assert ask(engine, request, GetHistoryEntryResponse).entry is None


def test_what_others_append_is_reached_by_asking_for_it(model: FakeModel, tmp_path: Path) -> None:
    write_history(tmp_path, "one")
    with Engine(model, cwd=str(tmp_path)) as engine:
        log_id = engine.wait_for(SessionConfigured).history_log_id
        with history_of(tmp_path).open("a") as file:
            file.write('{"session_id":"other","ts":5,"text":"two"}\n')
        first = ask(engine, GetHistoryEntriesRequest(log_id, 0, 9), GetHistoryEntriesResponse)
        assert texts(first.entries) == ["one"]
        answer = ask(engine, GetHistoryEntryRequest(1, log_id), GetHistoryEntryResponse)
        assert answer.entry == HistoryEntry("other", 5, "two")


def test_what_is_wrong_with_the_history_is_said_after_the_session_is_configured(
    model: FakeModel, tmp_path: Path
) -> None:
    history_of(tmp_path).mkdir(parents=True)
    with Engine(model, cwd=str(tmp_path)) as engine:
        assert isinstance(engine.next().msg, SessionConfigured)
        assert "not a regular file" in engine.wait_for(Warning).message


def test_a_history_that_is_slow_to_open_does_not_hold_up_the_session(
    model: FakeModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_history(tmp_path, "one", "two")
    may_open = threading.Event()

    def open_slowly(path: str) -> HistoryIndex | None:
        may_open.wait(PATIENCE_S)
        return open_index(path)

    monkeypatch.setattr(history_index, "open_index", open_slowly)
    monkeypatch.setattr(codex.core.codex, "HISTORY_PATIENCE_S", 0.01)
    with Engine(model, cwd=str(tmp_path)) as engine:
        configured = engine.wait_for(SessionConfigured)
        assert (configured.history_log_id, configured.history_entry_count) == (0, 0)
        engine.run("work")
        may_open.set()
        assert engine.wait_for(HistoryReloaded).entry_count == 2
