"""A rollout returns what was recorded, and stays readable wherever it is cut."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from codex.base.jsonio import dumps, loads
from codex.core.replay import replay
from codex.protocol.events import EventMsg
from codex.protocol.items import FunctionCall, FunctionCallOutput, ResponseItem
from codex.rollout.fork import fork
from codex.rollout.format import RECORDED, event_of, event_payload
from codex.rollout.resume import load
from codex.rollout.store import list_sessions
from codex.rollout.writer import Rollout
from tests.support import rollouts
from tests.support.engine import fake_config
from tests.support.protocol_values import values_of

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

ITEMS = st.lists(values_of(ResponseItem), max_size=8)
META = rollouts.meta()["payload"]


def write(folder: Path, items: list[ResponseItem]) -> str:
    path = os.path.join(folder, f"{os.urandom(8).hex()}.jsonl")
    rollout = Rollout(path, clock=lambda: 0.0, warn=lambda _: None, meta=META)
    for item in items:
        rollout.item(item)
    rollout.close()
    return path


def without_answers(items: list[ResponseItem]) -> list[ResponseItem]:
    """The reader repairs calls and outputs that do not belong together."""
    return [item for item in items if not isinstance(item, FunctionCall | FunctionCallOutput)]


@given(items=ITEMS)
def test_any_items_come_back(
    items: list[ResponseItem], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = write(tmp_path_factory.getbasetemp(), items)
    if items:
        found = load(path)
        assert without_answers(list(found.items)) == without_answers(items)
        calls = [item for item in items if isinstance(item, FunctionCall)]
        assert [item for item in found.items if isinstance(item, FunctionCall)] == calls
        assert found.warnings == ()


@given(items=ITEMS.filter(bool), cut=st.integers(1, 3000))
def test_a_file_that_is_cut_anywhere_loses_at_most_the_cut_line(
    items: list[ResponseItem], cut: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    said = without_answers(items)
    path = write(tmp_path_factory.getbasetemp(), [*said, FunctionCall("f", "{}", "c")])
    with open(path, "rb") as file:
        data = file.read()
    first, *rest = data.splitlines(keepends=True)
    end = max(len(first), len(data) - cut)
    os.truncate(path, end)
    whole = sum(end >= len(first) + sum(map(len, rest[: n + 1])) for n in range(len(rest)))
    # A line without its newline is still whole.
    is_whole = end + 1 == len(first) + sum(map(len, rest[: whole + 1]))
    found = list(load(path).items)
    assert found[: len(said)] == said[: whole + is_whole]


NAMES = st.sampled_from(
    ("type", "payload", "id", "role", "content", "text", "call_id", "output",
     "arguments", "name", "action", "command", "info", "summary", "changes",
     "ordinal", "replacement_history", "message", "cwd", "num_turns",
     "total_token_usage", "last_token_usage", "timestamp", "image_url")
)  # fmt: skip
LINES = st.sampled_from(("session_meta", "response_item", "event_msg", "turn_context", "compacted"))
WORDS = st.sampled_from(
    ("message", "reasoning", "function_call", "function_call_output", "custom_tool_call",
     "local_shell_call", "web_search_call", "token_count", "thread_rolled_back", "user_message",
     "exec_command_begin", "patch_apply_begin", "user", "assistant", "input_text", "input_image")
)  # fmt: skip
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.floats(allow_nan=False) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=5),
    max_leaves=12,
)


@st.composite
def odd_lines(draw: st.DrawFn) -> dict[str, object]:
    """Strategy for lines whose outer members are valid."""
    payload = {"type": draw(WORDS), **draw(st.dictionaries(NAMES, ANYTHING, max_size=6))}
    return {"type": draw(LINES), "payload": payload}


@given(lines=st.lists(odd_lines() | ANYTHING, max_size=6))
def test_whatever_a_file_holds_it_is_read_shown_listed_and_copied(
    lines: list[object], tmp_path_factory: pytest.TempPathFactory
) -> None:
    home = tmp_path_factory.getbasetemp() / "odd"
    path = rollouts.put(home, [rollouts.meta()])
    with path.open("ab") as file:
        file.writelines(dumps(line) + b"\n" for line in lines)
    found = load(str(path))
    assert all(isinstance(event, EventMsg) for event in replay(found))
    assert list_sessions(str(home))[0].id == rollouts.ID
    forked = fork(found, fake_config("http://x", str(home)), clock_s=0.0)
    assert forked.items == found.items


@given(msg=values_of(EventMsg))
def test_every_recorded_event_comes_back(msg: EventMsg) -> None:
    if type(msg) in RECORDED:
        payload = event_payload(msg, "7")
        assert event_payload(event_of(loads(dumps(payload))), "7") == payload
