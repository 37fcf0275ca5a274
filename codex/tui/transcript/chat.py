"""Chat: turns every event into cells of the transcript and into what the status line shows. Pure.

Events come in order, from one thread. Prompts that the model has not read yet stay below
everything else. Calls of the model are in calls.py. A new event is one case in `Chat.handle`, and
perhaps a cell in a file beside this one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, assert_never

import msgspec

from codex.base.elapsed import format_duration
from codex.protocol import events as ev
from codex.protocol.items import TokenUsage
from codex.protocol.replies import (
    FrontEndReply,
    ListMcpToolsResponse,
    McpServerState,
    McpServerStatus,
)
from codex.tui.drawing.links import with_links
from codex.tui.transcript.calls import CallMsg, Calls
from codex.tui.transcript.cells import (
    BAD,
    CAUTION,
    Cell,
    HeaderCell,
    LinesCell,
    NoticeCell,
    PlanCell,
    PromptCell,
    StepCell,
)
from codex.tui.transcript.messages import MessageCell, ReasoningCell
from codex.tui.transcript.tool_cell import server_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from codex.protocol.events import EventMsg
    from codex.tui.drawing.text import Line

_Purpose = Literal["", "command", "answer"]
"""Purpose of a task: not known yet, a command of the user's, or an answer of the model."""
QUICK_MS = 1000
"""Shortest duration, in milliseconds, that is shown of a task; replayed tasks are shorter."""
NO_MESSAGE = "the model returned no message"


class ChatSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The settings that the transcript depends on."""

    cwd: str
    """Working directory, absolute, until SessionConfigured names the session's."""
    home: str | None = None
    file_opener: str = "none"
    hide_agent_reasoning: bool = False


class Chat:
    """The state of the transcript. Args: clock: returns the seconds of a monotonic clock."""

    def __init__(self, settings: ChatSettings, clock: Callable[[], float]) -> None:
        self._settings = settings
        self._clock = clock
        self._cwd = settings.cwd
        self.cells: list[Cell] = []
        """Cells in the order of the transcript; changed only by methods of this class."""
        self._waiting: list[PromptCell] = []
        """Prompts that the model has not read yet, oldest first: the last entries of `cells`."""
        self._message: MessageCell | None = None
        self._reasoning: ReasoningCell | None = None
        self.calls = Calls(self._add, settings.cwd)
        self.session: ev.SessionConfigured | None = None
        self.usage: ev.TokenCount | None = None
        """Token counts after the last response; None before the first one."""
        self._usage_before = TokenUsage()
        self._task_id = ""
        self._purpose: _Purpose = ""
        self.started_at: float | None = None
        """Start time of the running task, by `clock`; None if no task runs."""
        self.last_answer: str | None = None
        """Markdown of the model's last complete message; None if there is none."""
        self.plan: tuple[ev.PlanStep, ...] = ()
        self.mcp_servers: dict[str, McpServerStatus] = {}

    @property
    def is_running(self) -> bool:
        """Whether a task runs."""
        return self.started_at is not None

    def is_task(self, event_id: str) -> bool:
        """Whether an event belongs to the running task."""
        return self.is_running and event_id == self._task_id

    @property
    def queued(self) -> tuple[PromptCell, ...]:
        """The prompts that were sent and not read yet, oldest first."""
        return tuple(self._waiting)

    def elapsed_s(self) -> float:
        """Return the seconds since the running task began; 0 if no task runs."""
        return 0.0 if self.started_at is None else max(0.0, self._clock() - self.started_at)

    def text(self) -> str:
        """Return the whole transcript as text, not cleaned: see `Cell.text`."""
        return "\n\n".join(text for cell in self.cells if (text := cell.text().rstrip())) + "\n"

    def clear(self) -> None:
        """Remove all cells; forget the session, its task, plan and tokens, not the MCP servers."""
        self.cells.clear()
        self._waiting.clear()
        self._message = self._reasoning = None
        self.calls.clear()
        self.session = self.usage = self.started_at = self.last_answer = None
        self._usage_before = TokenUsage()
        self.plan = ()

    def user_prompt(self, text: str, images: Sequence[str] = ()) -> PromptCell:
        """Add a prompt that was sent; return its cell, queued until the model has read it."""
        cell = PromptCell(text, images, is_queued=True)
        self._waiting.append(cell)
        self.cells.append(cell)
        return cell

    def withdraw(self, cell: PromptCell) -> None:
        """Remove a prompt, unless the model has read it."""
        if cell in self._waiting:
            self._waiting.remove(cell)
            self.cells.remove(cell)

    def notice(self, text: str, *, is_error: bool = False) -> None:
        """Add a message of the front end."""
        if is_error:
            self._add(NoticeCell(text, title="error:", style=BAD))
        else:
            self._add(NoticeCell(text))

    def warn(self, text: str) -> None:
        """Add a warning, of the front end or of the engine."""
        self._add(NoticeCell(text, title="warning:", style=CAUTION))

    def report(self, rows: Sequence[Line]) -> None:
        """Add lines that the user asked for."""
        self._add(LinesCell(rows))

    def handle(self, msg: EventMsg, event_id: str) -> None:  # noqa: C901 - one row an event
        """Update cells and status for an event. Args: event_id: id of the event's submission."""
        if isinstance(msg, CallMsg):
            self._call(msg, event_id)
            return
        if isinstance(msg, ev.StepReport):
            self._add(StepCell(msg.step, self._cwd))
            return
        if isinstance(msg, FrontEndReply):
            self._reply(msg)
            return
        match msg:
            case ev.AgentMessageDelta():
                self._message = self._message or self._new_message()
                self._message.append(msg.delta)
            case ev.AgentMessage():
                (self._message or self._new_message()).finish(msg.message)
                self._message, self.last_answer = None, msg.message
            case ev.AgentReasoningDelta():
                self._reasoning = self._reasoning or self._new_reasoning()
                self._reasoning.append(msg.delta)
            case ev.AgentReasoning():
                (self._reasoning or self._new_reasoning()).finish(msg.text)
                self._reasoning = None
            case ev.StreamError():
                self._broken(msg)
            case ev.SessionConfigured():
                self._configured(msg)
            case ev.TaskStarted():
                self._started(event_id)
            case ev.TaskComplete() | ev.TurnAborted() | ev.Error():
                self._ended(msg, event_id)
            case ev.UserMessage():
                self._read(msg)
            case ev.TokenCount():
                self.usage = msg
            case ev.PlanUpdate():
                self.plan = msg.plan
                self._add(PlanCell(msg.explanation, msg.plan))
            case ev.ElicitationRequest():
                self._add(NoticeCell(msg.message, title=f"{msg.server} asks:", style=CAUTION))
            case ev.Warning():
                self.warn(msg.message)
            case ev.BackgroundEvent():
                self._add(NoticeCell(msg.message))
            case McpServerStatus():
                self._server(msg)
            case ev.ShutdownComplete():
                pass
            case _:
                assert_never(msg)

    def _add(self, cell: Cell) -> None:
        """Add a cell above the prompts that wait, below everything else."""
        self.cells.insert(len(self.cells) - len(self._waiting), cell)

    def _reply(self, msg: FrontEndReply) -> None:
        """Show the list of MCP tools; the composer and the pickers asked for the other replies."""
        if isinstance(msg, ListMcpToolsResponse):
            self.mcp_servers = {server.server: server for server in msg.servers}
            self._add(LinesCell(server_lines(msg.servers)))

    def _configured(self, msg: ev.SessionConfigured) -> None:
        before, self.session, self._cwd = self.session, msg, msg.cwd
        self.calls.cwd = msg.cwd
        if before is None or before.session_id != msg.session_id:
            self._add(HeaderCell(msg, self._settings.home))
            return
        changes = [
            f"{name} is now {new}"
            for name, old, new in (
                ("the model", before.model, msg.model),
                ("the provider", before.provider, msg.provider),
                ("the working directory", before.cwd, msg.cwd),
                ("approval", before.approval_policy, msg.approval_policy),
                ("the sandbox", before.sandbox, msg.sandbox),
            )
            if old != new
        ]
        if changes:
            self._add(NoticeCell("\n".join(changes)))

    def _call(self, msg: CallMsg, event_id: str) -> None:
        if (
            isinstance(msg, ev.ExecCommandBegin)
            and msg.is_from_user
            and event_id == self._task_id
            and self._purpose == ""
        ):
            self._purpose = "command"
        self.calls.handle(msg)

    def _started(self, event_id: str) -> None:
        self._task_id, self._purpose = event_id, ""
        self.started_at = self._clock()
        self._usage_before = self.usage.total if self.usage else TokenUsage()

    def _ended(self, msg: ev.TaskComplete | ev.TurnAborted | ev.Error, event_id: str) -> None:
        """Note the end of the running task, or report an error that does not belong to it."""
        if isinstance(msg, ev.Error) and event_id != self._task_id:
            self.notice(msg.message, is_error=True)
            return
        purpose = self._purpose
        self._close()
        match msg:
            case ev.TaskComplete():
                if msg.last_agent_message is None and purpose == "answer":
                    self.warn(NO_MESSAGE)
            case ev.TurnAborted():
                if purpose != "command":  # the command's own cell says so
                    self._add(NoticeCell(msg.reason, style=BAD))
            case ev.Error():
                self.notice(msg.message, is_error=True)
            case _:
                assert_never(msg)
        self._sum_up(purpose)

    def _close(self) -> None:
        """Finish the task's cells: they will not change any more."""
        self._purpose = ""
        for text in (self._message, self._reasoning):
            if text is not None:
                text.finish()
        self._message = self._reasoning = None
        self.calls.close()

    def _sum_up(self, purpose: _Purpose) -> None:
        """End the task; add a notice with its duration and tokens unless it is a user's command."""
        if self.started_at is None:
            return
        elapsed_ms = int(self.elapsed_s() * 1000)
        self.started_at = None
        if purpose == "command":
            return  # the command's own cell says so
        took = [format_duration(elapsed_ms)] if elapsed_ms >= QUICK_MS else []
        if parts := [*took, *self._tokens_taken()]:
            self._add(NoticeCell(" · ".join(parts)))

    def _tokens_taken(self) -> list[str]:
        """Return texts on the finished task's tokens; empty if it got no response."""
        if self.usage is None or self.usage.total == self._usage_before:
            return []
        total, before = self.usage.total, self._usage_before
        cached = total.cached_input_tokens - before.cached_input_tokens
        left = self.usage.context_left_percent
        return [
            f"{total.input_tokens - before.input_tokens:,} tokens in"
            + (f" ({cached:,} cached)" if cached else ""),
            f"{total.output_tokens - before.output_tokens:,} out",
            *([] if left is None else [f"{left}% of the context left"]),
        ]

    def _broken(self, msg: ev.StreamError) -> None:
        """Remove the message and reasoning of a broken response: the request is being retried."""
        for void in (self._message, self._reasoning):
            if void is not None:
                self.cells.remove(void)
        self._message = self._reasoning = None
        self._add(NoticeCell(msg.message, style=CAUTION))

    def _with_links(self, text: str) -> str:
        return with_links(text, opener=self._settings.file_opener, cwd=self._cwd)

    def _new_message(self) -> MessageCell:
        cell = MessageCell(self._with_links)
        self._add(cell)
        return cell

    def _new_reasoning(self) -> ReasoningCell:
        cell = ReasoningCell(self._with_links, is_hidden=self._settings.hide_agent_reasoning)
        self._add(cell)
        return cell

    def _read(self, msg: ev.UserMessage) -> None:
        """Note that the model has read a prompt: a queued one, or one that was not typed here."""
        self._purpose = "answer"
        for cell in self._waiting:
            if cell.message.strip() == msg.message.strip():
                self._waiting.remove(cell)
                self.cells.remove(cell)
                cell.confirm()
                self._add(cell)
                return
        images = [f"image {number}" for number in range(1, msg.image_count + 1)]
        cell = PromptCell(msg.message, images, is_queued=False)
        self._add(cell)

    def _server(self, msg: McpServerStatus) -> None:
        self.mcp_servers[msg.server] = msg
        if msg.state is McpServerState.FAILED:
            self.warn(f"MCP server '{msg.server}': {msg.message or 'it has ended'}")
