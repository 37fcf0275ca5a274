"""When the user is asked, what a command may touch, and what the user answered."""

from __future__ import annotations

import enum
import os
from typing import Annotated

import msgspec

PROTECTED_NAMES = frozenset({".git", ".agents", ".codex", ".idea", ".mcp.json", ".vscode"})
"""Inside a writable folder these stay closed: what is in them is run or obeyed by programs outside
the sandbox. A patch writes none of them; for commands, which have to commit,
sandbox/guard/protected.py names the parts of `.git`. Source: sandbox.md, section 6.3."""


class AskForApproval(enum.Enum):
    """When the user is asked before something runs; the values are the May 2025 names."""

    UNTRUSTED = "unless-allow-listed"
    """Before every command that is not trusted, and before every patch. The shipped default."""
    AUTO_EDIT = "auto-edit"
    """As above, but patches inside the writable roots go through."""
    ON_FAILURE = "on-failure"
    """When the sandbox stopped something."""
    ON_REQUEST = "on-request"
    """When the model asks for it."""
    NEVER = "never"


APPROVAL_NAMES: dict[str, AskForApproval] = {
    **{policy.value: policy for policy in AskForApproval},
    "untrusted": AskForApproval.UNTRUSTED,
}
"""Every name of both generations."""


class ReviewDecision(enum.Enum):
    """The user's answer to an approval request."""

    APPROVED = "approved"
    APPROVED_FOR_SESSION = "approved_for_session"
    """For these very words in this folder, or these files."""
    APPROVED_FOR_PREFIX = "approved_for_prefix"
    """For the session, and every command that starts with the request's `proposed_prefix`."""
    APPROVED_ALWAYS = "approved_always"
    """As for the prefix, kept as a rule for later sessions."""
    DENIED = "denied"
    ABORT = "abort"


Port = Annotated[int, msgspec.Meta(ge=1, le=65535)]


class SandboxPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """What model-written commands and patches may touch.

    `sandbox_permissions` (May 2025) and `sandbox_mode` (today) both become one of these.
    """

    can_read_everything: bool = True
    can_write_everything: bool = False
    can_use_network: bool = False
    can_write_cwd: bool = False
    """The session's working directory, never the one a call asks for."""
    can_write_tmpdir: bool = False
    """$TMPDIR, where it is set and absolute."""
    can_write_slash_tmp: bool = False
    writable_roots: tuple[str, ...] = ()
    """Further absolute folders."""
    connect_ports: tuple[Port, ...] = ()
    """TCP ports that commands may connect to, on any host, where the network is else off."""
    bind_ports: tuple[Port, ...] = ()
    """TCP ports that commands may listen on, of this machine's own addresses; likewise."""

    @property
    def is_unrestricted(self) -> bool:
        """Nothing is left to enforce."""
        return self.can_read_everything and self.can_write_everything and self.can_use_network

    def roots(self, *, cwd: str, tmpdir: str | None) -> tuple[str, ...]:
        """The writable folders, in order and without repeats; empty when everything is writable.

        Args: cwd: the session's working directory, absolute. tmpdir: the value of $TMPDIR.
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
"""The permissions of May 2025 -> fields of SandboxPolicy."""

READ_ONLY = SandboxPolicy()
WORKSPACE_WRITE = SandboxPolicy(can_write_cwd=True, can_write_tmpdir=True, can_write_slash_tmp=True)
"""`workspace-write`, and what `--full-auto` means."""
DANGER_FULL_ACCESS = SandboxPolicy(can_write_everything=True, can_use_network=True)

SANDBOX_MODES: dict[str, SandboxPolicy] = {
    "read-only": READ_ONLY,
    "workspace-write": WORKSPACE_WRITE,
    "danger-full-access": DANGER_FULL_ACCESS,
}


class WorkspaceWrite(msgspec.Struct, frozen=True, kw_only=True):
    """`[sandbox_workspace_write]`: what `workspace-write` adds to the working directory."""

    writable_roots: tuple[str, ...] = ()
    network_access: bool = False
    exclude_tmpdir_env_var: bool = False
    exclude_slash_tmp: bool = False


def policy_of_mode(mode: str, workspace_write: WorkspaceWrite) -> SandboxPolicy:
    """What a mode allows; the table counts for `workspace-write` alone."""
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
