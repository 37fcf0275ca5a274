"""The system text of a session: base prompt, environment, and the user's own instructions.

Pure, except that the first call reads the text of the base prompt.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from codex.base.embedded import text
from codex.protocol.policy import AskForApproval

if TYPE_CHECKING:
    from codex.config.types import Config
    from codex.protocol.policy import SandboxPolicy

DOC_SEPARATOR = "\n\n--- project-doc ---\n\n"

APPROVAL_WORDS = {
    AskForApproval.UNTRUSTED: "the user is asked before each command that is not a plain reader, "
    "and before each patch",
    AskForApproval.AUTO_EDIT: "the user is asked before each command that is not a plain reader; "
    "patches inside the writable folders need no question",
    AskForApproval.ON_FAILURE: "the user is asked only when the sandbox stopped something",
    AskForApproval.ON_REQUEST: "the user is asked only through `with_escalated_permissions`",
    AskForApproval.NEVER: "the user is never asked: `with_escalated_permissions` is always refused",
}


def base_instructions(config: Config, *, roots: tuple[str, ...], user_text: str | None) -> str:
    """Return the system text of a session.

    Args: roots: the writable folders; empty if everything or nothing is writable. user_text: the
        user's own instructions and project documents; None if there are none.
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
    """Join the user's instructions and the project's documents; None if there are none."""
    parts = [part for part in (instructions, project_docs) if part]
    return DOC_SEPARATOR.join(parts) or None


def describe_sandbox(policy: SandboxPolicy, roots: tuple[str, ...]) -> str:
    """Describe a policy in one line, such as `workspace-write [/repo, /tmp]`.

    Args: roots: the folders that the policy makes writable.
    """
    if policy.is_unrestricted:
        return "danger-full-access"
    network = " with network" if policy.can_use_network else ""
    if (ports := (*policy.connect_ports, *policy.bind_ports)) and not network:
        network = f" with TCP ports {', '.join(map(str, dict.fromkeys(ports)))}"
    if policy.can_write_everything:
        return "full-disk-write" + network
    if not roots:
        return ("read-only" if policy.can_read_everything else "no permissions") + network
    return f"workspace-write [{', '.join(roots)}]{network}"
