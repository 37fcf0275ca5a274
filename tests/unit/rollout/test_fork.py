"""A copy of a session is a session of its own."""

from __future__ import annotations

import resource
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from codex.base.errors import CodexError
from codex.core.replay import replay
from codex.protocol.events import UserMessage
from codex.protocol.items import Message
from codex.rollout.fork import fork
from codex.rollout.resume import load
from tests.support import rollouts
from tests.support.engine import fake_config
from tests.support.rollouts import call, of_may_2025, of_today, ours, output, said, tagged

if TYPE_CHECKING:
    from codex.rollout.resume import Resumed

NOW = 1_795_400_000.0


def message(text: str) -> list[dict[str, Any]]:
    """Return a task of ours that begins with a message."""
    shown = tagged("event_msg", {"type": "user_message", "message": text, "image_count": 0})
    return [*ours(said(text))[1:], shown]


def talk() -> list[dict[str, Any]]:
    """Write a session with three messages of the user."""
    answer = tagged("response_item", said("hello", "assistant"))
    done = tagged("event_msg", {"type": "task_complete", "last_agent_message": "hello"})
    first = [*message("one"), answer, done]
    return [rollouts.meta(), *first, *message("two"), answer, done, *message("three")]


def texts(resumed: Resumed) -> list[str]:
    return [item.text for item in resumed.items if isinstance(item, Message)]


def copy(tmp_path: Path, lines: list[dict[str, Any]], **which: Any) -> Resumed:
    path = rollouts.put(tmp_path / "old", lines)
    return fork(load(str(path)), fake_config("http://x", str(tmp_path)), clock_s=NOW, **which)


@pytest.mark.parametrize("version", [ours, of_may_2025, of_today])
def test_a_copy_holds_the_same_under_another_id(tmp_path: Path, version: Any) -> None:
    copied = copy(tmp_path, version(said("hi"), call(), output()))
    old = load(str(rollouts.only_file(tmp_path / "old")))
    assert copied.items == old.items
    assert copied.session_id != old.session_id
    assert copied.session_id in copied.path
    assert (copied.cwd, copied.is_ours) == (old.cwd, old.is_ours)
    assert copied.next_ordinal == old.next_ordinal
    assert old.size == rollouts.only_file(tmp_path / "old").stat().st_size
    meta = rollouts.read(rollouts.only_file(tmp_path / "codex-home"))[0]["payload"]
    assert meta["forked_from_id"] == rollouts.ID


@pytest.mark.parametrize(("kept", "want"), [(0, []), (1, ["one"]), (2, ["one", "two"]), (9, None)])
def test_a_copy_may_end_before_a_message_of_the_user(
    tmp_path: Path, kept: int, want: list[str] | None
) -> None:
    copied = copy(tmp_path, talk(), keep_messages=kept)
    want = ["one", "two", "three"] if want is None else want
    assert [text for text in texts(copied) if text != "hello"] == want
    shown = [event for event in replay(copied) if isinstance(event, UserMessage)]
    assert [event.message for event in shown] == want
    assert texts(copied).count("hello") == min(kept, 2)


def test_a_copy_of_a_foreign_session_may_end_before_a_message_too(tmp_path: Path) -> None:
    lines = of_today(said("one"), said("hello", "assistant"), said("two"))
    assert texts(copy(tmp_path, lines, keep_messages=1)) == ["one", "hello"]


def test_a_broken_line_is_not_copied_and_that_is_told(tmp_path: Path) -> None:
    path = rollouts.put(tmp_path / "old", ours(said("hi")))
    with path.open("a") as file:
        file.write('{"broken')
    config = fake_config("http://x", str(tmp_path))
    copied = fork(load(str(path)), config, clock_s=NOW)
    assert texts(copied) == ["hi"]
    (warning,) = copied.warnings
    assert warning == f"skipped 1 broken line in the session file '{path}'"
    assert load(copied.path).warnings == ()


def test_an_ephemeral_copy_writes_nothing(tmp_path: Path) -> None:
    path = rollouts.put(tmp_path / "old", ours(said("hi")))
    config = fake_config("http://x", str(tmp_path))
    config = msgspec.structs.replace(config, is_ephemeral=True)
    copied = fork(load(str(path)), config, clock_s=NOW)
    assert copied.session_id != rollouts.ID
    assert not (tmp_path / "codex-home").exists()


def test_a_copy_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "codex-home").write_text("no folder")
    with pytest.raises(CodexError, match="cannot copy the session"):
        copy(tmp_path, ours(said("hi")))


def test_a_copy_that_finds_no_room_leaves_nothing_behind(tmp_path: Path) -> None:
    path = rollouts.put(tmp_path / "old", ours(said("x" * 100_000)))
    old = load(str(path))
    config = fake_config("http://x", str(tmp_path))
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, limits[1]))
    try:
        with pytest.raises(
            CodexError, match=r"cannot copy the session '.*' to '.*': File too large"
        ):
            fork(old, config, clock_s=NOW)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert [entry for entry in Path(config.codex_home).rglob("*") if entry.is_file()] == []
