"""What every request carries besides the conversation: base prompt, surroundings, the user's text.

Pure but for reading the base prompt's text once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from codex.base.embedded import text
from codex.base.jsonio import loads
from codex.core.session import describe_sandbox
from codex.model.prompt import Prompt, ToolSpec
from codex.protocol.items import FunctionCall, Reasoning, ResponseItem
from codex.protocol.policy import AskForApproval

if TYPE_CHECKING:
    from codex.config.types import Config
    from codex.core.session import Session

DOC_SEPARATOR = "\n\n--- project-doc ---\n\n"

APPROVAL_WORDS = {
    AskForApproval.UNTRUSTED: "the user is asked before each command that is not a plain reader, "
    "and before each patch",
    AskForApproval.AUTO_EDIT: "the user is asked before each command that is not a plain reader; "
    "patches inside the writable folders need no question",
    AskForApproval.ON_FAILURE: "nobody is asked first; the user is asked when the sandbox stopped "
    "something",
    AskForApproval.ON_REQUEST: "nobody is asked first; `with_escalated_permissions` asks the user",
    AskForApproval.NEVER: "nobody can be asked: `with_escalated_permissions` is always refused",
}


def base_instructions(config: Config, *, roots: tuple[str, ...], user_text: str | None) -> str:
    """The system text of a session.

    Args: roots: the writable folders. user_text: the user's own instructions and project documents.
    """
    parts = [config.base_instructions or text("core/prompt.md")]
    policy = config.sandbox_policy
    network = "allowed" if policy.can_use_network else "blocked"
    if network == "blocked" and (policy.connect_ports or policy.bind_ports):
        network = "blocked but for these ports"
    parts.append(
        "# Where you are\n\n"
        f"- Working directory: {config.cwd}\n"
        f"- Sandbox: {describe_sandbox(policy, roots)}; network {network}\n"
        f"- Approval: {APPROVAL_WORDS[config.approval_policy]}\n"
    )
    if user_text:
        parts.append(user_text)
    return "\n".join(parts)


def combine_user_text(instructions: str | None, project_docs: str | None) -> str | None:
    """The user's instructions and the project's documents as one text."""
    parts = [part for part in (instructions, project_docs) if part]
    return DOC_SEPARATOR.join(parts) or None


def build_prompt(session: Session, tools: tuple[ToolSpec, ...]) -> Prompt:
    """The next request of a session, from its transcript."""
    pending = session.transcript.pending(is_stored=session.is_stored)
    return Prompt(
        instructions=session.instructions,
        items=tuple(_sendable(item) for item in pending.items if _is_sent(item)),
        tools=tools,
        previous_response_id=pending.previous_response_id,
        is_stored=session.is_stored,
        session_id=session.session_id,
    )


def _is_sent(item: ResponseItem) -> bool:
    # Reasoning is only of use to the server that sealed it.
    return not isinstance(item, Reasoning) or item.encrypted_content is not None


def _sendable(item: ResponseItem) -> ResponseItem:
    """A call whose arguments are broken JSON goes back as `{}`: local servers refuse it else."""
    if not isinstance(item, FunctionCall):
        return item
    try:
        is_object = isinstance(loads(item.arguments), dict)
    except ValueError:
        is_object = False
    return item if is_object else msgspec.structs.replace(item, arguments="{}")
