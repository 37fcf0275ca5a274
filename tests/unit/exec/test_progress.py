"""The progress line that `codex exec` shows on a terminal while nothing is printed."""

from __future__ import annotations

from codex.exec.console import Console
from codex.exec.progress import CLEAR, Progress
from codex.protocol.events import (
    ExecCommandBegin,
    McpToolCallBegin,
    McpToolCallEnd,
    TaskStarted,
    Warning,
)
from tests.support.hosts import Terminal, make_host, written

BEGIN = ExecCommandBegin("c1", ("make",), "/")


def test_a_short_silence_shows_nothing() -> None:
    progress = Progress()
    assert progress.line(100.0) == ""
    progress.update(TaskStarted(), 100.0)
    assert progress.line(101.9) == ""
    assert progress.erase() == ""


def test_a_long_silence_says_what_is_waited_for_and_how_long() -> None:
    progress = Progress()
    progress.update(TaskStarted(), 100.0)
    assert progress.line(103.5) == f"{CLEAR}... waiting for the model (3s)"
    progress.update(BEGIN, 104.0)
    progress.update(Warning("by the way"), 110.0)
    assert progress.line(169.0) == f"{CLEAR}... running (1m05s)"


def test_a_call_of_an_mcp_tool_is_not_a_wait_for_the_model() -> None:
    progress = Progress()
    progress.update(TaskStarted(), 0.0)
    progress.update(McpToolCallBegin("c1", "docs", "search", None), 1.0)
    assert progress.line(61.0) == f"{CLEAR}... running (1m00s)"
    progress.update(McpToolCallEnd(call_id="c1", success=True, result={}), 61.0)
    assert progress.line(64.0) == f"{CLEAR}... waiting for the model (3s)"


def test_the_line_goes_once() -> None:
    progress = Progress()
    progress.update(BEGIN, 0.0)
    progress.line(10.0)
    assert (progress.erase(), progress.erase()) == (CLEAR, "")


def console(stderr: Terminal | None, clock: list[float], term: str = "xterm") -> Console:
    host = make_host(stderr=stderr, environ={"TERM": term})
    return Console(host._replace(clock=lambda: clock[0]), "never")


def test_on_a_terminal_the_line_is_taken_away_before_the_next_text() -> None:
    clock = [0.0]
    stderr = Terminal()
    shown = console(stderr, clock)
    assert shown.patience_s is not None
    shown.show(BEGIN)
    before = written(stderr)
    clock[0] = 5.0
    shown.idle()
    shown.warn("careful")
    after = written(stderr).removeprefix(before)
    assert after.startswith(f"{CLEAR}... running (5s){CLEAR}")
    assert "careful" in after


def test_a_pipe_and_a_dumb_terminal_get_no_such_line() -> None:
    for stderr, term in ((None, "xterm"), (Terminal(), "dumb")):
        clock = [0.0]
        shown = console(stderr, clock, term)
        assert shown.patience_s is None
        shown.show(BEGIN)
        clock[0] = 5.0
        shown.idle()
        assert CLEAR not in written(shown._err)
