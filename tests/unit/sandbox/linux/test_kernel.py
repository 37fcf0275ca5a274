"""Which enforcement a command gets, by what the kernel offers: the table as values."""

from __future__ import annotations

import pytest

from codex.protocol.policy import DANGER_FULL_ACCESS, READ_ONLY, SandboxPolicy
from codex.sandbox.enforcement import UNENFORCED, NetworkMode
from codex.sandbox.linux.kernel import enforcement_with
from codex.sandbox.machine import enforcement_for

PORTS = SandboxPolicy(connect_ports=(443,))
NETWORK = SandboxPolicy(can_use_network=True)


@pytest.mark.parametrize(
    ("policy", "abi", "missing", "network"),
    [
        (READ_ONLY, 7, None, NetworkMode.LOOPBACK),
        (READ_ONLY, 7, "none", NetworkMode.NONE),
        (PORTS, 7, None, NetworkMode.PORTS),
        (PORTS, 4, "none", NetworkMode.PORTS),
        (PORTS, 3, "none", NetworkMode.NONE),
        (PORTS, 3, None, NetworkMode.LOOPBACK),
        (NETWORK, 3, "none", NetworkMode.FULL),
        (NETWORK, 7, None, NetworkMode.FULL),
    ],
)
def test_namespaces_and_network_follow_from_what_there_is(
    policy: SandboxPolicy,
    abi: int,
    missing: str | None,
    network: NetworkMode,
) -> None:
    found = enforcement_with(policy, abi=abi, errata=0, missing=missing)
    assert (found.has_rules, found.has_namespaces) == (True, missing is None)
    assert found.network is network


def test_what_is_missing_is_told_a_line_each() -> None:
    assert enforcement_with(READ_ONLY, abi=7, errata=7, missing=None).notice is None
    notice = enforcement_with(PORTS, abi=3, errata=0, missing="user namespaces: no").notice
    assert notice is not None
    first, second, third = notice.splitlines()
    assert "without namespaces (user namespaces: no)" in first
    assert second == (
        "Commands can signal the user's other processes: preventing that needs Landlock ABI 6, and"
        " the kernel has ABI 3."
    )
    assert third == (
        "No TCP port is open to commands: opening ports needs Landlock ABI 4, and the kernel has"
        " ABI 3."
    )


def test_where_the_container_is_the_sandbox_nothing_is_enforced_or_asked_for() -> None:
    for policy, container in ((READ_ONLY, True), (DANGER_FULL_ACCESS, False)):
        found = enforcement_for(policy, container=container, require="full")
        assert found == UNENFORCED
