"""The processes of one command that has its own process namespace; the kernel knows them all.

What is asked of the namespace's first process, native/init.c, it does for all others, and when it
ends, the kernel ends them.
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
    """The counterpart of tree.SharedProcesses for a command of a fork server."""

    def __init__(self, child: Contained) -> None:
        """Args: child: its descriptors are the caller's to close."""
        self._child = child
        self._is_over = False
        self._is_empty = False
        """Whether the first process has reported that nothing is left."""
        self.status: int | None = None
        """The command's wait status; None when it was killed with all others."""

    def fileno(self) -> int:
        """A descriptor that is readable when the command is over."""
        return self._child.link

    def is_over(self) -> bool:
        """Whether the command itself has ended."""
        self._read_link()
        return self._is_over

    def have_left(self) -> bool:
        """Whether the processes that the command started have all ended."""
        self._read_link()
        return self._is_empty or _is_readable(self._child.pidfd, 0.0)

    def _read_link(self) -> None:
        while not self._is_empty and _is_readable(self._child.link, 0.0):
            message = os.read(self._child.link, END_MESSAGE.size)
            self._is_over = True
            if not message:
                return  # it was killed, and the kernel is killing the rest
            self.status, is_last = END_MESSAGE.unpack(message)
            self._is_empty = bool(is_last)

    def send(self, number: int) -> None:
        """Send the command one of the signals that native/init.c passes on."""
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._child.pidfd, number)

    def terminate(self) -> None:
        """Ask all of them to end."""
        self.send(signal.SIGTERM)

    def clear_away(self) -> None:
        """Kill what is left."""
        self._read_link()
        if not self._is_empty:
            self.send(signal.SIGKILL)
            _is_readable(self._child.pidfd, CLEAN_UP_S)
            self._read_link()


def _is_readable(fd: int, wait_s: float) -> bool:
    poll = select.poll()
    poll.register(fd, select.POLLIN)
    return bool(poll.poll(wait_s * 1000))
