"""The table of the system calls that the seccomp filter refuses to commands.

Every other call is allowed: any developer tool must run, Landlock holds the files, and a list of
allowed calls breaks on each new C library. The table names what Landlock cannot hold.

Errnos: EPERM for a refusal, ENOSYS where a library then falls back to another call, EAFNOSUPPORT
for UNKNOWN_FAMILIES, the families of sockets that no limited network has.
"""

from __future__ import annotations

import enum
import errno
from typing import NamedTuple

from codex.sandbox.enforcement import NetworkMode

INT = 0xFFFF_FFFF
"""Mask of an int argument. The kernel reads 32 bits of it, so a filter that compared all 64 could
be bypassed by setting a higher bit."""


class UnixMode(enum.Enum):
    """Which Unix sockets a command may make."""

    PAIRS = "pairs"
    """Only pairs of sockets, which are connected to each other from the start."""
    SUPERVISED = "supervised"
    """Stream sockets, which can connect only to sockets that listen inside the sandbox."""
    FREE = "free"
    """All Unix sockets, because the network is full or Landlock restricts their connections."""


class Comparison(enum.IntEnum):
    """Comparison operators, numbered as in seccomp.h; all except MASKED compare all 64 bits."""

    NOT = 1
    GREATER = 6
    MASKED = 7


class Where(NamedTuple):
    """A condition on one argument: `argument & mask == value`, or another comparison."""

    argument: int
    """Index of the argument, from 0."""
    value: int
    mask: int = INT
    op: Comparison = Comparison.MASKED


class BlockedCall(NamedTuple):
    """System calls that fail with an errno when all conditions on their arguments hold."""

    error: int
    """Errno; or ASK, and then the call does not fail but waits for the supervisor's decision."""
    calls: tuple[str | int, ...]
    """Names, or numbers of calls that libseccomp 2.5 has no name for (from 424 on, numbers are the
    same on all architectures)."""
    where: tuple[Where, ...] = ()


def has_bit(argument: int, bit: int) -> Where:
    """Return the condition that all bits of `bit` are set in an argument."""
    return Where(argument, bit, mask=bit)


FCHMODAT2, OPEN_TREE_ATTR, FILE_SETATTR = 452, 467, 469

CLONE_FLAGS = (
    *(0x0002_0000, 0x0200_0000, 0x0400_0000, 0x0800_0000),  # NEWNS, NEWCGROUP, NEWUTS, NEWIPC
    *(0x1000_0000, 0x2000_0000, 0x4000_0000),  # NEWUSER, NEWPID, NEWNET
)
CLONE_NEWTIME = 0x80
"""Flag of unshare only; in the flags of clone, this bit belongs to the exit signal."""

S_ISUID, S_IFMT, S_IFCHR, S_IFBLK = 0o4000, 0o170000, 0o020000, 0o060000
O_CREAT, O_TMPFILE = 0o100, 0o20000000
PER_MASK, PER_LINUX32 = 0xFF, 8
QUERY = 0x8000_0000
"""Bit that is set only in personality(0xffffffff), a query that changes nothing: no real flag is
this high."""
MMAP_PAGE_ZERO, READ_IMPLIES_EXEC = 0x10_0000, 0x40_0000
F_SETLEASE = 1024
TIOCSTI, TIOCLINUX = 0x5412, 0x541C
FS_IOC_SETFLAGS, FS_IOC_FSSETXATTR = 0x4008_6602, 0x401C_5820

AF_UNIX, AF_INET, AF_INET6, AF_NETLINK = 1, 2, 10, 16
SOCK_TYPE, SOCK_STREAM, SOCK_DGRAM, SOCK_RAW = 0xF, 1, 2, 3
IPPROTO_TCP = 6
MSG_FASTOPEN = 0x2000_0000
TCP_FASTOPENS = (23, 30, 33, 34)
"""Options of setsockopt: TCP_FASTOPEN, TCP_FASTOPEN_CONNECT, _KEY and _NO_COOKIE."""
ASK = 0
"""Value in place of an errno: the supervisor decides about the call."""
IOPRIO_WHO_PROCESS = 1

ALWAYS_BLOCKED: tuple[BlockedCall, ...] = (
    # io_uring does what the filter refuses, and the filter cannot see it. clone3 and openat2 have
    # their flags in memory, which no filter reads; the C library falls back to clone and openat.
    BlockedCall(
        errno.ENOSYS,
        ("io_uring_setup", "io_uring_enter", "io_uring_register", "clone3", "openat2"),
    ),
    BlockedCall(
        errno.EPERM,
        (
            *("mount", "umount", "umount2", "move_mount", "fsopen", "fsconfig", "fsmount"),
            *("fspick", "open_tree", "mount_setattr", OPEN_TREE_ATTR, "pivot_root", "chroot"),
            *("setns", "bpf", "perf_event_open", "userfaultfd"),
            *("keyctl", "add_key", "request_key"),
            *("init_module", "finit_module", "delete_module"),
            *("kexec_load", "kexec_file_load", "reboot", "swapon", "swapoff"),
            *("sethostname", "setdomainname"),
            *("clock_settime", "settimeofday", "adjtimex", "clock_adjtime"),
            *("ioperm", "iopl", "acct", "quotactl", "quotactl_fd", "fanotify_init"),
            *("open_by_handle_at", "syslog", "modify_ldt", "vhangup"),
            *("pidfd_getfd", "kcmp", "move_pages", "migrate_pages", "process_madvise"),
            FILE_SETATTR,
        ),
    ),
    *(BlockedCall(errno.EPERM, ("unshare", "clone"), (has_bit(0, flag),)) for flag in CLONE_FLAGS),
    BlockedCall(errno.EPERM, ("unshare",), (has_bit(0, CLONE_NEWTIME),)),
    *(
        BlockedCall(errno.EPERM, ("ioctl",), (Where(1, request),))
        for request in (TIOCSTI, TIOCLINUX, FS_IOC_SETFLAGS, FS_IOC_FSSETXATTR)
    ),
    # While a command holds a lease on a file, other processes that open the file must wait.
    BlockedCall(errno.EPERM, ("fcntl",), (Where(1, F_SETLEASE),)),
    # A set-user-ID file would keep its effect after the command.
    BlockedCall(errno.EPERM, ("chmod", "fchmod", "creat"), (has_bit(1, S_ISUID),)),
    BlockedCall(errno.EPERM, ("fchmodat", FCHMODAT2), (has_bit(2, S_ISUID),)),
    BlockedCall(errno.EPERM, ("mknod",), (has_bit(1, S_ISUID),)),
    BlockedCall(errno.EPERM, ("mknodat",), (has_bit(2, S_ISUID),)),
    *(
        blocked
        for flag in (O_CREAT, O_TMPFILE)
        for blocked in (
            BlockedCall(errno.EPERM, ("open",), (has_bit(1, flag), has_bit(2, S_ISUID))),
            BlockedCall(errno.EPERM, ("openat",), (has_bit(2, flag), has_bit(3, S_ISUID))),
        )
    ),
    *(
        blocked
        for kind in (S_IFCHR, S_IFBLK)
        for blocked in (
            BlockedCall(errno.EPERM, ("mknod",), (Where(1, kind, mask=S_IFMT),)),
            BlockedCall(errno.EPERM, ("mknodat",), (Where(2, kind, mask=S_IFMT),)),
        )
    ),
    BlockedCall(errno.EPERM, ("personality",), (Where(0, PER_LINUX32, mask=PER_MASK),)),
    *(
        BlockedCall(errno.EPERM, ("personality",), (Where(0, flag, mask=flag | QUERY),))
        for flag in (MMAP_PAGE_ZERO, READ_IMPLIES_EXEC)
    ),
)

SHARED_PROCESSES: tuple[BlockedCall, ...] = (
    # Without its own namespaces a command sees every process and every IPC object of the user.
    BlockedCall(
        errno.EPERM,
        ("prlimit64",),
        (Where(0, 0, op=Comparison.NOT), Where(2, 0, op=Comparison.NOT)),
    ),
    BlockedCall(errno.EPERM, ("setpriority",), (Where(0, 0, op=Comparison.NOT),)),
    BlockedCall(errno.EPERM, ("setpriority",), (Where(1, 0, op=Comparison.NOT),)),
    BlockedCall(errno.EPERM, ("ioprio_set",), (Where(0, IOPRIO_WHO_PROCESS, op=Comparison.NOT),)),
    BlockedCall(errno.EPERM, ("ioprio_set",), (Where(1, 0, op=Comparison.NOT),)),
    BlockedCall(
        errno.EPERM,
        ("sched_setaffinity", "sched_setattr", "sched_setparam", "sched_setscheduler"),
        (Where(0, 0, op=Comparison.NOT),),
    ),
    BlockedCall(
        errno.EPERM,
        (
            *("shmget", "shmat", "shmctl", "shmdt", "semget", "semop", "semctl", "semtimedop"),
            *("msgget", "msgsnd", "msgrcv", "msgctl", "mq_open", "mq_unlink"),
        ),
    ),
)

UNKNOWN_FAMILIES: tuple[BlockedCall, ...] = (
    *(
        BlockedCall(errno.EAFNOSUPPORT, ("socket",), (Where(0, family),))
        for family in range(AF_NETLINK)
        if family not in (AF_UNIX, AF_INET, AF_INET6)
    ),
    BlockedCall(errno.EAFNOSUPPORT, ("socket",), (Where(0, AF_NETLINK, op=Comparison.GREATER),)),
    BlockedCall(errno.EAFNOSUPPORT, ("socketpair",), (Where(0, AF_UNIX, op=Comparison.NOT),)),
)


def no_family(*families: int) -> tuple[BlockedCall, ...]:
    """Return the rows that refuse sockets of these families."""
    return tuple(BlockedCall(errno.EPERM, ("socket",), (Where(0, family),)) for family in families)


def no_kind(family: int, *kinds: int) -> tuple[BlockedCall, ...]:
    """Return the rows that refuse sockets of these kinds of a family."""
    return tuple(
        BlockedCall(errno.EPERM, ("socket",), (Where(0, family), Where(1, kind, mask=SOCK_TYPE)))
        for kind in kinds
    )


# Each datagram can name its receiver in memory, which no filter reads. A raw Unix socket sends
# datagrams too.
NO_DATAGRAM_PAIRS: tuple[BlockedCall, ...] = tuple(
    BlockedCall(errno.EPERM, ("socketpair",), (Where(1, kind, mask=SOCK_TYPE),))
    for kind in (SOCK_DGRAM, SOCK_RAW)
)
UNIX: dict[UnixMode, tuple[BlockedCall, ...]] = {
    UnixMode.PAIRS: (*no_family(AF_UNIX), *NO_DATAGRAM_PAIRS),
    UnixMode.SUPERVISED: (
        *no_kind(AF_UNIX, SOCK_DGRAM, SOCK_RAW),
        *NO_DATAGRAM_PAIRS,
        BlockedCall(ASK, ("connect",)),
    ),
    UnixMode.FREE: (),
}
NETWORK: dict[NetworkMode, tuple[BlockedCall, ...]] = {
    NetworkMode.NONE: (*UNKNOWN_FAMILIES, *no_family(AF_INET, AF_INET6, AF_NETLINK)),
    NetworkMode.LOOPBACK: (
        *UNKNOWN_FAMILIES,
        *no_kind(AF_INET, SOCK_RAW),
        *no_kind(AF_INET6, SOCK_RAW),
        # Only NETLINK_ROUTE, protocol 0, is allowed: it lists the network addresses.
        BlockedCall(
            errno.EPERM, ("socket",), (Where(0, AF_NETLINK), Where(2, 0, op=Comparison.NOT))
        ),
    ),
    NetworkMode.PORTS: (
        *UNKNOWN_FAMILIES,
        *no_family(AF_NETLINK),
        # Only TCP is allowed, because Landlock restricts the ports of no other protocol.
        *(
            blocked
            for family in (AF_INET, AF_INET6)
            for blocked in (
                *no_kind(family, *(k for k in range(SOCK_TYPE + 1) if k != SOCK_STREAM)),
                *(
                    BlockedCall(errno.EPERM, ("socket",), (Where(0, family), Where(2, protocol)))
                    for protocol in range(1, IPPROTO_TCP)
                ),
                BlockedCall(
                    errno.EPERM,
                    ("socket",),
                    (Where(0, family), Where(2, IPPROTO_TCP, op=Comparison.GREATER)),
                ),
            )
        ),
        # TCP Fast Open connects without calling connect, which Landlock checks.
        BlockedCall(errno.EPERM, ("sendto", "sendmmsg"), (has_bit(3, MSG_FASTOPEN),)),
        BlockedCall(errno.EPERM, ("sendmsg",), (has_bit(2, MSG_FASTOPEN),)),
        *(
            BlockedCall(errno.EPERM, ("setsockopt",), (Where(1, IPPROTO_TCP), Where(2, option)))
            for option in TCP_FASTOPENS
        ),
    ),
    NetworkMode.FULL: (),
}
NO_LISTENING: tuple[BlockedCall, ...] = (BlockedCall(errno.EPERM, ("listen",)),)
"""Without a bind before it, which Landlock checks, listen uses any free port."""
NO_TRUNCATE: tuple[BlockedCall, ...] = (BlockedCall(errno.EPERM, ("truncate",)),)
"""ftruncate is allowed: its descriptor was opened for writing."""
