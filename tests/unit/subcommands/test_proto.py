"""JSON lines in, JSON lines out, against the scripted engine."""

from __future__ import annotations

import io
import json
import signal
from queue import SimpleQueue
from typing import Any

import pytest

from codex.base.errors import CodexError
from codex.base.lines import EndOfInput, InputLine
from codex.base.signals import StopSignal
from codex.protocol.events import (
    ApplyPatchApprovalRequest,
    ElicitationRequest,
    Event,
    EventMsg,
    ExecApprovalRequest,
    McpApprovalRequest,
    ShutdownComplete,
    TaskComplete,
    TaskStarted,
    TurnAborted,
)
from codex.protocol.ops import (
    ElicitationAnswer,
    ExecApproval,
    McpApproval,
    Op,
    PatchApproval,
    Shutdown,
    Submission,
    UserInput,
    UserText,
)
from codex.protocol.policy import ReviewDecision
from codex.subcommands import proto
from codex.subcommands.proto import OWN_ID, ProtoClient, ProtoInbox
from tests.support.fake_codex import FakeCodex, Script
from tests.support.hosts import Terminal, make_host

SAY_HI = InputLine(b'{"id":"a","op":{"type":"user_input","items":[{"type":"text","text":"hi"}]}}')
HI = UserInput((UserText("hi"),))
QUESTION = ExecApprovalRequest(call_id="c1", command=("ls",), cwd="/")
END = Shutdown(after_task=True)
Item = Event | StopSignal | InputLine | EndOfInput


def served(script: Script, *items: Item) -> tuple[list[Any], FakeCodex, StopSignal | None]:
    """What the client reads, when it sends some lines and the engine ends after a Shutdown."""
    inbox: ProtoInbox = SimpleQueue()
    codex = FakeCodex(inbox.put, {Shutdown: [ShutdownComplete()], **script})
    for item in items:
        inbox.put(item)
    output = io.StringIO()
    stopped_by = ProtoClient(codex, output).until_end(inbox)
    return [json.loads(line) for line in output.getvalue().splitlines()], codex, stopped_by


def kinds(lines: list[Any]) -> list[tuple[str, str]]:
    return [(line["id"], line["msg"]["type"]) for line in lines]


def test_a_submission_goes_in_under_its_own_id_and_its_events_come_out() -> None:
    script: Script = {UserInput: [TaskStarted(), TaskComplete("hello")]}
    lines, codex, stopped_by = served(script, SAY_HI, EndOfInput())
    assert codex.submissions[0] == Submission("a", HI)
    assert kinds(lines) == [
        ("0", "session_configured"),
        ("a", "task_started"),
        ("a", "task_complete"),
        ("", "shutdown_complete"),
    ]
    assert stopped_by is None


def test_the_end_of_the_input_lets_the_task_finish() -> None:
    _, codex, _ = served({}, EndOfInput())
    assert codex.submissions == [Submission(OWN_ID, END)]


def test_a_bad_line_is_answered_and_the_next_one_is_taken() -> None:
    bad = InputLine(b'{"id":"x","op":{"type":"fly"}}')
    lines, codex, _ = served({}, bad, InputLine(b"no json"), SAY_HI, EndOfInput())
    assert kinds(lines)[1:3] == [("x", "error"), ("", "error")]
    assert lines[1]["msg"]["kind"] == "bad_submission"
    assert "fly" in lines[1]["msg"]["message"]
    assert codex.ops[0] == HI


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_aborts_and_the_last_events_still_come(
    number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proto, "let_signals_kill", lambda: None)
    script: Script = {Shutdown: [Event("a", TurnAborted()), ShutdownComplete()]}
    lines, codex, stopped_by = served(script, StopSignal(number))
    assert codex.ops == [Shutdown()]
    assert kinds(lines)[1:] == [("a", "turn_aborted"), ("", "shutdown_complete")]
    assert stopped_by == StopSignal(number)


def test_a_shutdown_of_the_client_ends_the_program() -> None:
    lines, codex, _ = served({}, InputLine(b'{"id":"bye","op":{"type":"shutdown"}}'))
    assert codex.submissions == [Submission("bye", Shutdown())]
    assert kinds(lines)[-1] == ("bye", "shutdown_complete")


def test_a_question_that_the_client_answered_is_not_answered_again() -> None:
    answer = InputLine(b'{"id":"b","op":{"type":"exec_approval","id":"c1","decision":"approved"}}')
    _, codex, _ = served({}, Event("a", QUESTION), answer, EndOfInput())
    assert codex.ops == [ExecApproval("c1", ReviewDecision.APPROVED), END]


def test_a_question_before_the_end_of_the_input_is_answered_no() -> None:
    patch = ApplyPatchApprovalRequest(call_id="c2", changes={})
    _, codex, _ = served({}, Event("a", patch), EndOfInput())
    assert codex.ops == [PatchApproval("c2", ReviewDecision.DENIED), END]


@pytest.mark.parametrize(
    ("question", "refusal"),
    [
        (
            McpApprovalRequest(call_id="c3", server="s", tool="t", arguments=None),
            McpApproval("c3", ReviewDecision.DENIED),
        ),
        (
            ElicitationRequest(id="e1", server="s", message="Who?", schema=None),
            ElicitationAnswer("e1", "decline"),
        ),
    ],
)
def test_questions_of_mcp_servers_are_answered_no_too(question: EventMsg, refusal: Op) -> None:
    _, codex, _ = served({}, Event("0", question), EndOfInput())
    assert codex.ops == [refusal, END]


def test_of_several_questions_only_the_open_ones_are_answered() -> None:
    form = ElicitationRequest(id="e1", server="s", message="Who?", schema=None)
    answer = InputLine(b'{"id":"b","op":{"type":"exec_approval","id":"a","decision":"approved"}}')
    _, codex, _ = served({}, Event("a", QUESTION), Event("0", form), answer, EndOfInput())
    assert codex.ops[1:] == [ElicitationAnswer("e1", "decline"), END]


def test_a_question_after_the_end_of_the_input_is_answered_no() -> None:
    script: Script = {
        Shutdown: [Event("a", QUESTION)],
        ExecApproval: [Event("", ShutdownComplete())],
    }
    _, codex, _ = served(script, EndOfInput())
    assert codex.ops == [END, ExecApproval("c1", ReviewDecision.DENIED)]


def test_a_terminal_is_refused() -> None:
    with pytest.raises(CodexError, match="standard input is a terminal"):
        proto.run(make_host(stdin=Terminal()), None)  # type: ignore[arg-type]
