from __future__ import annotations

import pytest

from codex.protocol.policy import READ_ONLY, WORKSPACE_WRITE, SandboxPolicy
from codex.sandbox.enforcement import NetworkMode
from codex.sandbox.linux.landlock import (
    READ,
    SYSTEM_FOLDERS,
    Access,
    Grant,
    LandlockScope,
    Net,
    PortGrant,
    RulesetPlan,
    known_access,
    ruleset_plan,
)

FREE_WRITE = SandboxPolicy(can_write_everything=True)
NETWORK = SandboxPolicy(can_use_network=True)


def plan_of(
    policy: SandboxPolicy, *writable: str, abi: int = 7, network: NetworkMode = NetworkMode.NONE
) -> RulesetPlan:
    return ruleset_plan(policy, writable, abi=abi, network=network)


def grants(policy: SandboxPolicy, *writable: str, abi: int = 7) -> dict[str, Access]:
    found: dict[str, Access] = {}
    for path, access in plan_of(policy, *writable, abi=abi).grants:
        found[path] = found.get(path, Access(0)) | access
    return found


@pytest.mark.parametrize(
    ("abi", "newest"),
    [
        (1, Access.MAKE_SYM),
        (2, Access.REFER),
        (3, Access.TRUNCATE),
        (4, Access.TRUNCATE),
        (5, Access.IOCTL_DEV),
        (8, Access.IOCTL_DEV),
        (9, Access.RESOLVE_UNIX),
        (99, Access.RESOLVE_UNIX),
    ],
)
def test_every_right_that_the_kernel_knows_is_handled_and_no_other(
    abi: int, newest: Access
) -> None:
    assert known_access(abi) == (newest << 1) - 1
    assert plan_of(READ_ONLY, abi=abi).fs == known_access(abi)


def test_grants_name_only_handled_rights_on_every_abi() -> None:
    for abi in range(1, 10):
        for policy in (READ_ONLY, WORKSPACE_WRITE, FREE_WRITE):
            plan = plan_of(policy, "/work", abi=abi)
            assert all(grant.access & ~plan.fs == 0 for grant in plan.grants)
            assert all(grant.access for grant in plan.grants)


def test_reading_is_granted_from_the_root_on() -> None:
    assert grants(READ_ONLY)["/"] == READ


def test_a_writable_folder_gets_all_but_device_nodes_and_their_ioctls() -> None:
    refused = Access.MAKE_CHAR | Access.MAKE_BLOCK | Access.IOCTL_DEV
    assert grants(WORKSPACE_WRITE, "/work")["/work"] == known_access(7) & ~refused


def test_harmless_devices_can_be_written() -> None:
    found = grants(READ_ONLY)
    assert found["/dev/null"] == Access.READ_FILE | Access.WRITE_FILE | Access.TRUNCATE
    assert not any(path in found for path in ("/dev", "/dev/tty", "/dev/shm", "/proc"))


def test_writing_everything_is_a_grant_of_the_root_without_device_nodes() -> None:
    found = grants(FREE_WRITE)["/"]
    assert found & Access.WRITE_FILE
    assert not found & (Access.MAKE_BLOCK | Access.MAKE_CHAR)


def test_without_full_reading_only_the_system_and_the_roots_are_read() -> None:
    policy = SandboxPolicy(can_read_everything=False, can_write_cwd=True)
    found = grants(policy, "/work")
    assert "/" not in found
    assert found["/usr"] == READ
    assert found["/work"] & READ == READ
    assert "/home" not in SYSTEM_FOLDERS


def test_tcp_is_denied_when_the_network_is_the_machines_and_the_kernel_can() -> None:
    assert plan_of(READ_ONLY, abi=4).net == Net.BIND_TCP | Net.CONNECT_TCP
    assert plan_of(READ_ONLY, abi=3).net == Net(0)
    assert plan_of(READ_ONLY, network=NetworkMode.LOOPBACK).net == Net(0)
    assert plan_of(NETWORK, network=NetworkMode.FULL).net == Net(0)


def test_ports_are_granted_for_what_they_were_listed_for() -> None:
    policy = SandboxPolicy(connect_ports=(443, 80), bind_ports=(8080, 443))
    plan = plan_of(policy, network=NetworkMode.PORTS)
    assert plan.net == Net.BIND_TCP | Net.CONNECT_TCP
    assert set(plan.ports) == {
        PortGrant(443, Net.CONNECT_TCP | Net.BIND_TCP),
        PortGrant(80, Net.CONNECT_TCP),
        PortGrant(8080, Net.BIND_TCP),
    }
    assert plan_of(policy).ports == ()


def test_sockets_outside_are_out_of_reach_from_abi_9_on_unless_the_network_is_on() -> None:
    assert plan_of(READ_ONLY, abi=9).fs & Access.RESOLVE_UNIX
    assert not grants(WORKSPACE_WRITE, "/work", abi=9)["/work"] & Access.RESOLVE_UNIX
    assert not plan_of(NETWORK, abi=9, network=NetworkMode.FULL).fs & Access.RESOLVE_UNIX


def test_signals_and_abstract_sockets_are_scoped_when_the_kernel_can() -> None:
    both = LandlockScope.ABSTRACT_UNIX_SOCKET | LandlockScope.SIGNAL
    assert plan_of(READ_ONLY, abi=6).scoped == both
    assert plan_of(NETWORK, abi=6, network=NetworkMode.FULL).scoped == both
    assert plan_of(READ_ONLY, abi=5).scoped == LandlockScope(0)


def test_grants_are_in_the_order_of_the_roots() -> None:
    plan = plan_of(WORKSPACE_WRITE, "/b", "/a")
    assert [grant.path for grant in plan.grants[-2:]] == ["/b", "/a"]
    assert isinstance(plan.grants[0], Grant)
