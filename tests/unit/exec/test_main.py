"""One headless task against the scripted engine: ends, signals, streams."""

from __future__ import annotations

import signal
from queue import SimpleQueue
from typing import TYPE_CHECKING

import pytest

from codex.base.errors import ExitStatus
from codex.base.signals import StopSignal
from codex.exec.console import Console
from codex.exec.main import End, ExecInbox, HeadlessTask
from codex.protocol.events import (
    AgentMessage,
    BackgroundEvent,
    ElicitationRequest,
    Error,
    Event,
    EventMsg,
    ExecApprovalRequest,
    McpApprovalRequest,
    TaskComplete,
    TaskStarted,
    TurnAborted,
    Warning,
)
from codex.protocol.ops import (
    ElicitationAnswer,
    ExecApproval,
    Interrupt,
    McpApproval,
    UserInput,
    UserText,
)
from codex.protocol.policy import ReviewDecision
from tests.support.fake_codex import CONFIGURED, FakeCodex, Script
from tests.support.hosts import Terminal, make_host, written

if TYPE_CHECKING:
    from codex.base.host import Host

INPUT = UserInput((UserText("hi"),))
CONTROL_C = StopSignal(signal.SIGINT)


def outcome(
    script: Script, *, host: Host | None = None, first: EventMsg = CONFIGURED
) -> tuple[End, FakeCodex, HeadlessTask]:
    inbox: ExecInbox = SimpleQueue()
    codex = FakeCodex(inbox.put, script, first=first)
    task = HeadlessTask(Console(host or make_host(), "auto"), INPUT)
    return task.until_end(codex, inbox), codex, task


def test_a_task_that_completes_is_done_and_has_an_answer() -> None:
    end, codex, task = outcome(
        {UserInput: [TaskStarted(), AgentMessage("hello"), TaskComplete("hello")]}
    )
    assert (end, task.answer, codex.ops) == (ExitStatus.DONE, "hello", [INPUT])


def test_a_task_that_fails_is_failed() -> None:
    host = make_host()
    end, _, task = outcome({UserInput: [TaskStarted(), Error("no such model")]}, host=host)
    assert (end, task.answer) == (ExitStatus.FAILED, None)
    assert "Error: no such model\n" in written(host.stderr)
    assert written(host.stdout) == ""


def test_an_engine_that_cannot_start_is_a_failure() -> None:
    end, codex, _ = outcome({}, first=Error("no key"))
    assert (end, codex.ops) == (ExitStatus.FAILED, [])


def test_an_error_of_another_submission_does_not_end_the_task() -> None:
    end, _, _ = outcome({UserInput: [Event("0", Error("a server is down")), TaskComplete(None)]})
    assert end is ExitStatus.DONE


def test_a_warning_before_the_session_is_ready_ends_nothing() -> None:
    inbox: ExecInbox = SimpleQueue()
    codex = FakeCodex(inbox.put, {UserInput: [TaskComplete(None)]}, first=Warning("odd"))
    inbox.put(Event("0", CONFIGURED))
    task = HeadlessTask(Console(make_host(), "auto"), INPUT)
    assert task.until_end(codex, inbox) is ExitStatus.DONE


def test_the_first_control_c_interrupts_and_waits_for_the_end_of_the_task() -> None:
    end, codex, _ = outcome(
        {
            UserInput: [TaskStarted(), CONTROL_C],
            Interrupt: [BackgroundEvent("cleaning up"), Event("1", TurnAborted())],
        }
    )
    assert (end, codex.ops) == (ExitStatus.INTERRUPTED, [INPUT, Interrupt()])


def test_a_second_control_c_waits_for_nothing() -> None:
    end, codex, _ = outcome({UserInput: [CONTROL_C, CONTROL_C]})
    assert (end, codex.ops) == (CONTROL_C, [INPUT, Interrupt()])


def test_control_c_before_the_task_waits_for_nothing() -> None:
    inbox: ExecInbox = SimpleQueue()
    inbox.put(CONTROL_C)
    codex = FakeCodex(inbox.put, {})
    task = HeadlessTask(Console(make_host(), "auto"), INPUT)
    assert task.until_end(codex, inbox) == CONTROL_C


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_another_stop_signal_ends_the_run_at_once(number: int) -> None:
    end, codex, _ = outcome({UserInput: [TaskStarted(), StopSignal(number)]})
    assert (end, codex.ops) == (StopSignal(number), [INPUT])


def test_a_question_that_nobody_can_answer_is_answered_no() -> None:
    request = ExecApprovalRequest(call_id="c1", command=("ls",), cwd="/")
    _, codex, _ = outcome({UserInput: [request], ExecApproval: [Event("1", TaskComplete(None))]})
    assert codex.ops == [INPUT, ExecApproval("c1", ReviewDecision.DENIED)]


def test_questions_of_mcp_servers_are_answered_no_too() -> None:
    call = McpApprovalRequest(call_id="c1", server="s", tool="t", arguments=None)
    form = ElicitationRequest(id="e1", server="s", message="Who?", schema=None)
    done = Event("1", TaskComplete(None))
    _, codex, _ = outcome({UserInput: [call, form], ElicitationAnswer: [done]})
    refusals = [McpApproval("c1", ReviewDecision.DENIED), ElicitationAnswer("e1", "decline")]
    assert codex.ops == [INPUT, *refusals]


def answered(host: Host, *msgs: EventMsg, answer: str | None) -> None:
    console = Console(host, "auto")
    for msg in msgs:
        console.show(msg)
    console.answer(answer)


def test_the_answer_goes_to_stdout_and_the_rest_to_stderr() -> None:
    host = make_host()
    answered(host, AgentMessage("hi\x1b[1m"), TaskComplete("hi\x1b[1m"), answer="hi\x1b[1m")
    assert written(host.stdout) == "hi\x1b[1m\n"
    assert written(host.stderr) == "codex\n"


def test_a_terminal_does_not_obey_the_answer() -> None:
    host = make_host(stdout=Terminal())
    answered(host, AgentMessage("hi\x1b[1m"), TaskComplete("hi\x1b[1m"), answer="hi\x1b[1m")
    assert written(host.stdout) == "hi\n"


def test_no_answer_prints_nothing_on_stdout() -> None:
    host = make_host()
    answered(host, TaskComplete(None), answer=None)
    assert written(host.stdout) == ""


@pytest.mark.parametrize(("is_terminal", "stdout"), [(True, ""), (False, "done\n")])
def test_an_answer_already_on_the_screen_is_not_repeated(is_terminal: bool, stdout: str) -> None:
    streams = (Terminal(), Terminal()) if is_terminal else (None, None)
    host = make_host(stdout=streams[0], stderr=streams[1], environ={"NO_COLOR": "1"})
    msgs = (AgentMessage("done"), BackgroundEvent("tidying"), TaskComplete("done"))
    answered(host, *msgs, answer="done")
    assert written(host.stderr).count("done") == 1
    assert written(host.stdout) == stdout
