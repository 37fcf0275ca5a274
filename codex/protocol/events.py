"""Events: everything a person may see. Source: spec/protocol.md, section 4.

Every begin event is followed by its end event on every path, and every `task_started` by exactly
one of `task_complete`, `turn_aborted` and `error`.
"""

from __future__ import annotations

import enum

import msgspec

from codex.protocol.items import TokenUsage


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


class TaskStarted(msgspec.Struct, frozen=True, tag_field="type", tag="task_started"):
    """Work on one user input begins."""


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


class ExecApprovalRequest(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="exec_approval_request"
):
    """May this command run?"""

    call_id: str
    command: tuple[str, ...]
    cwd: str
    reason: str | None = None


class ApplyPatchApprovalRequest(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="apply_patch_approval_request"
):
    """May these files change?"""

    call_id: str
    changes: dict[str, FileChange]
    reason: str | None = None


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


class ShutdownComplete(msgspec.Struct, frozen=True, tag_field="type", tag="shutdown_complete"):
    """The engine is gone; no event follows."""


EventMsg = (
    Error
    | Warning
    | StreamError
    | BackgroundEvent
    | SessionConfigured
    | TaskStarted
    | TaskComplete
    | TurnAborted
    | AgentMessage
    | AgentMessageDelta
    | AgentReasoning
    | AgentReasoningDelta
    | ExecCommandBegin
    | ExecCommandOutputDelta
    | ExecCommandEnd
    | ExecApprovalRequest
    | ApplyPatchApprovalRequest
    | PatchApplyBegin
    | PatchApplyEnd
    | PlanUpdate
    | ViewImage
    | TokenCount
    | ShutdownComplete
)


class Event(msgspec.Struct, frozen=True):
    """One EventMsg under the id of the submission it belongs to."""

    id: str
    msg: EventMsg
