"""Find out what this Linux kernel can enforce, and whether that is enough to run a command.

The kernel's abilities are tried once per process of the agent, not inferred from its version.
Whether they are enough is decided for every command.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from codex.base.errors import SandboxUnavailableError
from codex.sandbox.enforcement import Enforcement, NetworkMode
from codex.sandbox.linux.landlock import MINIMUM_ABI, NET_ABI, SCOPED_SIGNALS_ABI
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
    from codex.sandbox.enforcement import Require


def linux_enforcement(policy: SandboxPolicy, *, require: Require) -> Enforcement:
    """Return what this kernel enforces for a policy; the first call takes some milliseconds.

    Raises: SandboxUnavailableError, when less can be enforced than is required; SpawnError, as
        `without_namespaces`.
    """
    abi, errata = _landlock()
    if abi < MINIMUM_ABI:
        raise too_little("Landlock", f"the kernel has ABI {abi}, and {MINIMUM_ABI} is needed")
    missing = without_namespaces()
    if require == "full":
        if abi < SCOPED_SIGNALS_ABI:
            raise _not_full(f"Landlock: ABI {abi}, and {SCOPED_SIGNALS_ABI} is needed")
        if missing is not None:
            raise _not_full(f"namespaces: {missing}")
    return enforcement_with(policy, abi=abi, errata=errata, missing=missing)


def _not_full(missing: str) -> SandboxUnavailableError:
    return SandboxUnavailableError(
        f"The sandbox is not available: {missing}",
        advice="Nothing was run, because the settings require all of the sandbox; to run with"
        ' what is available, set sandbox.require to "best-effort"',
    )


def enforcement_with(
    policy: SandboxPolicy, *, abi: int, errata: int, missing: str | None
) -> Enforcement:
    """Return what a kernel with these abilities enforces for a policy.

    Args: abi, errata: Landlock's. missing: why there are no namespaces; None when there are some.
    """
    network = _network(policy, abi=abi, has_namespaces=missing is None)
    return Enforcement(
        has_rules=True,
        has_namespaces=missing is None,
        landlock_abi=abi,
        landlock_errata=errata,
        network=network,
        without_namespaces=missing,
        notice=_notice(policy, network, abi, missing),
    )


def _notice(
    policy: SandboxPolicy, network: NetworkMode, abi: int, missing: str | None
) -> str | None:
    """Return a line for each part of the sandbox that is weaker than it could be; None without."""
    lines = []
    if missing is not None:
        lines.append(
            f"The sandbox is weaker here, without namespaces ({missing}): commands can change the"
            " modes, times and attributes of files outside the writable folders, and protected"
            " files are put back only after a command."
        )
        if abi < SCOPED_SIGNALS_ABI:
            lines.append(
                "Commands can signal the user's other processes: preventing that needs Landlock"
                f" ABI {SCOPED_SIGNALS_ABI}, and the kernel has ABI {abi}."
            )
    if (policy.connect_ports or policy.bind_ports) and not (
        network is NetworkMode.PORTS or policy.can_use_network
    ):
        lines.append(
            f"No TCP port is open to commands: opening ports needs Landlock ABI {NET_ABI}, and the"
            f" kernel has ABI {abi}."
        )
    return "\n".join(lines) or None


@functools.cache
def _landlock() -> tuple[int, int]:
    return landlock_abi(), landlock_errata()


@functools.cache
def without_namespaces() -> str | None:
    """Return the reason why namespaces are unavailable here; None when they can be created.

    The first call tries, and leaves a fork server running; later calls return the same.

    Raises: SpawnError, when the attempt failed for a temporary reason, such as lack of memory.
    """
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
