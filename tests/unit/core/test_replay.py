"""Replay shows an old conversation as it was, and ends everything in it that began."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from codex.core.replay import replay
from codex.protocol.events import (
    AgentMessage,
    AgentReasoning,
    BackgroundEvent,
    EventMsg,
    ExecApprovalRequest,
    ExecCommandBegin,
    ExecCommandEnd,
    McpToolCallBegin,
    McpToolCallEnd,
    PatchApplyBegin,
    PatchApplyEnd,
    TaskComplete,
    TaskStarted,
    TurnAborted,
    UserMessage,
)
from codex.protocol.items import (
    FunctionCall,
    FunctionCallOutput,
    ImagePart,
    Message,
    ModelText,
    Reasoning,
    SummaryText,
    TextPart,
)
from codex.rollout.resume import Resumed

if TYPE_CHECKING:
    from codex.protocol.items import ResponseItem

BEGIN = ExecCommandBegin("c1", ("ls",), "/repo")
END = ExecCommandEnd(
    call_id="c1", stdout="", stderr="", aggregated_output="a", exit_code=0, duration_ms=3
)


def old(
    *, events: tuple[EventMsg, ...] = (), items: tuple[ResponseItem, ...] = (), is_ours: bool = True
) -> Resumed:
    return Resumed(session_id="s", path="p", size=0, items=items, events=events, is_ours=is_ours)


def test_our_own_events_come_back_as_they_were() -> None:
    events = (TaskStarted(), UserMessage("hi"), BEGIN, END, TaskComplete("done"))
    assert replay(old(events=events)) == events


def test_questions_are_not_asked_again() -> None:
    question = ExecApprovalRequest(call_id="c1", command=("ls",), cwd="/")
    assert replay(old(events=(question, BEGIN, END))) == (BEGIN, END)


def test_what_a_killed_program_left_running_is_ended_before_the_next_task() -> None:
    events = (TaskStarted(), BEGIN, TaskStarted(), TaskComplete(None))
    first, begin, end, aborted, *rest = replay(old(events=events))
    assert (first, begin) == (TaskStarted(), BEGIN)
    assert isinstance(end, ExecCommandEnd)
    assert (end.call_id, end.exit_code) == ("c1", 130)
    assert aborted == TurnAborted("the program was ended")
    assert rest == [TaskStarted(), TaskComplete(None)]


@pytest.mark.parametrize(
    ("begin", "end"),
    [
        (PatchApplyBegin("c", True, {}), PatchApplyEnd),
        (McpToolCallBegin("c", "s", "t", None), McpToolCallEnd),
    ],
)
def test_a_patch_and_an_mcp_call_are_ended_too(begin: EventMsg, end: type) -> None:
    assert [type(event) for event in replay(old(events=(begin,)))] == [type(begin), end]


def test_the_items_of_another_program_become_events() -> None:
    items = (
        Message("user", (TextPart("hi"), ImagePart("data:x"))),
        Reasoning(summary=(SummaryText("hm"),)),
        Message("assistant", (ModelText("hello"),)),
    )
    want = (UserMessage("hi", 1), AgentReasoning("hm"), AgentMessage("hello"))
    assert replay(old(items=items, is_ours=False)) == want


@pytest.mark.parametrize(
    ("arguments", "output", "command", "text", "exit_code"),
    [
        ('{"command": ["ls"]}', '{"output": "a", "metadata": {"exit_code": 2}}', ("ls",), "a", 2),
        ('{"command": ["ls"]}', "Exit code: 3\nOutput:\na", ("ls",), "Exit code: 3\nOutput:\na", 3),
        ('{"cmd": "ls"}', "Process exited with code 1", ("bash", "-c", "ls"),
         "Process exited with code 1", 1),
        ('{"command": ["ls"]}', "a", ("ls",), "a", 0),
    ],
)  # fmt: skip
def test_the_commands_of_each_version_are_shown_with_their_outcome(
    arguments: str, output: str, command: tuple[str, ...], text: str, exit_code: int
) -> None:
    items = (FunctionCall("shell", arguments, "c1"), FunctionCallOutput("c1", output))
    begin, end = replay(old(items=items, is_ours=False))
    assert isinstance(begin, ExecCommandBegin)
    assert isinstance(end, ExecCommandEnd)
    assert begin.command == command
    assert (end.aggregated_output, end.exit_code) == (text, exit_code)


def test_a_call_that_is_no_command_is_named() -> None:
    items = (FunctionCall("update_plan", "{}", "c1"), FunctionCall("x", "no json", "c2"))
    events = replay(old(items=items, is_ours=False))
    assert events == (BackgroundEvent("update_plan {}"), BackgroundEvent("x no json"))
