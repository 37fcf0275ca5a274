"""Events: everything a person may see. Source: spec/protocol.md, section 4.

Every begin event is followed by its end event on every path, and every `task_started` by exactly
one of `task_complete`, `turn_aborted` and `error`.

The families at the end say what an event means to code that does not show it; mypy names the code
that must show a new one.
"""

from __future__ import annotations

import enum

import msgspec

from codex.protocol.items import Json, TokenUsage


class Add(msgspec.Struct, frozen=True, tag_field="type", tag="add"):
    """A file is made, or replaced."""

    content: str


class Delete(msgspec.Struct, frozen=True, tag_field="type", tag="delete"):
    """A file goes; on the wire the bare word `"delete"`."""

    content: str
    """What it held, for the person who approves."""


class Update(msgspec.Struct, frozen=True, tag_field="type", tag="update"):
    """A file changes, and may move."""

    unified_diff: str
    """One line of context, no file headers."""
    move_path: str | None


FileChange = Add | Delete | Update


class Error(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="type", tag="error"):
    """With a task's id: the task failed and is over. With another: a submission was refused."""

    message: str
    kind: str = "other"
    """Machine-readable: the failing class, such as `usage_limit` or `bad_request`."""


class Warning(msgspec.Struct, frozen=True, tag_field="type", tag="warning"):
    """Something the user should know; nothing ends."""

    message: str


class StreamError(msgspec.Struct, frozen=True, tag_field="type", tag="stream_error"):
    """An answer broke off or a request failed, and is being sent again; its deltas are void."""

    message: str


class BackgroundEvent(msgspec.Struct, frozen=True, tag_field="type", tag="background_event"):
    """What the engine is doing meanwhile."""

    message: str


class SessionConfigured(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="session_configured"
):
    """The session is ready; always the first event."""

    session_id: str
    model: str
    cwd: str
    provider: str
    """Its display name."""
    approval_policy: str
    sandbox: str
    """For people, as `read-only` or `workspace-write [/repo, /tmp]`."""
    history_log_id: int = 0
    """The message history's inode, which look-ups quote; 0 where there is none."""
    history_entry_count: int = 0
    rollout_path: str | None = None
    """The session's file; None when none is written."""
    name: str | None = None
    """What the user calls the session."""


class TaskStarted(msgspec.Struct, frozen=True, tag_field="type", tag="task_started"):
    """Work on one user input begins."""


class UserMessage(msgspec.Struct, frozen=True, tag_field="type", tag="user_message"):
    """User input has become part of the conversation: the model reads it with its next request."""

    message: str
    image_count: int = 0


class TaskComplete(msgspec.Struct, frozen=True, tag_field="type", tag="task_complete"):
    """The task came to its end."""

    last_agent_message: str | None


class TurnAborted(msgspec.Struct, frozen=True, tag_field="type", tag="turn_aborted"):
    """The task was stopped."""

    reason: str = "interrupted"


class AgentMessage(msgspec.Struct, frozen=True, tag_field="type", tag="agent_message"):
    """One whole text of the model."""

    message: str


class AgentMessageDelta(msgspec.Struct, frozen=True, tag_field="type", tag="agent_message_delta"):
    """A piece of the text that is arriving."""

    delta: str


class AgentReasoning(msgspec.Struct, frozen=True, tag_field="type", tag="agent_reasoning"):
    """One whole piece of reasoning."""

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
    """The user ran it (`run_user_shell_command`), not the model."""


class OutputStream(enum.Enum):
    """Where a piece of output came from."""

    STDOUT = "stdout"
    STDERR = "stderr"


class ExecCommandOutputDelta(
    msgspec.Struct, frozen=True, tag_field="type", tag="exec_command_output_delta"
):
    """A piece of a running command's output."""

    call_id: str
    stream: OutputStream
    chunk: str
    """Decoded; a character is never split over two chunks."""


class ExecCommandEnd(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="exec_command_end"
):
    """A command is over, for whatever reason."""

    call_id: str
    stdout: str
    stderr: str
    aggregated_output: str
    """Both, in order of arrival, head and tail with a marker between; what the model sees."""
    exit_code: int
    """124: timed out; 128+N: signal N; 130: interrupted; -1: it never started."""
    duration_ms: int
    denial: str | None = None
    """What the sandbox blocked, by which rule, and how to allow it; apart from the exit code."""


class ExecApprovalRequest(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="exec_approval_request"
):
    """May this command run?"""

    call_id: str
    command: tuple[str, ...]
    cwd: str
    reason: str | None = None
    denial: str | None = None
    """What the sandbox blocked, when the question is whether to run it again without."""
    proposed_prefix: tuple[str, ...] | None = None
    """What `approved_for_prefix` and `approved_always` would remember; None: not on offer."""


class ApplyPatchApprovalRequest(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="apply_patch_approval_request"
):
    """May these files change?"""

    call_id: str
    changes: dict[str, FileChange]
    reason: str | None = None


class McpApprovalRequest(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="mcp_approval_request"
):
    """May this tool of an MCP server be called?"""

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
    """A flat JSON schema of the answer's members."""


class McpToolCallBegin(msgspec.Struct, frozen=True, tag_field="type", tag="mcp_tool_call_begin"):
    """A tool of an MCP server is called."""

    call_id: str
    server: str
    tool: str
    arguments: Json
    """None when there are none."""


class McpToolCallProgress(
    msgspec.Struct, frozen=True, tag_field="type", tag="mcp_tool_call_progress"
):
    """How far a running call is, as its server tells."""

    call_id: str
    progress: float
    total: float | None = None
    message: str | None = None


class McpToolCallEnd(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="mcp_tool_call_end"
):
    """A call is over, for whatever reason."""

    call_id: str
    success: bool
    """It was answered, and the answer is no error."""
    result: Json
    """The server's CallToolResult; None when the call itself failed."""
    error: str | None = None
    """Why it failed."""
    duration_ms: int = 0


class McpServerState(enum.Enum):
    """Where an MCP server stands."""

    STARTING = "starting"
    READY = "ready"
    FAILED = "failed"
    DISABLED = "disabled"


class McpServerStatus(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="mcp_server_status"
):
    """An MCP server has started, failed, or ended."""

    server: str
    state: McpServerState
    message: str | None = None
    """What went wrong."""
    tools: tuple[str, ...] = ()
    """The names that its server gives them."""
    transport: str = "stdio"
    """`stdio`, `http` or `sse`."""


class ListMcpToolsResponse(
    msgspec.Struct, frozen=True, tag_field="type", tag="list_mcp_tools_response"
):
    """How the MCP servers are."""

    servers: tuple[McpServerStatus, ...]


class PatchApplyBegin(msgspec.Struct, frozen=True, tag_field="type", tag="patch_apply_begin"):
    """A patch is being written."""

    call_id: str
    auto_approved: bool
    changes: dict[str, FileChange]
    """By absolute path, in the patch's order."""


class PatchApplyEnd(msgspec.Struct, frozen=True, tag_field="type", tag="patch_apply_end"):
    """What became of the patch, really."""

    call_id: str
    stdout: str
    stderr: str
    success: bool


class StepStatus(enum.Enum):
    """How far a step of a plan is."""

    PENDING = "pending"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"


class PlanStep(msgspec.Struct, frozen=True):
    """One line of a plan."""

    step: str
    status: StepStatus


class PlanUpdate(msgspec.Struct, frozen=True, tag_field="type", tag="plan_update"):
    """The model's plan, whole."""

    explanation: str | None
    plan: tuple[PlanStep, ...]


class ViewImage(msgspec.Struct, frozen=True, tag_field="type", tag="view_image_tool_call"):
    """The model looks at an image file."""

    call_id: str
    path: str


class TokenCount(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="token_count"):
    """Tokens after an answer of the model."""

    last: TokenUsage
    total: TokenUsage
    context_window: int | None
    context_left_percent: int | None
    """Of the window, after the last answer; None when the window is not known."""


class HistoryEntry(msgspec.Struct, frozen=True):
    """One kept message."""

    session_id: str
    ts: int
    """Seconds since the epoch."""
    text: str


class GetHistoryEntryResponse(
    msgspec.Struct, frozen=True, tag_field="type", tag="get_history_entry_response"
):
    """One kept message, or none."""

    offset: int
    log_id: int
    entry: HistoryEntry | None = None
    """None when it is not to be had: left out on the wire."""


class GetHistoryEntriesResponse(
    msgspec.Struct, frozen=True, tag_field="type", tag="get_history_entries_response"
):
    """Kept messages in order, oldest first; empty when the log is another by now."""

    log_id: int
    offset: int
    entries: tuple[HistoryEntry | None, ...]
    """From `offset` on; None for a line that cannot be read."""


class HistoryMatch(msgspec.Struct, frozen=True):
    """One message that a search found."""

    offset: int
    entry: HistoryEntry


class SearchHistoryResponse(
    msgspec.Struct, frozen=True, tag_field="type", tag="search_history_response"
):
    """What a search found, newest first."""

    log_id: int
    query: str
    matches: tuple[HistoryMatch, ...]
    is_complete: bool
    """There is nothing older that matches."""


class HistoryReloaded(msgspec.Struct, frozen=True, tag_field="type", tag="history_reloaded"):
    """The message history as it is now; older ids and counts are void."""

    log_id: int
    entry_count: int


class ModelEntry(msgspec.Struct, frozen=True):
    """One model that a provider offers."""

    id: str
    context_window: int | None = None
    """Tokens, where the server tells."""


class ListModelsResponse(msgspec.Struct, frozen=True, tag_field="type", tag="list_models_response"):
    """The models that the provider offers now."""

    models: tuple[ModelEntry, ...]
    error: str | None = None
    """Why there are none."""


class ShutdownComplete(msgspec.Struct, frozen=True, tag_field="type", tag="shutdown_complete"):
    """The engine is gone; no event follows."""


TaskEnd = TaskComplete | TurnAborted | Error
CallBegin = ExecCommandBegin | PatchApplyBegin | McpToolCallBegin
CallEnd = ExecCommandEnd | PatchApplyEnd | McpToolCallEnd
ApprovalRequest = ExecApprovalRequest | ApplyPatchApprovalRequest | McpApprovalRequest
"""The questions that a task waits on; the answer is a decision."""
TaskReport = (
    UserMessage
    | AgentMessage
    | AgentReasoning
    | BackgroundEvent
    | Warning
    | StreamError
    | PlanUpdate
    | ViewImage
    | TokenCount
)
"""Events that stand alone: nothing begins, ends or waits."""

RecordedEvent = TaskStarted | TaskEnd | CallBegin | CallEnd | ApprovalRequest | TaskReport
"""The events that a session's file keeps."""
PassingEvent = (
    AgentMessageDelta
    | AgentReasoningDelta
    | ExecCommandOutputDelta
    | McpToolCallProgress
    | SessionConfigured
    | ElicitationRequest
    | McpServerStatus
    | ListMcpToolsResponse
    | ListModelsResponse
    | GetHistoryEntryResponse
    | GetHistoryEntriesResponse
    | SearchHistoryResponse
    | HistoryReloaded
    | ShutdownComplete
)
"""The events that no file keeps: pieces of recorded ones, and answers to one front end."""

EventMsg = RecordedEvent | PassingEvent
"""Every event; a new one belongs to exactly one of the families above."""


class Event(msgspec.Struct, frozen=True):
    """One EventMsg under the id of the submission it belongs to."""

    id: str
    msg: EventMsg
