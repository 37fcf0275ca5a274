"""Which layers hold a command on this machine, and whether they are enough to run one.

Layer 1 is Landlock and seccomp, layer 2 namespaces. What the kernel can do is tried out once in a
process; what is enough is decided here, by one table, for every command.
"""

from __future__ import annotations

import functools
import sys
from typing import TYPE_CHECKING, Literal, NamedTuple

from codex.base.errors import SandboxUnavailableError
from codex.sandbox.linux.landlock import MINIMUM_ABI, NET_ABI, SCOPED_SIGNALS_ABI, NetworkMode
from codex.sandbox.linux.namespaces import SERVERS, plain_config
from codex.sandbox.linux.server import NoNamespaces
from codex.sandbox.linux.spawn import (
    PASSING,
    landlock_abi,
    landlock_errata,
    too_little,
    unavailable_for,
)

if TYPE_CHECKING:
    from codex.protocol.policy import SandboxPolicy

Require = Literal["full", "best-effort"]
"""Whether a command may run where a part of the sandbox is not to be had."""

RULES, NAMESPACES = 1, 2
"""The layers."""


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
    """Why layer 2 is not in force, for people; None when it is, or nothing is enforced."""
    notice: str | None
    """What to tell the user once in a session; None when nothing is missing."""

    @property
    def has_network(self) -> bool:
        """Whether commands have the whole network."""
        return self.network is NetworkMode.FULL


UNENFORCED = Enforcement((), 0, 0, NetworkMode.FULL, None, None)
"""Nothing holds a command."""


def enforcement_for(
    policy: SandboxPolicy, *, require: Require = "best-effort", container: bool = False
) -> Enforcement:
    """What holds the commands of a policy on this machine; the first call takes some milliseconds.

    Args: container: the user says that the container around us is the sandbox: nothing is enforced.
    Raises: SandboxUnavailableError, when less can be enforced than is required.
    """
    if policy.is_unrestricted or container:
        return UNENFORCED
    if sys.platform == "darwin":
        # Seatbelt; what it cannot do is said by sandbox-exec itself.
        return Enforcement(
            (RULES,), 0, 0, _network(policy, abi=NET_ABI, has_namespaces=False), None, None
        )
    abi, errata = _landlock()
    if abi < MINIMUM_ABI:
        raise too_little("Landlock", f"the kernel has ABI {abi}, and {MINIMUM_ABI} is needed")
    missing = without_namespaces()
    if require == "full":
        if abi < SCOPED_SIGNALS_ABI:
            raise _not_full(f"Landlock: ABI {abi}, and {SCOPED_SIGNALS_ABI} is needed")
        if missing is not None:
            raise _not_full(f"namespaces: {missing}")
    return with_layers(policy, abi=abi, errata=errata, missing=missing)


def _not_full(missing: str) -> SandboxUnavailableError:
    return SandboxUnavailableError(
        f"The sandbox is not available: {missing}",
        advice="Nothing was run, since the settings require all of the sandbox; to go on with what"
        ' there is, set sandbox.require to "best-effort"',
    )


def with_layers(
    policy: SandboxPolicy, *, abi: int, errata: int, missing: str | None
) -> Enforcement:
    """What holds a command where the kernel can do this much.

    Args: missing: why there are no namespaces; None when there are.
    """
    layers = (RULES, NAMESPACES) if missing is None else (RULES,)
    network = _network(policy, abi=abi, has_namespaces=missing is None)
    return Enforcement(
        layers, abi, errata, network, missing, _notice(policy, network, abi, missing)
    )


def _notice(
    policy: SandboxPolicy, network: NetworkMode, abi: int, missing: str | None
) -> str | None:
    """One line for each thing that is weaker than it could be."""
    lines = []
    if missing is not None:
        lines.append(
            f"The sandbox is weaker here, without namespaces ({missing}): commands can change the"
            " modes, times and attributes of files outside the writable folders, and protected"
            " files are put back only after a command."
        )
        if abi < SCOPED_SIGNALS_ABI:
            lines.append(f"Commands can signal other processes (Landlock ABI {abi}).")
    if (policy.connect_ports or policy.bind_ports) and not (
        network is NetworkMode.PORTS or policy.can_use_network
    ):
        lines.append(f"No port is open to commands: that takes Landlock ABI {NET_ABI}.")
    return "\n".join(lines) or None


@functools.cache
def _landlock() -> tuple[int, int]:
    return landlock_abi(), landlock_errata()


@functools.cache
def without_namespaces() -> str | None:
    """Why layer 2 cannot be had on this machine; None when it can. Tried out, not inferred."""
    try:
        SERVERS.prepare(plain_config())
    except NoNamespaces as exc:
        if exc.error in PASSING:
            raise unavailable_for(str(exc), exc.error) from exc
        return str(exc)
    return None


def _network(policy: SandboxPolicy, *, abi: int, has_namespaces: bool) -> NetworkMode:
    if policy.can_use_network:
        return NetworkMode.FULL
    if abi >= NET_ABI and (policy.connect_ports or policy.bind_ports):
        return NetworkMode.PORTS
    return NetworkMode.LOOPBACK if has_namespaces else NetworkMode.NONE
