"""Turn a SandboxPolicy into Landlock rules: which rights are denied, and where they are granted.

Pure: the module knows the rights of each ABI, and does not ask the kernel. Landlock adds up the
rights along a path, so no rule for a folder may grant what must stay closed further below (device
nodes, /proc, /sys).
"""

from __future__ import annotations

import enum
import functools
from typing import TYPE_CHECKING, NamedTuple

from codex.sandbox.enforcement import NetworkMode

if TYPE_CHECKING:
    from codex.protocol.policy import SandboxPolicy

MINIMUM_ABI = 2
"""Lowest ABI accepted: ABI 1 cannot allow renames between folders, which every build does."""
NET_ABI = 4
"""First ABI that can restrict TCP ports."""
SCOPED_SIGNALS_ABI = 6
"""First ABI that can keep a command from signalling processes outside the sandbox."""
UNIX_ABI = 9
"""First ABI that can keep a command from connecting to Unix sockets made outside the sandbox."""


class Access(enum.IntFlag):
    """Rights to a file. Source: linux/landlock.h."""

    EXECUTE = 1 << 0
    WRITE_FILE = 1 << 1
    READ_FILE = 1 << 2
    READ_DIR = 1 << 3
    REMOVE_DIR = 1 << 4
    REMOVE_FILE = 1 << 5
    MAKE_CHAR = 1 << 6
    MAKE_DIR = 1 << 7
    MAKE_REG = 1 << 8
    MAKE_SOCK = 1 << 9
    MAKE_FIFO = 1 << 10
    MAKE_BLOCK = 1 << 11
    MAKE_SYM = 1 << 12
    REFER = 1 << 13
    TRUNCATE = 1 << 14
    IOCTL_DEV = 1 << 15
    RESOLVE_UNIX = 1 << 16


class Net(enum.IntFlag):
    """Rights to a TCP port; known since ABI 4."""

    BIND_TCP = 1 << 0
    CONNECT_TCP = 1 << 1


class LandlockScope(enum.IntFlag):
    """Actions that can be limited to processes inside the sandbox; known since ABI 6."""

    ABSTRACT_UNIX_SOCKET = 1 << 0
    SIGNAL = 1 << 1


class Grant(NamedTuple):
    """Rights to a path and everything below it."""

    path: str
    access: Access


class PortGrant(NamedTuple):
    """Rights to a TCP port."""

    number: int
    access: Net


class RulesetPlan(NamedTuple):
    """The rights that a ruleset denies everywhere, and the grants that allow some of them again.

    A grant for a path that is not a folder gives only the rights that apply to files.
    """

    fs: Access
    net: Net
    scoped: LandlockScope
    grants: tuple[Grant, ...]
    ports: tuple[PortGrant, ...] = ()


READ = Access.EXECUTE | Access.READ_FILE | Access.READ_DIR
NEVER_GRANTED = Access.MAKE_CHAR | Access.MAKE_BLOCK | Access.IOCTL_DEV | Access.RESOLVE_UNIX
"""Rights not granted even in a writable folder: the root user could make a disk's device node there
and write to the disk, and a socket there may belong to a process outside the sandbox."""
DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")
DEVICE_ACCESS = Access.READ_FILE | Access.WRITE_FILE | Access.TRUNCATE

SYSTEM_FOLDERS = (
    *("/bin", "/sbin", "/lib", "/lib32", "/lib64", "/usr", "/opt", "/etc", "/proc", "/sys"),
    *("/nix/store", "/gnu/store", "/run/current-system"),
)
"""Folders that are readable under every policy: without its libraries no program starts."""


def known_access(abi: int) -> Access:
    """Return the file rights that a kernel of this ABI can enforce."""
    known = Access((1 << 13) - 1)
    if abi >= 2:
        known |= Access.REFER
    if abi >= 3:
        known |= Access.TRUNCATE
    if abi >= 5:
        known |= Access.IOCTL_DEV
    if abi >= UNIX_ABI:
        known |= Access.RESOLVE_UNIX
    return known


@functools.lru_cache(maxsize=8)
def ruleset_plan(
    policy: SandboxPolicy, writable: tuple[str, ...], *, abi: int, network: NetworkMode
) -> RulesetPlan:
    """Return the rights to deny and to grant for a policy.

    Args: writable: the physical paths of the writable folders. abi: the kernel's Landlock ABI;
        one that is newer than UNIX_ABI is treated like UNIX_ABI.
    """
    fs = known_access(abi)
    if network is NetworkMode.FULL:
        fs &= ~Access.RESOLVE_UNIX
    net = Net(0)
    if abi >= NET_ABI and network in (NetworkMode.NONE, NetworkMode.PORTS):
        net = Net.BIND_TCP | Net.CONNECT_TCP
    scoped = LandlockScope(0)
    if abi >= SCOPED_SIGNALS_ABI:
        scoped = LandlockScope.ABSTRACT_UNIX_SOCKET | LandlockScope.SIGNAL
    ports = _ports(policy) if network is NetworkMode.PORTS else ()
    return RulesetPlan(fs, net, scoped, _grants(policy, writable, fs), ports)


def _ports(policy: SandboxPolicy) -> tuple[PortGrant, ...]:
    access: dict[int, Net] = dict.fromkeys(policy.connect_ports, Net.CONNECT_TCP)
    for number in policy.bind_ports:
        access[number] = access.get(number, Net(0)) | Net.BIND_TCP
    return tuple(PortGrant(*port) for port in access.items())


def _grants(policy: SandboxPolicy, writable: tuple[str, ...], fs: Access) -> tuple[Grant, ...]:
    readable = ("/",) if policy.can_read_everything else SYSTEM_FOLDERS
    if policy.can_write_everything:
        writable = ("/",)
    return (
        *(Grant(path, READ) for path in readable),
        *(Grant(path, DEVICE_ACCESS & fs) for path in DEVICES),
        *(Grant(path, fs & ~NEVER_GRANTED) for path in writable),
    )
