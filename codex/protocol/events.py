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
    """A file is created or replaced."""

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


FileChange = Add | Delete | Update


class Error(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="type", tag="error"):
    """Under a task's id: the task has failed. Under another id: a submission was refused."""

    message: str
    kind: str = "other"
    """Machine-readable class of the failure, such as `usage_limit` or `bad_request`."""


class Warning(msgspec.Struct, frozen=True, tag_field="type", tag="warning"):
    """Something that the user should know; the task and the session continue."""

    message: str


class StreamError(msgspec.Struct, frozen=True, tag_field="type", tag="stream_error"):
    """A request failed or its response ended early; it is sent again, and its deltas are void."""

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
    sandbox: str
    """Sandbox policy for people, such as `read-only` or `workspace-write [/repo, /tmp]`."""
    history_log_id: int = 0
    """Id of the message history, which history requests must name; 0 if there is no history."""
    history_entry_count: int = 0
    rollout_path: str | None = None
    """Path of the session's file; None if no file is written."""
    name: str | None = None
    """Name that the user gave the session."""


class TaskStarted(msgspec.Struct, frozen=True, tag_field="type", tag="task_started"):
    """Work on one user input begins."""


class UserMessage(msgspec.Struct, frozen=True, tag_field="type", tag="user_message"):
    """User input has joined the conversation: the next request contains it."""

    message: str
    image_count: int = 0


class TaskComplete(msgspec.Struct, frozen=True, tag_field="type", tag="task_complete"):
    """The task completed."""

    last_agent_message: str | None


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
    """A piece of a running command's output."""

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
    """Both streams in order of arrival, as the model reads them: if long, head, marker and tail."""
    exit_code: int
    """Exit code; 124: timed out; 128+N: signal N; 130: interrupted; -1: never started."""
    duration_ms: int
    denial: str | None = None
    """Text that says what the sandbox blocked, by which rule, how to allow it; None if nothing."""


class ExecApprovalRequest(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="exec_approval_request"
):
    """The engine asks whether a command may run."""

    call_id: str
    command: tuple[str, ...]
    cwd: str
    reason: str | None = None
    denial: str | None = None
    """Action that the sandbox blocked, if the question is whether to retry without the sandbox."""
    proposed_prefix: tuple[str, ...] | None = None
    """Prefix that `approved_for_prefix` and `approved_always` would remember; None: not offered."""


class ApplyPatchApprovalRequest(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="apply_patch_approval_request"
):
    """The engine asks whether files may change."""

    call_id: str
    changes: dict[str, FileChange]
    reason: str | None = None


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
    """A tool of an MCP server is called."""

    call_id: str
    server: str
    tool: str
    arguments: Json
    """Arguments of the call; None if it has none."""


class McpToolCallProgress(
    msgspec.Struct, frozen=True, tag_field="type", tag="mcp_tool_call_progress"
):
    """Progress of a running tool call, as the MCP server reports it."""

    call_id: str
    progress: float
    total: float | None = None
    message: str | None = None


class McpToolCallEnd(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="mcp_tool_call_end"
):
    """A call of an MCP server's tool is over, for whatever reason."""

    call_id: str
    success: bool
    """Whether the MCP server returned a result that is not marked as an error."""
    result: Json
    """CallToolResult of the MCP server; None if the call itself failed."""
    error: str | None = None
    """Reason of the failure."""
    duration_ms: int = 0


class PatchApplyBegin(msgspec.Struct, frozen=True, tag_field="type", tag="patch_apply_begin"):
    """A patch is being written."""

    call_id: str
    auto_approved: bool
    changes: dict[str, FileChange]
    """Changes by absolute path, in the patch's order."""


class PatchApplyEnd(msgspec.Struct, frozen=True, tag_field="type", tag="patch_apply_end"):
    """Writing a patch is over, with or without success."""

    call_id: str
    stdout: str
    stderr: str
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
    total: TokenUsage
    context_window: int | None
    context_left_percent: int | None
    """Free part of the context window after the last response; None if its size is unknown."""


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
"""Events that are written to the session's file."""
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
    msg: EventMsg
