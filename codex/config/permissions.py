"""The sandbox policy, made from permission strings (May 2025) or a mode and its table (today)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from codex.protocol.policy import (
    PERMISSION_FIELDS,
    READ_ONLY,
    SandboxPolicy,
    WorkspaceWrite,
    policy_of_mode,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

FOLDER_PREFIX = "disk-write-folder="
PERMISSION_FORMS = (*PERMISSION_FIELDS, FOLDER_PREFIX + "PATH")


def is_permission(text: str) -> bool:
    """Return whether `text` is a permission string, one of PERMISSION_FORMS."""
    return text in PERMISSION_FIELDS or (
        text.startswith(FOLDER_PREFIX) and len(text) > len(FOLDER_PREFIX)
    )


def policy_of_permissions(permissions: Iterable[str]) -> SandboxPolicy:
    """Return the policy that valid permission strings describe; their folders must be absolute.

    What no string allows is forbidden, so an empty list allows nothing.
    """
    fields = {"can_read_everything": False}
    folders = []
    for permission in permissions:
        if permission.startswith(FOLDER_PREFIX):
            folders.append(permission[len(FOLDER_PREFIX) :])
        else:
            fields[PERMISSION_FIELDS[permission]] = True
    policy = SandboxPolicy(writable_roots=tuple(folders))
    return msgspec.structs.replace(policy, **fields)


def with_network(policy: SandboxPolicy, table: Mapping[str, Any]) -> SandboxPolicy:
    """Return `policy` with the network access that `table`, the table `[sandbox]`, sets, if any.

    Ports without the key `network` mean `network = "ports"`, unless the policy has the network. The
    table wins over the older keys. An unrestricted policy keeps full network access.
    """
    ports = {key: tuple(table.get(key, ())) for key in ("connect_ports", "bind_ports")}
    network = table.get("network")
    if network is None:
        network = "ports" if any(ports.values()) and not policy.can_use_network else None
    if network is None or policy.is_unrestricted:
        return policy
    return msgspec.structs.replace(
        policy, can_use_network=network == "full", **(ports if network == "ports" else {})
    )


def sandbox_policy(
    *, mode: str | None, permissions: Iterable[str] | None, workspace_write: WorkspaceWrite
) -> SandboxPolicy:
    """Return the policy of `permissions`, or else of `mode`; read-only if both are None."""
    if permissions is not None:
        return policy_of_permissions(permissions)
    if mode is not None:
        return policy_of_mode(mode, workspace_write)
    return READ_ONLY
