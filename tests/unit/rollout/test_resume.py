"""A session file of any version becomes a conversation to continue."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from codex.base.errors import CodexError
from codex.protocol.events import UserMessage
from codex.protocol.items import (
    FunctionCall,
    FunctionCallOutput,
    ImagePart,
    Message,
    ModelText,
    Reasoning,
    SummaryText,
    TextPart,
    TokenUsage,
)
from codex.rollout.resume import Resumed, load
from codex.rollout.transcript import ABORTED
from tests.support import rollouts
from tests.support.rollouts import call, of_may_2025, of_today, ours, output, said, tagged

if TYPE_CHECKING:
    from pathlib import Path

HI = Message("user", (TextPart("hi"),))
HELLO = Message("assistant", (ModelText("hello"),))
LS = FunctionCall("shell", '{"command": ["ls"]}', "c1")
FILES = FunctionCallOutput("c1", "a.txt")


def resumed(tmp_path: Path, lines: list[dict[str, Any]]) -> Resumed:
    return load(str(rollouts.write(tmp_path / "rollout.jsonl", lines)))


@pytest.mark.parametrize("version", [ours, of_may_2025, of_today])
def test_every_version_tells_what_was_said_and_done(tmp_path: Path, version: Any) -> None:
    lines = version(said("hi"), call(), output(), said("hello", "assistant"))
    found = resumed(tmp_path, lines)
    assert found.items == (HI, LS, FILES, HELLO)
    assert found.session_id == rollouts.ID
    assert found.warnings == ()


def test_what_the_settings_were_is_told(tmp_path: Path) -> None:
    found = resumed(tmp_path, ours(said("hi")))
    settings = (found.cwd, found.model, found.provider_id, found.reasoning_effort)
    assert settings == ("/repo", "m", "fake", "high")
    assert found.instructions == "be good"
    assert found.is_ours


def test_a_file_of_may_2025_tells_no_folder(tmp_path: Path) -> None:
    found = resumed(tmp_path, of_may_2025(said("hi")))
    assert (found.cwd, found.model, found.is_ours) == (None, None, False)


def test_the_lines_of_today_are_counted_on(tmp_path: Path) -> None:
    lines = of_today(said("hi"))
    assert resumed(tmp_path, lines).next_ordinal == len(lines)
    assert resumed(tmp_path, ours(said("hi"))).next_ordinal is None


def test_a_line_that_cannot_be_read_costs_only_itself_and_is_told_once(tmp_path: Path) -> None:
    path = rollouts.write(tmp_path / "r.jsonl", ours(said("hi"), said("hello", "assistant")))
    lines = path.read_bytes().splitlines(keepends=True)
    lines.insert(4, b"\xff\x00 broken\n")
    lines.append(b'{"timestamp":"2026-11-23T01:37:49.042Z","type":"resp')
    path.write_bytes(b"".join(lines))
    found = load(str(path))
    assert found.items == (HI, HELLO)
    assert found.warnings == (f"skipped 2 broken lines in the session file '{path}'",)


def test_a_file_without_its_first_line_is_no_session(tmp_path: Path) -> None:
    path = rollouts.write(tmp_path / "r.jsonl", ours(said("hi"))[1:])
    with pytest.raises(CodexError, match="it holds no session"):
        load(str(path))


def test_a_file_that_is_gone_is_named(tmp_path: Path) -> None:
    with pytest.raises(CodexError, match="No such file"):
        load(str(tmp_path / "gone.jsonl"))


def test_unknown_kinds_of_lines_and_events_are_passed_over(tmp_path: Path) -> None:
    lines = [
        *ours(said("hi")),
        tagged("world_state", {}),
        tagged("event_msg", {"type": "item_completed", "item": {}}),
        tagged("event_msg", {"type": "user_message", "message": 3}),
        {"record_type": "state"},
    ]
    found = resumed(tmp_path, lines)
    assert (found.items, found.warnings) == ((HI,), ())


def test_an_unknown_kind_of_item_is_named(tmp_path: Path) -> None:
    lines = ours(said("hi"), {"type": "hologram"}, {"type": "ghost_snapshot"})
    (warning,) = resumed(tmp_path, lines).warnings
    assert warning.endswith("does not know: hologram")


def test_a_newer_format_is_told(tmp_path: Path) -> None:
    (warning,) = resumed(tmp_path, [rollouts.meta(rollout_format=2)]).warnings
    assert "newer version" in warning


def test_sealed_reasoning_is_kept(tmp_path: Path) -> None:
    raw = {
        "type": "reasoning",
        "id": "rs_1",
        "summary": [{"type": "summary_text", "text": "hm"}],
        "encrypted_content": "sealed",
        "content": None,
    }
    want = Reasoning("rs_1", (SummaryText("hm"),), (), "sealed")
    assert resumed(tmp_path, of_today(raw)).items == (want,)


def test_an_open_call_stays_open_at_the_end_and_is_closed_before_the_next_message(
    tmp_path: Path,
) -> None:
    lines = ours(said("hi"), call("c1"), said("hi"), call("c2"))
    open_ = FunctionCall("shell", LS.arguments, "c2")
    aborted = FunctionCallOutput("c1", ABORTED)
    assert resumed(tmp_path, lines).items == (HI, LS, aborted, HI, open_)


def test_an_answer_without_its_call_is_left_out(tmp_path: Path) -> None:
    assert resumed(tmp_path, ours(said("hi"), output())).items == (HI,)


def test_tokens_are_counted_on(tmp_path: Path) -> None:
    usage = {"input_tokens": 30, "output_tokens": 15, "total_tokens": 45}
    info = {"total_token_usage": usage, "last_token_usage": usage, "model_context_window": None}
    event = tagged("event_msg", {"type": "token_count", "info": info, "rate_limits": {}})
    want = TokenUsage(input_tokens=30, output_tokens=15, total_tokens=45)
    assert resumed(tmp_path, [*ours(said("hi")), event]).usage == want
    nothing = tagged("event_msg", {"type": "token_count", "info": None})
    assert resumed(tmp_path, [*ours(said("hi")), event, nothing]).usage == want


def test_a_summary_stands_for_what_it_replaced(tmp_path: Path) -> None:
    replaced = tagged("compacted", {"message": "", "replacement_history": [said("in short")]})
    lines = [*of_today(said("hi"), said("hello", "assistant")), replaced]
    assert resumed(tmp_path, lines).items == (Message("user", (TextPart("in short"),)),)


def test_an_older_summary_follows_the_users_messages(tmp_path: Path) -> None:
    lines = [
        *of_today(said("hi"), said("hello", "assistant")),
        tagged("compacted", {"message": "s"}),
    ]
    assert resumed(tmp_path, lines).items == (HI, Message("user", (TextPart("s"),)))


def test_turns_that_were_taken_back_are_gone(tmp_path: Path) -> None:
    taken = tagged("event_msg", {"type": "thread_rolled_back", "num_turns": 1})
    lines = [*of_today(said("hi"), said("hello", "assistant"), said("no"), call()), taken]
    assert resumed(tmp_path, lines).items == (HI, HELLO)


def test_what_another_version_added_to_our_file_is_read_as_its_own(tmp_path: Path) -> None:
    lines = [*ours(said("hi")), *of_today(said("and"))[1:]]
    assert resumed(tmp_path, lines).items == (HI, Message("user", (TextPart("and"),)))


def test_what_we_added_to_a_foreign_file_is_read_as_ours(tmp_path: Path) -> None:
    """A message that looks like the other program's context is the user's, if we recorded it."""
    lines = [*of_today(said("hi")), *ours(said(rollouts.CONTEXT))[1:]]
    assert resumed(tmp_path, lines).items == (HI, Message("user", (TextPart(rollouts.CONTEXT),)))


def test_events_are_kept_for_showing(tmp_path: Path) -> None:
    event = tagged("event_msg", {"type": "user_message", "message": "hi", "image_count": 0})
    assert UserMessage("hi") in resumed(tmp_path, [*ours(said("hi")), event]).events


def test_images_in_an_answer_follow_as_a_message(tmp_path: Path) -> None:
    image = {"type": "input_image", "image_url": "data:x"}
    answer = {**output(), "output": [{"type": "input_text", "text": "see"}, image]}
    *_, text, picture = resumed(tmp_path, of_today(call(), answer)).items
    assert text == FunctionCallOutput("c1", "see")
    assert isinstance(picture, Message)
    assert picture.content[-1] == ImagePart("data:x")


@pytest.mark.parametrize(
    ("raw", "name", "arguments"),
    [
        ({"type": "custom_tool_call", "name": "apply_patch", "input": "*** Begin"}, "apply_patch",
         {"input": "*** Begin"}),
        ({"type": "local_shell_call", "action": {"type": "exec", "command": ["ls"]}}, "shell",
         {"command": ["ls"]}),
        ({"type": "function_call", "name": "f", "arguments": {"a": 1}}, "f", {"a": 1}),
    ],
)  # fmt: skip
def test_other_kinds_of_calls_become_function_calls(
    tmp_path: Path, raw: dict[str, Any], name: str, arguments: Any
) -> None:
    (item,) = resumed(tmp_path, of_today({**raw, "call_id": "c9"})).items
    assert isinstance(item, FunctionCall)
    assert (item.name, json.loads(item.arguments), item.call_id) == (name, arguments, "c9")


def test_a_web_search_becomes_a_text(tmp_path: Path) -> None:
    raw = {"type": "web_search_call", "action": {"type": "search", "query": "landlock"}}
    (item,) = resumed(tmp_path, of_today(raw)).items
    assert isinstance(item, Message)
    assert item.text == "[searched the web: landlock]"
