"""Replay: turn a recorded conversation back into the events that show it. Pure.

A session file of this program contains the events themselves. In a file of another program, only
messages, calls and outputs can be relied on, so the events are made from those.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, assert_never

import msgspec

from codex.base.jsonio import loads
from codex.core.tools.shell_arguments import ShellArguments
from codex.model.loose import as_dict, as_int, as_str
from codex.protocol.events import (
    AgentMessage,
    AgentReasoning,
    BackgroundEvent,
    CallBegin,
    CallEnd,
    EventMsg,
    ExecCommandBegin,
    ExecCommandEnd,
    McpToolCallBegin,
    McpToolCallEnd,
    PassingEvent,
    PatchApplyBegin,
    PatchApplyEnd,
    TaskEnd,
    TaskReport,
    TaskStarted,
    TurnAborted,
    UserMessage,
)
from codex.protocol.items import (
    FunctionCall,
    FunctionCallOutput,
    ImagePart,
    Message,
    Reasoning,
    ResponseItem,
)
from codex.protocol.questions import Question
from codex.rollout.transcript import ABORTED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from codex.rollout.resume import Resumed

_ShownAsIs = TaskReport | PassingEvent
_EXIT_CODE = re.compile(r"(?:Exit code:|exited with code) (-?\d+)")


def replay(resumed: Resumed) -> tuple[EventMsg, ...]:
    """Return the events that show a recorded conversation, in order.

    Questions are left out, because they can no longer be answered. Every begin event has its end
    event, even if the program was killed in between.
    """
    if resumed.is_ours:
        return tuple(_with_ends(resumed.events))
    return tuple(_of_items(resumed.items))


def _with_ends(events: tuple[EventMsg, ...]) -> Iterator[EventMsg]:
    running: dict[str, CallBegin] = {}
    is_task_open = False
    for event in events:
        if isinstance(event, Question):
            continue
        if isinstance(event, CallBegin):
            running[event.call_id] = event
        elif isinstance(event, CallEnd):
            running.pop(event.call_id, None)
        elif isinstance(event, TaskStarted):
            yield from _ends(running, is_task_open=is_task_open)
            running.clear()
            is_task_open = True
        elif isinstance(event, TaskEnd):
            is_task_open = False
        elif not isinstance(event, _ShownAsIs):
            assert_never(event)
        yield event
    yield from _ends(running, is_task_open=is_task_open)


def _ends(running: dict[str, CallBegin], *, is_task_open: bool) -> Iterator[EventMsg]:
    """Yield the end events that are missing because the program was killed."""
    for call_id, event in running.items():
        match event:
            case ExecCommandBegin():
                yield _command_end(call_id, ABORTED, exit_code=130)
            case PatchApplyBegin():
                yield PatchApplyEnd(call_id, "", ABORTED, success=False)
            case McpToolCallBegin():
                yield McpToolCallEnd(call_id=call_id, success=False, result=None, error=ABORTED)
            case _:
                assert_never(event)
    if is_task_open:
        yield TurnAborted("the program was ended")


def _of_items(items: tuple[ResponseItem, ...]) -> Iterator[EventMsg]:
    outputs = {item.call_id: item.output for item in items if isinstance(item, FunctionCallOutput)}
    for item in items:
        match item:
            case Message(role="assistant"):
                yield AgentMessage(item.text)
            case Message(role="user"):
                images = sum(isinstance(part, ImagePart) for part in item.content)
                yield UserMessage(item.text, images)
            case Reasoning():
                for part in item.summary or item.content:
                    yield AgentReasoning(part.text)
            case FunctionCall():
                yield from _call(item, outputs.get(item.call_id, ABORTED))
            case _:
                pass


def _call(call: FunctionCall, output: str) -> Iterator[EventMsg]:
    """Yield the events of a call: begin and end if it ran a command, otherwise one line."""
    command = _command(call)
    if command is None:
        yield BackgroundEvent(f"{call.name} {call.arguments}")
        return
    text, exit_code = _outcome(output)
    yield ExecCommandBegin(call.call_id, *command)
    yield _command_end(call.call_id, text, exit_code=exit_code)


def _command(call: FunctionCall) -> tuple[tuple[str, ...], str] | None:
    """Return the words and folder of a command call that any Codex recorded; None for others."""
    try:
        arguments = as_dict(loads(call.arguments))
        if "cmd" in arguments:
            arguments["command"] = arguments["cmd"]
        shell = msgspec.convert(arguments, ShellArguments, strict=False)
    except ValueError:
        return None
    return shell.argv(), shell.workdir or ""


def _outcome(output: str) -> tuple[str, int]:
    """Return the output and the exit code of a command, parsed from the text for the model."""
    try:
        answer: dict[str, Any] = as_dict(loads(output))
    except ValueError:
        answer = {}
    if "output" in answer:
        return as_str(answer["output"]), as_int(as_dict(answer.get("metadata")).get("exit_code"))
    found = _EXIT_CODE.search(output)
    return output, int(found[1]) if found else 0


def _command_end(call_id: str, output: str, *, exit_code: int) -> ExecCommandEnd:
    return ExecCommandEnd(
        call_id=call_id,
        stdout="",
        stderr="",
        aggregated_output=output,
        exit_code=exit_code,
        duration_ms=0,
    )
