"""Events: everything that the engine reports to its front end.

An end event follows every begin event on every path, and exactly one of `task_complete`,
`turn_aborted` and `error` follows every `task_started`.

The unions at the end group the events for code that does not handle them one by one. After an event
is added, mypy names the code that must handle it.
"""

from __future__ import annotations

import enum
from typing import NamedTuple

import msgspec

from codex.protocol.items import Json, TokenUsage
from codex.protocol.replies import FrontEndReply, McpServerStatus


class Add(msgspec.Struct, frozen=True, tag_field="type", tag="add"):
    """A file is created, or replaced as a whole."""

    content: str


class Delete(msgspec.Struct, frozen=True, tag_field="type", tag="delete"):
    """A file is deleted; on the wire, the bare word `"delete"`."""

    content: str
    """Content of the deleted file, for the person who approves."""


class Update(msgspec.Struct, frozen=True, tag_field="type", tag="update"):
    """A file changes, and may move."""

    unified_diff: str
    """Diff with one line of context and no file headers."""
    move_path: str | None
    """New absolute path; None if the file does not move."""


FileChange = Add | Delete | Update


class Error(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="type", tag="error"):
    """Under a task's id, the task has failed; under `0`, the start; under another, a submission."""

    message: str
    kind: str = "other"
    """Machine-readable class of the failure, such as `usage_limit` or `bad_request`."""


class Warning(msgspec.Struct, frozen=True, tag_field="type", tag="warning"):
    """Something that the user should know; the task and the session continue."""

    message: str


class StreamError(msgspec.Struct, frozen=True, tag_field="type", tag="stream_error"):
    """A request to the model failed or its response ended early, and the deltas of it are void.

    The request is sent again.
    """

    message: str


class BackgroundEvent(msgspec.Struct, frozen=True, tag_field="type", tag="background_event"):
    """A note on what the engine is doing."""

    message: str


class SessionConfigured(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="session_configured"
):
    """The session is ready or has new settings; the first event unless the start fails or warns."""

    session_id: str
    model: str
    cwd: str
    provider: str
    """Display name of the provider."""
    approval_policy: str
    """Approval policy by its May 2025 name, a value of AskForApproval."""
    sandbox: str
    """Sandbox policy for people, such as `read-only` or `workspace-write [/repo, /tmp]`."""
    history_log_id: int = 0
    """Id of the history, which requests must name; 0: none, or `history_reloaded` will follow."""
    history_entry_count: int = 0
    """Number of messages in the history."""
    rollout_path: str | None = None
    """Path of the session's file, which a new session's first task creates; None: no file."""
    name: str | None = None
    """Name that the user gave the resumed session; None if it has none or is new."""


class TaskStarted(msgspec.Struct, frozen=True, tag_field="type", tag="task_started"):
    """A task begins: the work on one user input or user command."""


class UserMessage(msgspec.Struct, frozen=True, tag_field="type", tag="user_message"):
    """User input has joined the conversation: the next request contains it."""

    message: str
    image_count: int = 0


class TaskComplete(msgspec.Struct, frozen=True, tag_field="type", tag="task_complete"):
    """The task completed."""

    last_agent_message: str | None
    """Last text of the model; None if it wrote none."""


class TurnAborted(msgspec.Struct, frozen=True, tag_field="type", tag="turn_aborted"):
    """The task was stopped."""

    reason: str = "interrupted"


class AgentMessage(msgspec.Struct, frozen=True, tag_field="type", tag="agent_message"):
    """One complete message of the model."""

    message: str


class AgentMessageDelta(msgspec.Struct, frozen=True, tag_field="type", tag="agent_message_delta"):
    """A piece of a message that is arriving."""

    delta: str


class AgentReasoning(msgspec.Struct, frozen=True, tag_field="type", tag="agent_reasoning"):
    """One complete piece of reasoning."""

    text: str


class AgentReasoningDelta(
    msgspec.Struct, frozen=True, tag_field="type", tag="agent_reasoning_delta"
):
    """A piece of the reasoning that is arriving."""

    delta: str


class ExecCommandBegin(msgspec.Struct, frozen=True, tag_field="type", tag="exec_command_begin"):
    """A command starts."""

    call_id: str
    command: tuple[str, ...]
    cwd: str
    is_from_user: bool = False
    """Whether the user ran it (`run_user_shell_command`), not the model."""


class OutputStream(enum.Enum):
    """Stream that a piece of output came from."""

    STDOUT = "stdout"
    STDERR = "stderr"


class ExecCommandOutputDelta(
    msgspec.Struct, frozen=True, tag_field="type", tag="exec_command_output_delta"
):
    """A piece of a running command's output; only the first MiB of each stream is sent."""

    call_id: str
    stream: OutputStream
    chunk: str
    """Decoded text; a character is never split across chunks."""


class ExecCommandEnd(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="exec_command_end"
):
    """A command is over, for whatever reason."""

    call_id: str
    stdout: str
    stderr: str
    aggregated_output: str
    """Both streams in order of arrival, as the model reads them.

    A long text is head and tail only, also `stdout` and `stderr`.
    """
    exit_code: int
    """Exit code; 124: timed out; 128+N: signal N; 130: interrupted; -1: never started."""
    duration_ms: int
    denial: str | None = None
    """Text on what the sandbox probably blocked, by which rule, and how to allow it.

    None without evidence, and after a time-out or an interrupt.
    """


class ExecApprovalRequest(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="exec_approval_request"
):
    """The engine asks whether a command may run."""

    call_id: str
    """Id of the call; if it was used before, with `#2`, `#3` and so on at the end."""
    command: tuple[str, ...]
    cwd: str
    reason: str | None = None
    denial: str | None = None
    """Text on what the sandbox blocked, or why there is no sandbox; None: no retry is asked for."""
    proposed_prefix: tuple[str, ...] | None = None
    """Prefix that `approved_for_prefix` and `approved_always` allow; None if neither is offered."""


class ApplyPatchApprovalRequest(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="apply_patch_approval_request"
):
    """The engine asks whether files may change."""

    call_id: str
    changes: dict[str, FileChange]
    """Changes by absolute path, in the patch's order."""
    reason: str | None = None
    """Reason for the question, then the paths that caused it, one a line."""


class McpApprovalRequest(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="mcp_approval_request"
):
    """The engine asks whether a tool of an MCP server may be called."""

    call_id: str
    server: str
    tool: str
    arguments: Json
    reason: str | None = None


class ElicitationRequest(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="elicitation_request"
):
    """An MCP server asks the user something; `elicitation_answer` answers."""

    id: str
    server: str
    message: str
    schema: Json
    """Flat JSON schema of the answer's members."""


class McpToolCallBegin(msgspec.Struct, frozen=True, tag_field="type", tag="mcp_tool_call_begin"):
    """A tool of an MCP server is called, or its resources are listed or read."""

    call_id: str
    server: str
    tool: str
    """Name of the tool, or `resources/list` or `resources/read`."""
    arguments: Json
    """Arguments of the call; None if it has none."""


class McpToolCallProgress(
    msgspec.Struct, frozen=True, tag_field="type", tag="mcp_tool_call_progress"
):
    """Progress of a running tool call, as the MCP server reports it."""

    call_id: str
    progress: float
    total: float | None = None
    """Value of `progress` at the end; None if the server does not say."""
    message: str | None = None


class McpToolCallEnd(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="mcp_tool_call_end"
):
    """The call of an `mcp_tool_call_begin` is over, for whatever reason."""

    call_id: str
    success: bool
    """Whether the MCP server returned a result that is not marked as an error."""
    result: Json
    """Result from the MCP server, shortened if it is too large; None if the call itself failed."""
    error: str | None = None
    """Reason why the call itself failed; None if there is a result, even one marked as an error."""
    duration_ms: int = 0


class PatchApplyBegin(msgspec.Struct, frozen=True, tag_field="type", tag="patch_apply_begin"):
    """A patch is being written."""

    call_id: str
    auto_approved: bool
    """Whether the patch is written without a question to the user."""
    changes: dict[str, FileChange]
    """Changes by absolute path, in the patch's order."""


class PatchApplyEnd(msgspec.Struct, frozen=True, tag_field="type", tag="patch_apply_end"):
    """Writing a patch is over, with or without success."""

    call_id: str
    stdout: str
    """Summary of the changes; empty without success."""
    stderr: str
    """Reason of the failure; empty with success."""
    success: bool


class StepStatus(enum.Enum):
    """State of a step of a plan."""

    PENDING = "pending"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"


class PlanStep(msgspec.Struct, frozen=True):
    """One line of a plan."""

    step: str
    status: StepStatus


class PlanUpdate(msgspec.Struct, frozen=True, tag_field="type", tag="plan_update"):
    """The model's complete plan, in place of the one before."""

    explanation: str | None
    plan: tuple[PlanStep, ...]


class Step(NamedTuple):
    """What a tool did, in one line."""

    action: str
    """Verb and noun, as in "view image"."""
    detail: str
    """Text after the action; front ends show a path below the working directory as relative."""


class ViewImage(msgspec.Struct, frozen=True, tag_field="type", tag="view_image_tool_call"):
    """The model looks at an image file."""

    call_id: str
    path: str

    @property
    def step(self) -> Step:
        """The line that front ends show for this event."""
        return Step("view image", self.path)


class TokenCount(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="token_count"):
    """Token counts after a response of the model."""

    last: TokenUsage
    """Tokens of the last request."""
    total: TokenUsage
    """Tokens of all requests of the session."""
    context_window: int | None
    """Size of the context window in tokens; None if unknown."""
    context_left_percent: int | None
    """Free part of the context window after the response, 0 to 100; None if its size is unknown."""


class ShutdownComplete(msgspec.Struct, frozen=True, tag_field="type", tag="shutdown_complete"):
    """The engine has ended; no event follows."""


TaskEnd = TaskComplete | TurnAborted | Error
CallBegin = ExecCommandBegin | PatchApplyBegin | McpToolCallBegin
CallEnd = ExecCommandEnd | PatchApplyEnd | McpToolCallEnd
ApprovalRequest = ExecApprovalRequest | ApplyPatchApprovalRequest | McpApprovalRequest
"""Events that ask for the user's decision, which the task waits for."""
StepReport = ViewImage
"""Events of tools that every front end shows as one line, the event's `step`."""
TaskReport = (
    UserMessage
    | AgentMessage
    | AgentReasoning
    | BackgroundEvent
    | Warning
    | StreamError
    | PlanUpdate
    | StepReport
    | TokenCount
)
"""Events that begin nothing, end nothing and need no answer."""

RecordedEvent = TaskStarted | TaskEnd | CallBegin | CallEnd | ApprovalRequest | TaskReport
"""Events that are written to the session's file, if they go through `TaskContext.emit`."""
PassingEvent = (
    AgentMessageDelta
    | AgentReasoningDelta
    | ExecCommandOutputDelta
    | McpToolCallProgress
    | SessionConfigured
    | ElicitationRequest
    | McpServerStatus
    | FrontEndReply
    | ShutdownComplete
)
"""Events that no session file contains: pieces of recorded events, responses to a front end."""

EventMsg = RecordedEvent | PassingEvent
"""Every event. A new event belongs to exactly one of the unions above."""


class Event(msgspec.Struct, frozen=True):
    """One EventMsg under the id of the submission it belongs to."""

    id: str
    """Id of the submission; `0` if no submission caused the event."""
    msg: EventMsg
