"""Signal and end the processes of one command that has a process namespace of its own.

The agent signals only the namespace's first process (native/init.c), which passes signals on to the
command. When the first process ends, the kernel ends all others in the namespace.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import struct
from typing import TYPE_CHECKING

from codex.sandbox.linux.tree import CLEAN_UP_S

if TYPE_CHECKING:
    from codex.sandbox.linux.spawn import Contained

END_MESSAGE = struct.Struct("=ii")
"""Format of a message on the link: shim_end, in native/landlock_shim.h."""


class ContainedProcesses:
    """The processes of a command that a fork server started; see also tree.SharedProcesses."""

    def __init__(self, child: Contained) -> None:
        """Args: child: the first process; the caller closes its descriptors."""
        self._child = child
        self._is_over = False
        self._is_empty = False
        """Whether the first process has reported that no other process is left."""
        self.status: int | None = None
        """Wait status of the command; None before its end, and when all processes were killed."""

    def fileno(self) -> int:
        """Return a descriptor that is readable when the command is over."""
        return self._child.link

    def is_over(self) -> bool:
        """Whether the command itself has ended."""
        self._read_link()
        return self._is_over

    def have_all_ended(self) -> bool:
        """Whether no process of the command is left in the namespace, itself included."""
        self._read_link()
        return self._is_empty or _is_readable(self._child.pidfd, 0.0)

    def _read_link(self) -> None:
        while not self._is_empty and _is_readable(self._child.link, 0.0):
            message = os.read(self._child.link, END_MESSAGE.size)
            self._is_over = True
            if not message:
                return  # the first process was killed, and the kernel is killing the rest
            self.status, is_last = END_MESSAGE.unpack(message)
            self._is_empty = bool(is_last)

    def send(self, number: int) -> None:
        """Send the first process a signal, which it passes on to the command's process group.

        SIGTERM goes to every process of the command. SIGKILL ends the namespace, and SIGSTOP stops
        only the first process. Other signals that native/init.c does not list are ignored.
        """
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._child.pidfd, number)

    def terminate(self) -> None:
        """Ask every process of the command to end (SIGTERM)."""
        self.send(signal.SIGTERM)

    def clear_away(self) -> None:
        """Kill every process of the command that is left; wait up to CLEAN_UP_S for their end."""
        self._read_link()
        if not self._is_empty:
            self.send(signal.SIGKILL)
            _is_readable(self._child.pidfd, CLEAN_UP_S)
            self._read_link()


def _is_readable(fd: int, wait_s: float) -> bool:
    poll = select.poll()
    poll.register(fd, select.POLLIN)
    return bool(poll.poll(wait_s * 1000))
