"""Submissions: what a front end puts into the engine. Source: spec/protocol.md, section 3."""

from __future__ import annotations

import msgspec

from codex.protocol.items import InputItem
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


class UserInput(msgspec.Struct, frozen=True, tag_field="type", tag="user_input"):
    """Start a task, or join the running one at its next turn."""

    items: tuple[InputItem, ...]


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


class Shutdown(msgspec.Struct, frozen=True, tag_field="type", tag="shutdown"):
    """End the session: interrupt, answer `shutdown_complete`, take no more submissions."""

    after_task: bool = False
    """Do not interrupt: let the running task, and input that waits for its end, be finished."""


Op = ConfigureSession | Interrupt | UserInput | ExecApproval | PatchApproval | Shutdown


class Submission(msgspec.Struct, frozen=True):
    """One Op under the id its events will carry."""

    id: str
    op: Op
