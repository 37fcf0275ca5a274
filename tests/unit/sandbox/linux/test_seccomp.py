"""The filter's table, as the kernel will read it: each row is run through the compiled program."""

from __future__ import annotations

import errno
import platform
from typing import NamedTuple

import pytest

from codex.base.errors import SandboxUnavailableError
from codex.protocol.policy import READ_ONLY, SandboxPolicy
from codex.sandbox.enforcement import UNENFORCED, NetworkMode
from codex.sandbox.linux.blocked_calls import BlockedCall, UnixMode
from codex.sandbox.linux.seccomp import FilterForm, blocked_calls, filter_form, filter_program
from codex.sandbox.linux.spawn import compile_filter
from tests.support.kernel.bpf import AARCH64, ALLOW, ASK, I386, KILL_PROCESS, X86_64, answer

ENFORCEMENT = UNENFORCED._replace(has_rules=True, landlock_abi=2, network=NetworkMode.NONE)
CLOSED = FilterForm(
    NetworkMode.NONE,
    UnixMode.PAIRS,
    has_namespaces=False,
    holds_truncate=False,
    may_listen=True,
)
OPEN = CLOSED._replace(network=NetworkMode.FULL, unix=UnixMode.FREE)
OWN = CLOSED._replace(network=NetworkMode.LOOPBACK, unix=UnixMode.SUPERVISED, has_namespaces=True)
PORTS = CLOSED._replace(network=NetworkMode.PORTS, may_listen=False)
X32 = 0x4000_0000
HIGH = 1 << 35
"""A bit that the kernel does not look at in an int."""


def numbers(table: str) -> dict[str, int]:
    words = table.split()
    return dict(zip(words[::2], map(int, words[1::2]), strict=True))


X86_64_NUMBERS = numbers(
    """
    read 0  write 1  open 2  mmap 9  ioctl 16  socket 41  connect 42  sendto 44  recvfrom 45
    sendmsg 46  getsockname 51  socketpair 53  clone 56  execve 59  kill 62  truncate 76
    bind 49  listen 50  setsockopt 54  sendmmsg 307  ftruncate 77  creat 85  chmod 90
    fchmod 91  ptrace 101  mknod 133  personality 135
    setpriority 141  mount 165  io_setup 206  openat 257  fchmodat 268  mknodat 259
    unshare 272  prlimit64 302  setns 308  sched_setaffinity 203  process_vm_readv 310
    bpf 321  io_uring_setup 425  io_uring_enter 426  io_uring_register 427  clone3 435
    openat2 437  pidfd_getfd 438  fchmodat2 452  file_setattr 469  shmget 29  ioprio_set 251
    mq_open 240  chroot 161  keyctl 250  modify_ldt 154
    """
)
AARCH64_NUMBERS = numbers(
    """
    ioctl 29  ioprio_set 30  mknodat 33  mount 40  truncate 45  ftruncate 46  chroot 51
    fchmod 52  fchmodat 53  openat 56  read 63  write 64  personality 92  unshare 97
    ptrace 117  sched_setaffinity 122  kill 129  setpriority 140  mq_open 180  shmget 194
    bind 200  listen 201  setsockopt 208  sendmmsg 269  socket 198  socketpair 199
    connect 203  getsockname 204  sendto 206  recvfrom 207
    sendmsg 211  keyctl 219  clone 220  execve 221  mmap 222  prlimit64 261  setns 268
    process_vm_readv 270  bpf 280  io_uring_setup 425  io_uring_enter 426
    io_uring_register 427  clone3 435  openat2 437  pidfd_getfd 438  fchmodat2 452
    file_setattr 469
    """
)
MACHINE = platform.machine()
ARCHITECTURES = {"x86_64": (X86_64, X86_64_NUMBERS), "aarch64": (AARCH64, AARCH64_NUMBERS)}

AF_UNIX, AF_INET, AF_INET6, AF_NETLINK, AF_PACKET, AF_ALG, AF_VSOCK = 1, 2, 10, 16, 17, 38, 40
STREAM, DGRAM, RAW, SEQPACKET = 1, 2, 3, 5
NONBLOCK_CLOEXEC = 0o2004000
NEWUSER, NEWNS, NEWTIME = 0x1000_0000, 0x2_0000, 0x80
VM_FILES_THREAD = 0x1_0100 | 0x400
AT_FDCWD = (1 << 64) - 100


class Row(NamedTuple):
    call: str
    args: tuple[int, ...]
    expected: str | int


ROWS = [
    Row("read", (), ALLOW),
    Row("write", (), ALLOW),
    Row("mmap", (), ALLOW),
    Row("execve", (), ALLOW),
    Row("kill", (1, 9), ALLOW),
    Row("ptrace", (16,), ALLOW),
    Row("process_vm_readv", (1,), ALLOW),
    Row("io_uring_setup", (), errno.ENOSYS),
    Row("io_uring_enter", (), errno.ENOSYS),
    Row("io_uring_register", (), errno.ENOSYS),
    Row("clone3", (), errno.ENOSYS),
    Row("openat2", (), errno.ENOSYS),
    Row("mount", (), errno.EPERM),
    Row("setns", (), errno.EPERM),
    Row("bpf", (), errno.EPERM),
    Row("chroot", (), errno.EPERM),
    Row("keyctl", (), errno.EPERM),
    Row("pidfd_getfd", (), errno.EPERM),
    Row("file_setattr", (), errno.EPERM),
    Row("clone", (VM_FILES_THREAD,), ALLOW),
    Row("clone", (17,), ALLOW),
    Row("clone", (17 | NEWUSER,), errno.EPERM),
    Row("clone", (17 | NEWNS | NEWUSER,), errno.EPERM),
    Row("unshare", (0x400,), ALLOW),
    Row("unshare", (NEWNS,), errno.EPERM),
    Row("unshare", (NEWTIME,), errno.EPERM),
    Row("ioctl", (0, 0x5401), ALLOW),
    Row("ioctl", (0, 0x5412), errno.EPERM),
    Row("ioctl", (0, 0x5412 | HIGH), errno.EPERM),
    Row("ioctl", (0, 0x541C), errno.EPERM),
    Row("ioctl", (0, 0x4008_6602), errno.EPERM),
    Row("ioctl", (0, 0x401C_5820), errno.EPERM),
    Row("chmod", (0, 0o755), ALLOW),
    Row("chmod", (0, 0o2755), ALLOW),
    Row("chmod", (0, 0o4755), errno.EPERM),
    Row("fchmod", (3, 0o4000 | HIGH), errno.EPERM),
    Row("fchmodat", (AT_FDCWD, 0, 0o4755), errno.EPERM),
    Row("fchmodat2", (AT_FDCWD, 0, 0o4755), errno.EPERM),
    Row("fchmodat2", (AT_FDCWD, 0, 0o755), ALLOW),
    Row("creat", (0, 0o4755), errno.EPERM),
    Row("creat", (0, 0o644), ALLOW),
    Row("open", (0, 0o101, 0o4755), errno.EPERM),
    Row("open", (0, 0o1, 0o4755), ALLOW),
    Row("openat", (AT_FDCWD, 0, 0o101, 0o4755), errno.EPERM),
    Row("openat", (AT_FDCWD, 0, 0o20200001, 0o4755), errno.EPERM),
    Row("openat", (AT_FDCWD, 0, 0o101, 0o644), ALLOW),
    Row("openat", (AT_FDCWD, 0, 0o0, 0o4755), ALLOW),
    Row("mknod", (0, 0o010644), ALLOW),
    Row("mknod", (0, 0o020644), errno.EPERM),
    Row("mknod", (0, 0o104755), errno.EPERM),
    Row("mknodat", (AT_FDCWD, 0, 0o010644), ALLOW),
    Row("mknodat", (AT_FDCWD, 0, 0o020000), errno.EPERM),
    Row("mknodat", (AT_FDCWD, 0, 0o060000), errno.EPERM),
    Row("mknodat", (AT_FDCWD, 0, 0o104644), errno.EPERM),
    Row("personality", (0xFFFF_FFFF,), ALLOW),
    Row("personality", (0x4_0000,), ALLOW),
    Row("personality", (8,), errno.EPERM),
    Row("personality", (0x40_0000,), errno.EPERM),
    Row("personality", (0x10_0000,), errno.EPERM),
    Row("modify_ldt", (), errno.EPERM),
    Row("truncate", (), ALLOW),
    Row("ftruncate", (), ALLOW),
    Row("connect", (), ALLOW),
    Row("sendto", (), ALLOW),
    Row("recvfrom", (), ALLOW),
    Row("sendmsg", (), ALLOW),
    Row("getsockname", (), ALLOW),
]
SHARED_ROWS = [
    Row("prlimit64", (0, 7, 4096), ALLOW),
    Row("prlimit64", (123, 7, 0), ALLOW),
    Row("prlimit64", (123, 7, 4096), errno.EPERM),
    Row("setpriority", (0, 0, 5), ALLOW),
    Row("setpriority", (0, 123, 5), errno.EPERM),
    Row("setpriority", (2, 0, 5), errno.EPERM),
    Row("ioprio_set", (1, 0, 5), ALLOW),
    Row("ioprio_set", (1, 123, 5), errno.EPERM),
    Row("ioprio_set", (3, 0, 5), errno.EPERM),
    Row("sched_setaffinity", (0,), ALLOW),
    Row("sched_setaffinity", (123,), errno.EPERM),
    Row("shmget", (), errno.EPERM),
    Row("mq_open", (), errno.EPERM),
]
SOCKET_ROWS = [
    Row("socket", (AF_UNIX, STREAM), errno.EPERM),
    Row("socket", (AF_UNIX, DGRAM), errno.EPERM),
    Row("socket", (AF_INET, STREAM), errno.EPERM),
    Row("socket", (AF_INET | HIGH, STREAM), errno.EPERM),
    Row("socket", (AF_INET6, DGRAM), errno.EPERM),
    Row("socket", (AF_NETLINK, RAW), errno.EPERM),
    Row("socket", (AF_PACKET, RAW), errno.EAFNOSUPPORT),
    Row("socket", (AF_ALG, SEQPACKET), errno.EAFNOSUPPORT),
    Row("socket", (AF_VSOCK, STREAM), errno.EAFNOSUPPORT),
    *(Row("socket", (family, STREAM), errno.EAFNOSUPPORT) for family in (0, 3, 9, 11, 15, 17, 99)),
    Row("socket", ((1 << 32) - 1, STREAM), errno.EAFNOSUPPORT),
    Row("socketpair", (AF_UNIX, STREAM), ALLOW),
    Row("socketpair", (AF_UNIX, SEQPACKET), ALLOW),
    Row("socketpair", (AF_UNIX, STREAM | NONBLOCK_CLOEXEC), ALLOW),
    Row("socketpair", (AF_UNIX, DGRAM), errno.EPERM),
    Row("socketpair", (AF_UNIX, DGRAM | NONBLOCK_CLOEXEC), errno.EPERM),
    Row("socketpair", (AF_UNIX, RAW | HIGH), errno.EPERM),
    Row("socketpair", (AF_INET, STREAM), errno.EAFNOSUPPORT),
]


def name(row: Row) -> str:
    return f"{row.call}({', '.join(map(hex, row.args))})"


@pytest.fixture(params=ARCHITECTURES)
def machine(request: pytest.FixtureRequest) -> str:
    """Each kind of processor that we build for, whichever this one is."""
    return str(request.param)


def judge(form: FilterForm, row: Row, machine: str = MACHINE) -> str | int:
    architecture, table = ARCHITECTURES[machine]
    if row.call not in table:
        pytest.skip(f"{machine} has no such system call")
    if row.call == "file_setattr" and machine != MACHINE:
        pytest.skip("libseccomp has no name for it, so it cannot translate it")
    program = filter_program(form, architecture=architecture)
    return answer(program, architecture, table[row.call], *row.args)


@pytest.mark.parametrize("row", [*ROWS, *SHARED_ROWS, *SOCKET_ROWS], ids=name)
def test_without_a_network_the_filter_answers(row: Row, machine: str) -> None:
    assert judge(CLOSED, row, machine) == row.expected


@pytest.mark.parametrize("row", [*ROWS, *SHARED_ROWS], ids=name)
def test_with_a_network_all_but_sockets_is_the_same(row: Row, machine: str) -> None:
    assert judge(OPEN, row, machine) == row.expected


@pytest.mark.parametrize("row", SOCKET_ROWS, ids=name)
def test_with_a_network_sockets_are_free(row: Row, machine: str) -> None:
    assert judge(OPEN, row, machine) == ALLOW


@pytest.mark.parametrize("row", SHARED_ROWS, ids=name)
def test_in_namespaces_of_its_own_a_command_has_processes_to_itself(row: Row, machine: str) -> None:
    assert judge(OWN, row, machine) == ALLOW


OWN_ROWS = [
    Row("socket", (AF_UNIX, STREAM), ALLOW),
    Row("socket", (AF_UNIX, SEQPACKET | NONBLOCK_CLOEXEC), ALLOW),
    Row("socket", (AF_UNIX, DGRAM), errno.EPERM),
    Row("socket", (AF_UNIX, DGRAM | NONBLOCK_CLOEXEC), errno.EPERM),
    Row("socket", (AF_UNIX, RAW), errno.EPERM),
    Row("socketpair", (AF_UNIX, DGRAM), errno.EPERM),
    Row("socketpair", (AF_UNIX, STREAM), ALLOW),
    Row("connect", (3,), ASK),
    Row("socket", (AF_INET, STREAM), ALLOW),
    Row("socket", (AF_INET6, DGRAM), ALLOW),
    Row("socket", (AF_INET, RAW), errno.EPERM),
    Row("socket", (AF_NETLINK, RAW, 0), ALLOW),
    Row("socket", (AF_NETLINK, RAW, 4), errno.EPERM),
    Row("socket", (AF_VSOCK, STREAM), errno.EAFNOSUPPORT),
    Row("listen", (), ALLOW),
]


@pytest.mark.parametrize("row", [*ROWS, *OWN_ROWS], ids=name)
def test_in_a_network_of_its_own_the_filter_answers(row: Row, machine: str) -> None:
    expected = ASK if row.call == "connect" else row.expected
    assert judge(OWN, row, machine) == expected


FAST_OPEN = 0x2000_0000
PORT_ROWS = [
    Row("socket", (AF_INET, STREAM, 0), ALLOW),
    Row("socket", (AF_INET6, STREAM | NONBLOCK_CLOEXEC, 6), ALLOW),
    Row("socket", (AF_INET, STREAM, 262), errno.EPERM),
    Row("socket", (AF_INET, STREAM, 132), errno.EPERM),
    Row("socket", (AF_INET, STREAM, 1), errno.EPERM),
    Row("socket", (AF_INET, STREAM, 6 | HIGH), errno.EPERM),
    Row("socket", (AF_INET, DGRAM, 0), errno.EPERM),
    Row("socket", (AF_INET6, SEQPACKET, 0), errno.EPERM),
    Row("socket", (AF_INET, RAW, 6), errno.EPERM),
    Row("socket", (AF_UNIX, STREAM), errno.EPERM),
    Row("socket", (AF_NETLINK, RAW), errno.EPERM),
    Row("socketpair", (AF_UNIX, STREAM), ALLOW),
    Row("sendto", (3, 0, 1, FAST_OPEN), errno.EPERM),
    Row("sendto", (3, 0, 1, 0x4000), ALLOW),
    Row("sendmsg", (3, 0, FAST_OPEN | 0x4000), errno.EPERM),
    Row("sendmmsg", (3, 0, 1, FAST_OPEN), errno.EPERM),
    Row("setsockopt", (3, 6, 30), errno.EPERM),
    Row("setsockopt", (3, 6, 23), errno.EPERM),
    Row("setsockopt", (3, 6, 1), ALLOW),
    Row("setsockopt", (3, 1, 23), ALLOW),
    Row("connect", (), ALLOW),
    Row("bind", (), ALLOW),
    Row("listen", (), errno.EPERM),
]


@pytest.mark.parametrize("row", PORT_ROWS, ids=name)
def test_with_ports_only_tcp_is_left(row: Row, machine: str) -> None:
    assert judge(PORTS, row, machine) == row.expected
    if row.call == "listen":
        assert judge(PORTS._replace(may_listen=True), row, machine) == ALLOW


@pytest.mark.parametrize(
    ("has_namespaces", "network", "abi", "unix"),
    [
        (False, NetworkMode.NONE, 7, UnixMode.PAIRS),
        (True, NetworkMode.LOOPBACK, 7, UnixMode.SUPERVISED),
        (True, NetworkMode.PORTS, 7, UnixMode.PAIRS),
        (False, NetworkMode.FULL, 7, UnixMode.FREE),
        (True, NetworkMode.LOOPBACK, 9, UnixMode.FREE),
        (False, NetworkMode.NONE, 9, UnixMode.FREE),
    ],
)
def test_unix_sockets_are_as_free_as_somebody_holds_them(
    has_namespaces: bool,
    network: NetworkMode,
    abi: int,
    unix: UnixMode,
) -> None:
    enforcement = ENFORCEMENT._replace(
        has_namespaces=has_namespaces, network=network, landlock_abi=abi
    )
    form = filter_form(READ_ONLY, enforcement)
    assert form.unix is unix
    assert form.is_supervised == (unix is UnixMode.SUPERVISED)


@pytest.mark.parametrize("number", [0, 1, 41, 102, 359])
def test_programs_of_another_architecture_are_killed(number: int) -> None:
    assert answer(filter_program(CLOSED), I386, number) == KILL_PROCESS


@pytest.mark.skipif(MACHINE != "x86_64", reason="x32 belongs to x86_64")
def test_x32_programs_are_killed() -> None:
    assert answer(filter_program(CLOSED), X86_64, X32 | 1) == KILL_PROCESS


def test_before_abi_3_truncate_by_path_is_refused_where_no_mount_holds_it() -> None:
    alone = filter_form(READ_ONLY, ENFORCEMENT)
    assert judge(alone, Row("truncate", (), 0)) == errno.EPERM
    assert judge(alone, Row("ftruncate", (), 0)) == ALLOW
    inside = filter_form(READ_ONLY, ENFORCEMENT._replace(has_namespaces=True))
    assert judge(inside, Row("truncate", (), 0)) == ALLOW
    free = filter_form(SandboxPolicy(can_write_everything=True), ENFORCEMENT)
    assert judge(free, Row("truncate", (), 0)) == ALLOW


def test_every_name_in_the_table_is_known() -> None:
    compile_filter(blocked_calls(CLOSED._replace(holds_truncate=True)))
    with pytest.raises(SandboxUnavailableError, match=r"seccomp: .*EINVAL"):
        compile_filter([BlockedCall(errno.EPERM, ("no_such_call",))])


def test_the_filter_stays_small_because_each_start_pays_for_it() -> None:
    for form in (CLOSED, OWN):
        assert len(filter_program(form)) // 8 < 400
