"""Take an advisory lock on an open file; closing the file releases the lock.

Nothing here waits: a caller that finds the lock taken decides what to do meanwhile.
"""

from __future__ import annotations

import enum
import errno
import sys

if sys.platform == "win32":
    import msvcrt

    _BUSY = frozenset({errno.EACCES, errno.EDEADLK})
else:
    import fcntl

    _BUSY = frozenset({errno.EWOULDBLOCK})
_UNAVAILABLE = frozenset(
    {errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EINVAL}
)


class LockState(enum.Enum):
    """Result of trying to lock a file."""

    HELD = "held"
    """The caller now holds the lock."""
    BUSY = "busy"
    """Another process holds the lock, or this one through another descriptor of the file."""
    UNAVAILABLE = "unavailable"
    """The file system has no locks; NFS without its lock service is an example."""


def try_lock(descriptor: int) -> LockState:
    """Try to take the exclusive lock of an open file, without waiting; return the result.

    Raises: OSError, for any failure other than a taken or an unavailable lock.
    """
    try:
        if sys.platform == "win32":
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in _BUSY:
            return LockState.BUSY
        if error.errno in _UNAVAILABLE:
            return LockState.UNAVAILABLE
        raise
    return LockState.HELD
