"""The processes of one command in a process namespace of its own: the kernel knows which they are.

The first process of the namespace, native/init.c, is our child. What we ask of it, it does for all
the others, and when it ends, the kernel ends them.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
from typing import TYPE_CHECKING

from codex.sandbox.tree import CLEAN_UP_S, send

if TYPE_CHECKING:
    from codex.sandbox.spawn import Child

STATUS_SIZE = 4


class ContainedProcesses:
    """As tree.SharedProcesses, for a child with a link."""

    def __init__(self, child: Child, link: int) -> None:
        """Take over a child that is not reaped; the link stays the caller's to close."""
        self._child = child
        self._link = link
        self._is_over = False
        self.status: int | None = None
        """The command's wait status; None: it was killed with all the others."""

    def fileno(self) -> int:
        """Readable when the command is over."""
        return self._link

    def is_over(self) -> bool:
        """Whether the command itself has ended."""
        if not self._is_over and _is_readable(self._link, 0.0):
            self._is_over = True
            message = os.read(self._link, STATUS_SIZE)
            self.status = int.from_bytes(message, "little", signed=True) if message else None
        return self._is_over

    def have_left(self) -> bool:
        """Whether nothing is left of what the command started."""
        flags = os.WEXITED | os.WNOHANG | os.WNOWAIT
        return os.waitid(os.P_PID, self._child.pid, flags) is not None

    def send(self, number: int) -> None:
        """Send the command a signal, of those that native/init.c hands on."""
        send((self._child.pid,), number)

    def terminate(self) -> None:
        """Ask all of them to end."""
        send((self._child.pid,), signal.SIGTERM)

    def clear_away(self) -> None:
        """Kill what is left and reap it all."""
        send((self._child.pid,), signal.SIGKILL)
        if self._child.pidfd is None or _is_readable(self._child.pidfd, CLEAN_UP_S):
            with contextlib.suppress(ChildProcessError):
                os.waitpid(self._child.pid, 0)
        self.is_over()


def _is_readable(fd: int, wait_s: float) -> bool:
    poll = select.poll()
    poll.register(fd, select.POLLIN)
    return bool(poll.poll(wait_s * 1000))
