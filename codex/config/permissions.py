"""The sandbox policy, out of the permission strings of May 2025 or today's mode and its table.

Source: spec/config.md, section 3.2.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from codex.protocol.policy import READ_ONLY, SANDBOX_MODES, SandboxPolicy

if TYPE_CHECKING:
    from collections.abc import Iterable

FOLDER_PREFIX = "disk-write-folder="
PERMISSION_FIELDS = {
    "disk-full-read-access": "can_read_everything",
    "disk-write-cwd": "can_write_cwd",
    "disk-write-platform-user-temp-folder": "can_write_tmpdir",
    "disk-write-platform-global-temp-folder": "can_write_slash_tmp",
    "disk-full-write-access": "can_write_everything",
    "network-full-access": "can_use_network",
}
PERMISSION_FORMS = (*PERMISSION_FIELDS, FOLDER_PREFIX + "PATH")


class WorkspaceWrite(msgspec.Struct, frozen=True, kw_only=True):
    """`[sandbox_workspace_write]`: what `workspace-write` adds to the working directory."""

    writable_roots: tuple[str, ...] = ()
    network_access: bool = False
    exclude_tmpdir_env_var: bool = False
    exclude_slash_tmp: bool = False


def is_permission(text: str) -> bool:
    """Whether `text` is a permission string."""
    return text in PERMISSION_FIELDS or (
        text.startswith(FOLDER_PREFIX) and len(text) > len(FOLDER_PREFIX)
    )


def policy_of_permissions(permissions: Iterable[str]) -> SandboxPolicy:
    """What a list of valid permission strings with absolute folders allows.

    What the list does not name is forbidden: no permission at all comes of an empty one.
    """
    fields = {"can_read_everything": False}
    folders = []
    for permission in permissions:
        if permission.startswith(FOLDER_PREFIX):
            folders.append(permission[len(FOLDER_PREFIX) :])
        else:
            fields[PERMISSION_FIELDS[permission]] = True
    return SandboxPolicy(writable_roots=tuple(folders), **fields)


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


def sandbox_policy(
    *, mode: str | None, permissions: Iterable[str] | None, workspace_write: WorkspaceWrite
) -> SandboxPolicy:
    """The policy of whichever of the two forms is given; read-only when neither is."""
    if permissions is not None:
        return policy_of_permissions(permissions)
    if mode is not None:
        return policy_of_mode(mode, workspace_write)
    return READ_ONLY
