"""Policies and decisions: when the user is asked, what a command may touch, what was answered."""

from __future__ import annotations

import enum
import os
from typing import Annotated

import msgspec

PROTECTED_NAMES = frozenset({".git", ".agents", ".codex", ".idea", ".mcp.json", ".vscode"})
"""Protected names: files and folders inside a writable folder that neither patches nor commands may
change, because programs outside the sandbox run or obey their content. A command must be able to
commit, so for commands sandbox/guard/protected.py names the protected parts of `.git`. It also has
the names in the home folder."""


class AskForApproval(enum.Enum):
    """When the user is asked before something runs; the values are the May 2025 names.

    Each policy but NEVER also asks before a command that deletes by force, that a rule of the user
    says to ask about or that the model wants to run without the sandbox, and before a patch outside
    the writable folders.
    """

    UNTRUSTED = "unless-allow-listed"
    """Ask before every command that is not trusted to only read, and every patch. The default."""
    AUTO_EDIT = "auto-edit"
    """Ask like UNTRUSTED, but not before a patch inside the writable folders."""
    ON_FAILURE = "on-failure"
    """Ask, as both above do too, whether a command that the sandbox stopped may leave it."""
    ON_REQUEST = "on-request"
    """Ask when the model requests it by `with_escalated_permissions`."""
    NEVER = "never"
    """Never ask; reject what all others ask about, except deletion by force under full access."""


APPROVAL_NAMES: dict[str, AskForApproval] = {
    **{policy.value: policy for policy in AskForApproval},
    "untrusted": AskForApproval.UNTRUSTED,
}
"""Approval policies by name, that of May 2025 or today's."""


class ReviewDecision(enum.Enum):
    """The user's answer to an approval request."""

    APPROVED = "approved"
    APPROVED_FOR_SESSION = "approved_for_session"
    """Approved for exactly these words in this folder, for these files, or for this MCP tool.

    If a rule requires the question, the command is approved this time only.
    """
    APPROVED_FOR_PREFIX = "approved_for_prefix"
    """Approved in this session for every command that starts with `proposed_prefix`."""
    APPROVED_ALWAYS = "approved_always"
    """Approved like APPROVED_FOR_PREFIX, and saved as a rule for later sessions."""
    DENIED = "denied"
    """Denied; the task continues."""
    ABORT = "abort"
    """Denied; the task is interrupted."""


Port = Annotated[int, msgspec.Meta(ge=1, le=65535)]


class SandboxPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """The permissions of model-written commands and patches.

    The settings `sandbox_permissions` (May 2025) and `sandbox_mode` (today) are converted to this.
    """

    can_read_everything: bool = True
    can_write_everything: bool = False
    can_use_network: bool = False
    can_write_cwd: bool = False
    """Write access to the session's working directory, but not to the `workdir` of a call."""
    can_write_tmpdir: bool = False
    """Write access to $TMPDIR, if it is set and absolute."""
    can_write_slash_tmp: bool = False
    writable_roots: tuple[str, ...] = ()
    """Additional writable folders; a relative one is below the session's working directory."""
    connect_ports: tuple[Port, ...] = ()
    """TCP ports that commands may connect to, on any host, while the network is otherwise off."""
    bind_ports: tuple[Port, ...] = ()
    """TCP ports that commands may listen on, while the network is otherwise off."""

    @property
    def is_unrestricted(self) -> bool:
        """Whether the policy allows everything, so that there is nothing to enforce."""
        return self.can_read_everything and self.can_write_everything and self.can_use_network

    def roots(self, *, cwd: str, tmpdir: str | None) -> tuple[str, ...]:
        """Return the writable folders, absolute, each once; empty if everything or nothing is.

        Args: cwd: the session's working directory, absolute. tmpdir: the value of $TMPDIR; None
            if unset.
        """
        if self.can_write_everything:
            return ()
        found: dict[str, None] = {}
        if self.can_write_cwd:
            found[os.path.normpath(cwd)] = None
        for root in self.writable_roots:
            found[os.path.normpath(os.path.join(cwd, root))] = None
        if self.can_write_slash_tmp:
            found["/tmp"] = None
        if self.can_write_tmpdir and tmpdir and os.path.isabs(tmpdir):
            found[os.path.normpath(tmpdir)] = None
        return tuple(found)


PERMISSION_FIELDS = {
    "disk-full-read-access": "can_read_everything",
    "disk-full-write-access": "can_write_everything",
    "network-full-access": "can_use_network",
    "disk-write-cwd": "can_write_cwd",
    "disk-write-platform-user-temp-folder": "can_write_tmpdir",
    "disk-write-platform-global-temp-folder": "can_write_slash_tmp",
}
"""Fields of SandboxPolicy by the permission names of May 2025."""

READ_ONLY = SandboxPolicy()
WORKSPACE_WRITE = SandboxPolicy(can_write_cwd=True, can_write_tmpdir=True, can_write_slash_tmp=True)
"""Policy of `workspace-write` and `--full-auto`."""
DANGER_FULL_ACCESS = SandboxPolicy(can_write_everything=True, can_use_network=True)

SANDBOX_MODES: dict[str, SandboxPolicy] = {
    "read-only": READ_ONLY,
    "workspace-write": WORKSPACE_WRITE,
    "danger-full-access": DANGER_FULL_ACCESS,
}


class WorkspaceWrite(msgspec.Struct, frozen=True, kw_only=True):
    """`[sandbox_workspace_write]`: changes to the permissions of the mode `workspace-write`."""

    writable_roots: tuple[str, ...] = ()
    network_access: bool = False
    exclude_tmpdir_env_var: bool = False
    exclude_slash_tmp: bool = False


def policy_of_mode(mode: str, workspace_write: WorkspaceWrite) -> SandboxPolicy:
    """Return the policy of a mode, a key of SANDBOX_MODES.

    Args: workspace_write: changes to the policy of `workspace-write`; ignored for other modes.
    """
    policy = SANDBOX_MODES[mode]
    if mode != "workspace-write":
        return policy
    return msgspec.structs.replace(
        policy,
        can_use_network=workspace_write.network_access,
        can_write_tmpdir=not workspace_write.exclude_tmpdir_env_var,
        can_write_slash_tmp=not workspace_write.exclude_slash_tmp,
        writable_roots=workspace_write.writable_roots,
    )
