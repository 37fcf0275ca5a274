"""Printer: turn events into the text that the user reads while `codex exec` works. Pure.

A command's output is shown in order of arrival, with the number of omitted lines. The caller writes
the text of all events to stderr, and the final answer to stdout.
"""

from __future__ import annotations

import re
from typing import assert_never

from codex import __version__
from codex.base.bash import join
from codex.base.elapsed import format_duration
from codex.base.jsonio import dumps
from codex.base.printable import printable
from codex.exec.style import (
    SGR_BOLD,
    SGR_CYAN,
    SGR_DIM,
    SGR_GREEN,
    SGR_MAGENTA,
    SGR_RED,
    SGR_YELLOW,
    Painter,
)
from codex.protocol.events import (
    Add,
    AgentMessage,
    AgentMessageDelta,
    AgentReasoning,
    AgentReasoningDelta,
    BackgroundEvent,
    CallBegin,
    CallEnd,
    Delete,
    Error,
    EventMsg,
    ExecCommandBegin,
    ExecCommandEnd,
    ExecCommandOutputDelta,
    FileChange,
    McpToolCallBegin,
    McpToolCallEnd,
    McpToolCallProgress,
    PatchApplyBegin,
    PatchApplyEnd,
    PlanUpdate,
    SessionConfigured,
    ShutdownComplete,
    StepReport,
    StepStatus,
    StreamError,
    TaskComplete,
    TaskStarted,
    TokenCount,
    TurnAborted,
    Update,
    UserMessage,
    Warning,
)
from codex.protocol.questions import Question
from codex.protocol.replies import FrontEndReply, McpServerState, McpServerStatus

_MAX_LINES = 20
"""Number of lines shown of a longer command, call or output: half first, half last ones."""
MAX_LINE_CHARS = 1000
"""Largest number of characters shown of a line, before a count of the omitted ones."""

_NO_ANSWER = "the model returned no message"

_CUT = re.compile(r"\[\.\.\. \d+ bytes, (\d+) lines left out \.\.\.\]")
"""Pattern of the marker that sandbox/output.py writes in place of omitted lines."""
_MARKS = {
    StepStatus.PENDING: "[ ]",
    StepStatus.IN_PROGRESS: "[>]",
    StepStatus.COMPLETED: "[x]",
}

_Silent = (
    AgentMessageDelta
    | AgentReasoningDelta
    | ExecCommandOutputDelta
    | McpToolCallProgress
    | TaskStarted
    | UserMessage
    | Question
    | FrontEndReply
    | ShutdownComplete
)
_Notice = BackgroundEvent | StreamError | Warning | Error | TurnAborted
_Work = CallBegin | CallEnd | PlanUpdate | StepReport


class Printer:
    """Turns events, in order, into text.

    A message of the model is held back until it is known whether it is the final answer. If an
    event with a text of its own follows, the message is returned before that text. If the task ends
    with the message, it is the final answer, which the caller prints.
    """

    def __init__(self, style: Painter) -> None:
        self._paint = style.paint
        self._held: str | None = None
        self._usage: TokenCount | None = None
        self.is_answer_shown = False
        """Whether `text` has returned the answer already, because another event followed it."""

    def text(self, msg: EventMsg) -> str:
        """Return the text to print for an event, in whole lines; empty if there is none."""
        if isinstance(msg, _Silent):
            return ""
        if isinstance(msg, _Notice):
            return self._released() + self._notice(msg)
        if isinstance(msg, _Work):
            return self._released() + self._work(msg)
        match msg:
            case TokenCount():
                self._usage = msg
                return ""
            case AgentMessage():
                released = self._released()
                self._held = msg.message
                return released
            case AgentReasoning():
                heading = self._paint("thinking", SGR_MAGENTA)
                return f"{self._released()}{heading}\n{self._dim(msg.text)}\n"
            case SessionConfigured():
                return self._header(msg)
            case TaskComplete():
                return self._finished(msg)
            case McpServerStatus(state=state):
                return self._server_failed(msg) if state is McpServerState.FAILED else ""
            case _:
                assert_never(msg)

    def warning(self, text: str) -> str:
        """Return the line that shows a warning."""
        return self._paint("warning:", SGR_YELLOW) + f" {printable(text)}\n"

    def hint(self, text: str) -> str:
        """Return the line that shows a hint on what to do next."""
        return self._paint(text, SGR_DIM) + "\n"

    def usage(self) -> str:
        """Return the line with the token counts of the session; empty before the first count."""
        if self._usage is None:
            return ""
        total, left = self._usage.total, self._usage.context_left_percent
        cached = f" ({total.cached_input_tokens:,} cached)" if total.cached_input_tokens else ""
        context = "" if left is None else f"; {left}% of the context left"
        line = f"tokens: {total.input_tokens:,} in{cached}, {total.output_tokens:,} out{context}"
        return self._paint(line, SGR_DIM) + "\n"

    def _released(self) -> str:
        """Return the message that was held back and is not the final answer; hold none."""
        held, self._held = self._held, None
        return "" if held is None else f"{self._heading()}{printable(held)}\n\n"

    def _heading(self) -> str:
        return self._paint("codex", SGR_BOLD, SGR_CYAN) + "\n"

    def _finished(self, msg: TaskComplete) -> str:
        if self._held is not None and self._held == msg.last_agent_message:
            self._held = None
            return self._heading()
        released = self._released()
        self.is_answer_shown = msg.last_agent_message is not None
        return released if self.is_answer_shown else released + self.warning(_NO_ANSWER)

    def _header(self, msg: SessionConfigured) -> str:
        rows = {
            "workdir": msg.cwd,
            "model": msg.model,
            "provider": msg.provider,
            "approval": msg.approval_policy,
            "sandbox": msg.sandbox,
            "session": msg.session_id,
        }
        lines = [f"codex {__version__}", "--------"]
        lines += [
            f"{self._paint(f'{name}:', SGR_BOLD)} {printable(value)}"
            for name, value in rows.items()
        ]
        return "\n".join([*lines, "--------", ""])

    def _notice(self, msg: _Notice) -> str:
        match msg:
            case BackgroundEvent():
                return self._paint(printable(msg.message), SGR_DIM) + "\n"
            case StreamError():
                return self._paint(printable(msg.message), SGR_YELLOW) + "\n"
            case Warning():
                return self.warning(msg.message)
            case Error():
                return self._paint("Error:", SGR_RED, SGR_BOLD) + f" {printable(msg.message)}\n"
            case TurnAborted():
                return self._paint(printable(msg.reason), SGR_RED) + "\n"
            case _:
                assert_never(msg)

    def _work(self, msg: _Work) -> str:
        if isinstance(msg, StepReport):
            action = self._paint(msg.step.action, SGR_MAGENTA)
            return f"{action} {printable(msg.step.detail)}\n\n"
        match msg:
            case ExecCommandBegin():
                command = self._paint(clipped(printable(join(msg.command))), SGR_BOLD)
                return f"{self._paint('exec', SGR_MAGENTA)} {command} in {printable(msg.cwd)}\n"
            case ExecCommandEnd():
                return self._exec_end(msg)
            case McpToolCallBegin():
                return self._mcp_begin(msg)
            case McpToolCallEnd():
                return self._mcp_end(msg)
            case PatchApplyBegin():
                changes = [self._change(path, change) for path, change in msg.changes.items()]
                return "".join([self._paint("patch", SGR_MAGENTA), "\n", *changes])
            case PatchApplyEnd():
                outcome = (
                    self._paint("applied", SGR_GREEN)
                    if msg.success
                    else self._paint("failed:", SGR_RED) + "\n" + self._dim(msg.stderr)
                )
                return f"{outcome.removesuffix(chr(10))}\n\n"
            case PlanUpdate():
                return self._plan(msg)
            case _:
                assert_never(msg)

    def _exec_end(self, msg: ExecCommandEnd) -> str:
        duration = format_duration(msg.duration_ms)
        if msg.exit_code == 0:
            title, color = f"succeeded in {duration}", SGR_GREEN
        elif msg.exit_code == -1:
            title, color = "did not start", SGR_RED
        else:
            title, color = f"exited {msg.exit_code} in {duration}", SGR_RED
        output = self._dim(clipped(printable(msg.aggregated_output)))
        denial = self._lines(printable(msg.denial), SGR_YELLOW) if msg.denial else ""
        return self._paint(f"{title}:" if output else title, color) + f"\n{output}{denial}\n"

    def _server_failed(self, msg: McpServerStatus) -> str:
        text = f"the MCP server '{msg.server}' is not available: {msg.message}"
        return self._released() + self.warning(text)

    def _mcp_begin(self, msg: McpToolCallBegin) -> str:
        arguments = "" if msg.arguments is None else dumps(msg.arguments).decode()
        call = clipped(printable(f"{msg.server}.{msg.tool}({arguments})"))
        return f"{self._paint('tool', SGR_MAGENTA)} {self._paint(call, SGR_BOLD)}\n"

    def _mcp_end(self, msg: McpToolCallEnd) -> str:
        duration = format_duration(msg.duration_ms)
        if msg.result is None:
            title, color, text = f"failed in {duration}", SGR_RED, msg.error or ""
        else:
            title, color = f"succeeded in {duration}", SGR_GREEN
            if not msg.success:
                title, color = f"answered with an error in {duration}", SGR_RED
            from codex.mcp.results import result_text

            text = result_text(msg.result)
        output = self._dim(clipped(printable(text)))
        return self._paint(f"{title}:" if output else title, color) + f"\n{output}\n"

    def _change(self, path: str, change: FileChange) -> str:
        name = printable(path)
        match change:
            case Add():
                body = printable(change.content)
                return self._paint(f"A {name}", SGR_MAGENTA) + "\n" + self._lines(body, SGR_GREEN)
            case Delete():
                return self._paint(f"D {name}", SGR_MAGENTA) + "\n"
            case Update():
                moved = f" -> {printable(change.move_path)}" if change.move_path else ""
                title = self._paint(f"{'R' if moved else 'M'} {name}{moved}", SGR_MAGENTA)
                return f"{title}\n{self._diff(printable(change.unified_diff))}"
            case _:
                assert_never(change)

    def _diff(self, diff: str) -> str:
        # The diffs of events carry no file headers: "+++" is an added line that begins with "++".
        colors = {"+": (SGR_GREEN,), "-": (SGR_RED,), "@": (SGR_DIM,)}
        lines = diff.removesuffix("\n").split("\n")
        return "".join(self._paint(line, *colors.get(line[:1], ())) + "\n" for line in lines)

    def _plan(self, msg: PlanUpdate) -> str:
        lines = [self._paint("plan", SGR_MAGENTA)]
        if msg.explanation:
            lines.append(self._paint(printable(msg.explanation), SGR_DIM))
        lines += [f"{_MARKS[step.status]} {printable(step.step)}" for step in msg.plan]
        return "\n".join([*lines, "", ""])

    def _dim(self, text: str) -> str:
        return self._lines(printable(text), SGR_DIM)

    def _lines(self, text: str, *codes: str) -> str:
        """Return `text` painted, in whole lines; an empty text stays empty."""
        text = text.removesuffix("\n")
        return self._paint(text, *codes) + "\n" if text else ""


def clipped(text: str) -> str:
    """Return `text` with long lines cut and, if it has many lines, only its first and last ones.

    More than _MAX_LINES + 1 lines are many. Markers say how many lines and characters are omitted.
    """
    lines = text.removesuffix("\n").split("\n")
    if len(lines) > _MAX_LINES + 1:  # The line with the count takes the place of one.
        half = _MAX_LINES // 2
        omitted = sum(_lines_in(line) for line in lines[half:-half])
        lines = [*lines[:half], f"… {omitted:,} more lines", *lines[-half:]]
    return "\n".join(
        line
        if len(line) <= MAX_LINE_CHARS
        else f"{line[:MAX_LINE_CHARS]}… {len(line) - MAX_LINE_CHARS:,} more characters"
        for line in lines
    )


def _lines_in(line: str) -> int:
    """Return how many lines of output `line` stands for: a cut's marker for those omitted there."""
    match = _CUT.fullmatch(line)
    return 1 if match is None else int(match[1])
