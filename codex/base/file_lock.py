"""An advisory lock on an open file, whose end is the file's closing: the one user of flock.

Nothing here waits: who finds a lock taken decides what to do meanwhile.
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
    """What came of asking for a lock."""

    HELD = "held"
    BUSY = "busy"
    """Another process has it."""
    UNAVAILABLE = "unavailable"
    """The file system has no locks, as NFS without its lock service."""


def try_lock(descriptor: int) -> LockState:
    """Ask for the exclusive lock on a whole file, without waiting.

    Raises: OSError, for failures that are neither of the two.
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
