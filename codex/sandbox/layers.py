"""Which layers hold a command on this machine, and whether they are enough to run one.

Layer 1 is Landlock and seccomp, layer 2 namespaces. What the kernel can do is asked for once in a
process; what is enough is decided here, by one table, for every command.
"""

from __future__ import annotations

import enum
import functools
from typing import TYPE_CHECKING, Literal, NamedTuple

from codex.sandbox.landlock import MINIMUM_ABI, SCOPED_SIGNALS_ABI
from codex.sandbox.spawn import landlock_abi, landlock_errata, too_little

if TYPE_CHECKING:
    from codex.protocol.policy import SandboxPolicy

Require = Literal["full", "best-effort"]
"""Whether a command may run where a part of the sandbox is not to be had."""


class NetworkMode(enum.Enum):
    """How far a command can reach."""

    NONE = "none"
    LOOPBACK = "loopback"
    """A network of its own, with nothing in it but what the commands of the session start."""
    PORTS = "ports"
    """The machine's network, less all but the policy's TCP ports."""
    FULL = "full"


class Enforcement(NamedTuple):
    """What holds the commands of a policy."""

    layers: tuple[int, ...]
    """(), (1,) or (1, 2)."""
    landlock_abi: int
    """0: nothing is enforced, so nobody asked."""
    landlock_errata: int
    """A bit for each defect of Landlock that the kernel says it has mended."""
    network: NetworkMode
    without_namespaces: str | None
    """Why layer 2 is not in force, for people; None when it is."""
    notice: str | None
    """What to tell the user once in a session; None when nothing is missing."""


def enforcement(
    policy: SandboxPolicy, *, require: Require = "best-effort", container: bool = False
) -> Enforcement:
    """What holds the commands of a policy on this machine.

    Args: container: the user says that the container around us is the sandbox: nothing is enforced.
    Raises: SandboxUnavailableError, when less can be enforced than is required.
    """
    if policy.is_unrestricted or container:
        network = _network(policy, has_namespaces=False) if container else NetworkMode.FULL
        return Enforcement((), 0, 0, network, None, None)
    abi, errata = _landlock()
    lowest = SCOPED_SIGNALS_ABI if require == "full" else MINIMUM_ABI
    if abi < lowest:
        raise too_little("Landlock", f"the kernel has ABI {abi}, and {lowest} is needed")
    missing = "this build has none"
    if require == "full":
        raise too_little("namespaces", missing)
    network = _network(policy, has_namespaces=False)
    return Enforcement((1,), abi, errata, network, missing, None)


@functools.cache
def _landlock() -> tuple[int, int]:
    return landlock_abi(), landlock_errata()


def _network(policy: SandboxPolicy, *, has_namespaces: bool) -> NetworkMode:
    if policy.can_use_network:
        return NetworkMode.FULL
    if policy.connect_ports or policy.bind_ports:
        return NetworkMode.PORTS
    return NetworkMode.LOOPBACK if has_namespaces else NetworkMode.NONE
