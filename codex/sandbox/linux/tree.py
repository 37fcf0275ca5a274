"""The processes that a command started: find them, signal them, and end them all.

A command has its own session, but the processes that it starts may leave that session (setsid, a
daemon's double fork). While commands run, this process adopts orphans, as an init would, so every
such process is either below the command or, once its parents are gone, a child of this process. Its
other children (MCP servers, the notifier) can be told apart: they were there before the command, or
they are in the agent's session, which no process from a command can join, or they lack the filter
that all processes of a sandboxed command have. So what is started while an unsandboxed command runs
must not call setsid, or it ends with that command.

When the agent itself is killed, the kernel kills each command (native/child.c asks it to); what a
command had started then lives on, because nothing looks for it.
"""

from __future__ import annotations

import contextlib
import functools
import os
import signal
import threading
import time
from typing import TYPE_CHECKING, TypeVar

from codex.sandbox.linux.spawn import Child, Contained, adopt_orphans

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator


_Started = TypeVar("_Started", bound="Child | Contained")

CLEAN_UP_S = 2.0
"""Seconds that killed processes may take to end; only one that is stuck in the kernel needs any."""
SWEEP_S = 0.0005
"""Seconds between looks whether killed processes are gone."""


class LiveCommands:
    """The commands that run now; orphans are adopted while there is one."""

    def __init__(self) -> None:
        self._lock = threading.RLock()  # `keep` is called while a command starts
        self._adopters = 0
        self._pids: set[int] = set()
        self._others: set[int] = set()
        """Children that were there before the first command."""
        self._servers: set[int] = set()
        self._all_have_filters = True

    @contextlib.contextmanager
    def adopting(self) -> Iterator[None]:
        """Adopt orphans inside the block."""
        with self._lock:
            if self._adopters == 0:
                self._others = set(foreign_children())
                self._all_have_filters = True
                adopt_orphans(is_on=True)
            self._adopters += 1
        try:
            yield
        finally:
            with self._lock:
                self._adopters -= 1
                if self._adopters == 0:
                    adopt_orphans(is_on=False)

    def start(self, spawn: Callable[[], _Started], *, is_sandboxed: bool) -> _Started:
        """Start a command; orphans wait for that, or the new child could be taken for one."""
        with self._lock:
            child = spawn()
            # With a process namespace the kernel knows the processes of a command.
            if isinstance(child, Child):
                self._pids.add(child.pid)
            self._all_have_filters = self._all_have_filters and is_sandboxed
        return child

    def keep(self, pid: int) -> None:
        """Register a child that belongs to no command, though it is in another session."""
        with self._lock:
            self._servers.add(pid)

    def remove(self, pid: int) -> None:
        """Forget a command, or a child that was registered with `keep`, after it was reaped."""
        with self._lock:
            self._pids.discard(pid)
            self._servers.discard(pid)

    def orphans(self, pid: int) -> list[int]:
        """Adopted processes of the command `pid`, zombies included.

        While other commands run, only the processes that stayed in its session are known to be its
        own; the rest are found with the last command.
        """
        children = foreign_children()
        if not children:
            return []
        with self._lock:
            is_last = self._pids <= {pid}
            has_filter = self._all_have_filters
            ours = self._others | self._pids | self._servers
            found = [child for child in children if child not in ours]
        if not is_last:
            return [child for child in found if _session(child) == pid]
        # What has no filter comes from no sandboxed command: an MCP server has just left it.
        return [child for child in found if not has_filter or _has_filter(child)]

    def reap(self, pid: int) -> list[int]:
        """Reap the orphans of a command that are zombies.

        Programs poll for the end of a daemon with `kill -0`, which a zombie still answers.

        Returns: the orphans that are alive.
        """
        return [child for child in self.orphans(pid) if not _is_reaped(child)]

    def terminate(self, pid: int) -> None:
        """Ask a command and everything that came from it to end, stopped processes included."""
        orphans = self.orphans(pid)
        found = (*orphans, *descendants((pid, *orphans)))
        # One signal each: programs take a second SIGTERM as a demand to stop at once.
        elsewhere = [child for child in found if _group(child) != pid]
        for number in (signal.SIGTERM, signal.SIGCONT):
            send_to_group(pid, number)
            send(elsewhere, number)

    def kill(self, pid: int) -> None:
        """Kill a command that is not reaped, and every process below it."""
        below = descendants((pid,))
        send_to_group(pid, signal.SIGKILL)
        send(below, signal.SIGKILL)

    def sweep(self, pid: int) -> bool:
        """Kill and reap the orphans of a command and all below them; False: call it again.

        Each pass sees what the last one could not: children whose parent has died since.
        """
        alive = self.reap(pid)
        if alive:
            send((*alive, *descendants(alive)), signal.SIGKILL)
        return not alive


LIVE_COMMANDS = LiveCommands()
"""The one instance, because adopting orphans is a property of the process."""


class SharedProcesses:
    """The processes of one command without a process namespace, among all others."""

    def __init__(self, child: Child) -> None:
        """Args: child: not reaped yet."""
        self._child = child
        self._is_over = False
        self.status: int | None = None
        """The command's wait status after `clear_away`."""

    def fileno(self) -> int | None:
        """A descriptor that is readable when the command may be over; None on an old kernel."""
        return self._child.pidfd

    def is_over(self) -> bool:
        """Whether the command itself has ended."""
        if not self._is_over:
            flags = os.WEXITED | os.WNOHANG | os.WNOWAIT
            self._is_over = os.waitid(os.P_PID, self._child.pid, flags) is not None
        return self._is_over

    def have_left(self) -> bool:
        """Whether the orphans of the command have all ended; reaps them."""
        return not LIVE_COMMANDS.reap(self._child.pid)

    def send(self, number: int) -> None:
        """Send the command a signal."""
        send_to_group(self._child.pid, number)

    def terminate(self) -> None:
        """Ask all of them to end."""
        LIVE_COMMANDS.terminate(self._child.pid)

    def clear_away(self) -> None:
        """Kill and reap everything that is left."""
        pid = self._child.pid
        deadline = time.monotonic() + CLEAN_UP_S
        # Before the command is reaped, because until then the group is its own. Whatever had
        # another parent is an orphan once the command is over.
        if self._is_over:
            send_to_group(pid, signal.SIGKILL)
        else:
            LIVE_COMMANDS.kill(pid)
        while not self._is_swept() and time.monotonic() < deadline:
            time.sleep(SWEEP_S)

    def _is_swept(self) -> bool:
        if self.status is None:
            reaped, status = os.waitpid(self._child.pid, os.WNOHANG)
            self.status = status if reaped else None
        return self.status is not None and LIVE_COMMANDS.sweep(self._child.pid)


def foreign_children() -> list[int]:
    """The children of this process outside its session, zombies included."""
    try:
        # In the common case there is no child at all, which one call tells.
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return []
    own = os.getsid(0)
    return [pid for pid in children_of(os.getpid()) if _session(pid) not in (None, own)]


def descendants(pids: Iterable[int]) -> list[int]:
    """Every process below these, parents first."""
    found: list[int] = []
    pending = list(pids)
    while pending:
        children = children_of(pending.pop())
        found += children
        pending += children
    return found


def children_of(pid: int) -> list[int]:
    """The children of a process, from all its threads; empty when it is gone."""
    if not _lists_children():
        return _children_by_search(pid)
    found: list[int] = []
    with contextlib.suppress(OSError):
        for thread in os.listdir(f"/proc/{pid}/task"):
            path = f"/proc/{pid}/task/{thread}/children"
            with contextlib.suppress(OSError), open(path, "rb") as file:
                found += map(int, file.read().split())
    return found


@functools.cache
def _lists_children() -> bool:
    """Whether the kernel was built to list the children of a thread."""
    return os.path.exists(f"/proc/self/task/{os.getpid()}/children")


def _children_by_search(parent: int) -> list[int]:
    """The children of a process on a kernel that does not list them: ask every process."""
    found = []
    for name in os.listdir("/proc"):
        if name.isdecimal():
            with contextlib.suppress(OSError), open(f"/proc/{name}/stat", "rb") as file:
                # The program's name may hold anything, brackets too.
                if int(file.read().rpartition(b")")[2].split()[1]) == parent:
                    found.append(int(name))
    return found


def send(pids: Iterable[int], number: int) -> None:
    """Signal processes; one that is gone, or is another user's by now, is skipped."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, number)


def send_to_group(pid: int, number: int) -> None:
    """Signal a command's process group, all of it at once, so that no fork can escape.

    The command must not be reaped yet: until then no other process can have its pid.
    """
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)


def _is_reaped(child: int) -> bool:
    try:
        return os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG) is not None
    except ChildProcessError:
        return True  # when another command ended


def _session(pid: int) -> int | None:
    try:
        return os.getsid(pid)
    except OSError:
        return None


def _group(pid: int) -> int | None:
    try:
        return os.getpgid(pid)
    except OSError:
        return None


def _has_filter(pid: int) -> bool:
    """Whether the process has a seccomp filter, which it cannot remove."""
    try:
        with open(f"/proc/{pid}/status", "rb") as file:
            return b"\nSeccomp:\t2\n" in file.read()
    except OSError:
        return False
