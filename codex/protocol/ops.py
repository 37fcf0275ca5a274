"""Submissions: the operations that a front end sends to the engine."""

from __future__ import annotations

import msgspec

from codex.protocol.items import Json
from codex.protocol.policy import AskForApproval, ReviewDecision, SandboxPolicy
from codex.protocol.settings import ModelProvider


class ConfigureSession(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="configure_session"
):
    """Stop the running task and change the session's settings; the conversation continues.

    If the session could not be opened at the start, open it with these settings.
    """

    provider: ModelProvider
    model: str
    approval_policy: AskForApproval
    sandbox_policy: SandboxPolicy
    cwd: str
    """Absolute path of the working directory."""
    instructions: str | None = None
    """User instructions and project documents, as one text; None keeps those in force."""
    disable_response_storage: bool = False
    notify: tuple[str, ...] | None = None
    """Program to run after each completed task, and its arguments; None or empty: no program."""


class Interrupt(msgspec.Struct, frozen=True, tag_field="type", tag="interrupt"):
    """Stop the running task, and the user commands and model lists requested beside it, if any."""


class UserText(msgspec.Struct, frozen=True, tag_field="type", tag="text"):
    """The user's words."""

    text: str


class UserImage(msgspec.Struct, frozen=True, tag_field="type", tag="image"):
    """An image by URL."""

    image_url: str


class UserImageFile(msgspec.Struct, frozen=True, tag_field="type", tag="local_image"):
    """An image file, read when the input joins the conversation."""

    path: str
    """Path; if relative, below the session's working directory."""


UserItem = UserText | UserImage | UserImageFile


class UserInput(msgspec.Struct, frozen=True, tag_field="type", tag="user_input"):
    """Start a task, or join the running one at its next turn.

    If the task is stopped or fails before, the input joins the conversation but starts no task.
    """

    items: tuple[UserItem, ...]
    """Parts of one message, at least one."""


class ExecApproval(msgspec.Struct, frozen=True, tag_field="type", tag="exec_approval"):
    """The answer to an `exec_approval_request`."""

    id: str
    """`call_id` of the request; the id of its event is accepted, too, as it was in May 2025."""
    decision: ReviewDecision
    feedback: str | None = None
    """Text that the user wants the model to read."""


class PatchApproval(msgspec.Struct, frozen=True, tag_field="type", tag="patch_approval"):
    """The answer to an `apply_patch_approval_request`."""

    id: str
    """`call_id` of the request, or the id of its event."""
    decision: ReviewDecision
    feedback: str | None = None
    """Text that the user wants the model to read."""


class McpApproval(msgspec.Struct, frozen=True, tag_field="type", tag="mcp_approval"):
    """The answer to an `mcp_approval_request`."""

    id: str
    """`call_id` of the request, or the id of its event."""
    decision: ReviewDecision
    feedback: str | None = None
    """Text that the user wants the model to read."""


class ElicitationAnswer(msgspec.Struct, frozen=True, tag_field="type", tag="elicitation_answer"):
    """The answer to an `elicitation_request`."""

    id: str
    """`id` of the request."""
    action: str
    """`accept`, `decline` or `cancel`."""
    content: dict[str, Json] | None = None
    """Values of the schema's members, by name, for `accept`; defaults replace missing ones."""


class RunUserShellCommand(
    msgspec.Struct, frozen=True, tag_field="type", tag="run_user_shell_command"
):
    """Run shell text for the user, in the session's sandbox.

    The model reads the text and its output with its next request.
    """

    command: str


class AddToHistory(msgspec.Struct, frozen=True, tag_field="type", tag="add_to_history"):
    """Add a message to the message history, unless it begins with a space or may hold a secret."""

    text: str


class GetHistoryEntryRequest(
    msgspec.Struct, frozen=True, tag_field="type", tag="get_history_entry_request"
):
    """Look up one message of the history; answered by a `get_history_entry_response`."""

    offset: int
    """Position of the message; 0 is the oldest."""
    log_id: int
    """Id of the log from `session_configured` or `history_reloaded`."""


class GetHistoryEntriesRequest(
    msgspec.Struct, frozen=True, tag_field="type", tag="get_history_entries_request"
):
    """Look up several messages; answered by a `get_history_entries_response`."""

    log_id: int
    offset: int
    """Position of the oldest message wanted; 0 is the oldest of all."""
    count: int
    """Number of messages wanted; the response contains at most 1000."""


class SearchHistoryRequest(
    msgspec.Struct, frozen=True, tag_field="type", tag="search_history_request"
):
    """Find messages that contain a text; answered by a `search_history_response`."""

    log_id: int
    query: str
    """Text to find; case is ignored."""
    before: int | None = None
    """Exclusive upper bound of the offsets; None starts at the newest message."""
    count: int = 50
    """Largest number of matches to return; above 1000 counts as 1000."""


class ReloadHistory(msgspec.Struct, frozen=True, tag_field="type", tag="reload_history"):
    """Read the history again, with what other sessions added; answered by `history_reloaded`."""


class ListModels(msgspec.Struct, frozen=True, tag_field="type", tag="list_models"):
    """Ask the provider for its models; answered by a `list_models_response`."""


class ListMcpTools(msgspec.Struct, frozen=True, tag_field="type", tag="list_mcp_tools"):
    """Ask for the state of the MCP servers; answered by a `list_mcp_tools_response`."""


class Shutdown(msgspec.Struct, frozen=True, tag_field="type", tag="shutdown"):
    """End the session: stop the task, answer `shutdown_complete`, accept no more submissions."""

    after_task: bool = False
    """Whether the session ends only after the running task and the input that waits for its end.

    Until then it accepts submissions. User commands beside the task are stopped at that end.
    """


Approval = ExecApproval | PatchApproval | McpApproval
"""Answers to the approval requests."""
QuestionAnswer = Approval | ElicitationAnswer

SessionOp = (
    Interrupt
    | UserInput
    | QuestionAnswer
    | RunUserShellCommand
    | ListModels
    | ListMcpTools
    | Shutdown
)
"""Ops that need a configured session, except `Shutdown`, which is always handled."""

Op = (
    ConfigureSession
    | AddToHistory
    | GetHistoryEntryRequest
    | GetHistoryEntriesRequest
    | SearchHistoryRequest
    | ReloadHistory
    | SessionOp
)


class Submission(msgspec.Struct, frozen=True):
    """One Op under the id its events will carry; input that joins a task gets the task's id."""

    id: str
    op: Op
