"""Submissions: what a front end puts into the engine. Source: spec/protocol.md, section 3."""

from __future__ import annotations

import msgspec

from codex.protocol.items import Json
from codex.protocol.policy import AskForApproval, ReviewDecision, SandboxPolicy
from codex.protocol.settings import ModelProvider


class ConfigureSession(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="configure_session"
):
    """Change the session's settings; the conversation goes on where the new provider allows it."""

    provider: ModelProvider
    model: str
    approval_policy: AskForApproval
    sandbox_policy: SandboxPolicy
    cwd: str
    """Must be absolute."""
    instructions: str | None = None
    """The user's instructions and project documents; None keeps those collected at the start."""
    disable_response_storage: bool = False
    notify: tuple[str, ...] | None = None


class Interrupt(msgspec.Struct, frozen=True, tag_field="type", tag="interrupt"):
    """Stop the running task; nothing happens when there is none."""


class UserText(msgspec.Struct, frozen=True, tag_field="type", tag="text"):
    """The user's words."""

    text: str


class UserImage(msgspec.Struct, frozen=True, tag_field="type", tag="image"):
    """An image by URL."""

    image_url: str


class UserImageFile(msgspec.Struct, frozen=True, tag_field="type", tag="local_image"):
    """An image file, read when the message is sent."""

    path: str


UserItem = UserText | UserImage | UserImageFile


class UserInput(msgspec.Struct, frozen=True, tag_field="type", tag="user_input"):
    """Start a task, or join the running one at its next turn."""

    items: tuple[UserItem, ...]


class ExecApproval(msgspec.Struct, frozen=True, tag_field="type", tag="exec_approval"):
    """The answer to an `exec_approval_request`."""

    id: str
    """The request's `call_id`; the id of its event is taken too, as in May 2025."""
    decision: ReviewDecision
    feedback: str | None = None
    """What the user wants the model to know."""


class PatchApproval(msgspec.Struct, frozen=True, tag_field="type", tag="patch_approval"):
    """The answer to an `apply_patch_approval_request`."""

    id: str
    decision: ReviewDecision
    feedback: str | None = None


class McpApproval(msgspec.Struct, frozen=True, tag_field="type", tag="mcp_approval"):
    """The answer to an `mcp_approval_request`."""

    id: str
    decision: ReviewDecision
    feedback: str | None = None


class ElicitationAnswer(msgspec.Struct, frozen=True, tag_field="type", tag="elicitation_answer"):
    """The answer to an `elicitation_request`."""

    id: str
    action: str
    """`accept`, `decline` or `cancel`."""
    content: dict[str, Json] | None = None
    """What the user filled in, by the names of the request's schema."""


class RunUserShellCommand(
    msgspec.Struct, frozen=True, tag_field="type", tag="run_user_shell_command"
):
    """Run shell text for the user, in the sandbox; the model reads it and its output later."""

    command: str


class AddToHistory(msgspec.Struct, frozen=True, tag_field="type", tag="add_to_history"):
    """Keep a message for later sessions."""

    text: str


class GetHistoryEntryRequest(
    msgspec.Struct, frozen=True, tag_field="type", tag="get_history_entry_request"
):
    """Look one kept message up; always answered by a `get_history_entry_response`."""

    offset: int
    """From 0, the oldest."""
    log_id: int
    """As `session_configured` or `history_reloaded` gave it."""


class GetHistoryEntriesRequest(
    msgspec.Struct, frozen=True, tag_field="type", tag="get_history_entries_request"
):
    """Look several up; always answered by a `get_history_entries_response`."""

    log_id: int
    offset: int
    """Of the oldest one wanted."""
    count: int
    """At most 1000 are answered."""


class SearchHistoryRequest(
    msgspec.Struct, frozen=True, tag_field="type", tag="search_history_request"
):
    """Find kept messages by a part of their text; answered by a `search_history_response`."""

    log_id: int
    query: str
    """Upper and lower case are alike."""
    before: int | None = None
    """Only offsets below this one; None begins with the newest."""
    count: int = 50


class ReloadHistory(msgspec.Struct, frozen=True, tag_field="type", tag="reload_history"):
    """See what other sessions have added meanwhile; answered by `history_reloaded`."""


class ListModels(msgspec.Struct, frozen=True, tag_field="type", tag="list_models"):
    """Ask the provider for its models; answered by a `list_models_response`."""


class ListMcpTools(msgspec.Struct, frozen=True, tag_field="type", tag="list_mcp_tools"):
    """How the MCP servers are; answered by a `list_mcp_tools_response`."""


class Shutdown(msgspec.Struct, frozen=True, tag_field="type", tag="shutdown"):
    """End the session: interrupt, answer `shutdown_complete`, take no more submissions."""

    after_task: bool = False
    """Do not interrupt: let the running task, and input that waits for its end, be finished."""


SessionOp = (
    Interrupt
    | UserInput
    | ExecApproval
    | PatchApproval
    | McpApproval
    | ElicitationAnswer
    | RunUserShellCommand
    | ListModels
    | ListMcpTools
    | Shutdown
)
"""What needs a configured session."""

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
    """One Op under the id its events will carry."""

    id: str
    op: Op
