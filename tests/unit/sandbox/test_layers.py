"""Which layers hold a command, by what the kernel can do: the table as values."""

from __future__ import annotations

import pytest

from codex.protocol.policy import DANGER_FULL_ACCESS, READ_ONLY, SandboxPolicy
from codex.sandbox.layers import enforcement_for, with_layers
from codex.sandbox.linux.landlock import NetworkMode

PORTS = SandboxPolicy(connect_ports=(443,))
NETWORK = SandboxPolicy(can_use_network=True)


@pytest.mark.parametrize(
    ("policy", "abi", "missing", "layers", "network"),
    [
        (READ_ONLY, 7, None, (1, 2), NetworkMode.LOOPBACK),
        (READ_ONLY, 7, "none", (1,), NetworkMode.NONE),
        (PORTS, 7, None, (1, 2), NetworkMode.PORTS),
        (PORTS, 4, "none", (1,), NetworkMode.PORTS),
        (PORTS, 3, "none", (1,), NetworkMode.NONE),
        (PORTS, 3, None, (1, 2), NetworkMode.LOOPBACK),
        (NETWORK, 3, "none", (1,), NetworkMode.FULL),
        (NETWORK, 7, None, (1, 2), NetworkMode.FULL),
    ],
)
def test_layers_and_network_follow_from_what_there_is(
    policy: SandboxPolicy,
    abi: int,
    missing: str | None,
    layers: tuple[int, ...],
    network: NetworkMode,
) -> None:
    found = with_layers(policy, abi=abi, errata=0, missing=missing)
    assert (found.layers, found.network) == (layers, network)


def test_what_is_missing_is_told_a_line_each() -> None:
    assert with_layers(READ_ONLY, abi=7, errata=7, missing=None).notice is None
    notice = with_layers(PORTS, abi=3, errata=0, missing="user namespaces: no").notice
    assert notice is not None
    first, second, third = notice.splitlines()
    assert "without namespaces (user namespaces: no)" in first
    assert second == "Commands can signal other processes (Landlock ABI 3)."
    assert third == "No port is open to commands: that takes Landlock ABI 4."


def test_where_the_container_is_the_sandbox_nothing_is_enforced_or_asked_for() -> None:
    for policy, container in ((READ_ONLY, True), (DANGER_FULL_ACCESS, False)):
        found = enforcement_for(policy, container=container, require="full")
        assert (found.layers, found.landlock_abi, found.notice) == ((), 0, None)
