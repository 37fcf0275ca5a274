"""Find, signal and end all processes of a command that has no process namespace of its own.

A command has its own session, but the processes that it starts may leave that session (setsid, a
daemon's double fork). While commands run, the agent adopts orphans, as an init would, so every
process of a command is either below the command or, once its parents are gone, a child of the
agent. The agent's other children (MCP servers, the notifier) can be told apart: they were there
before the command, or they are in the agent's session, which no process from a command can join, or
they lack the filter that all processes of a sandboxed command have. So a process that the agent
starts while an unsandboxed command runs must not call setsid, or it is ended with that command.

When the agent itself is killed, the kernel kills each command (native/child.c asks it to), but the
processes that a command had started live on, because nothing looks for them.
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
"""Seconds that killed processes may take to end; only one stuck in the kernel takes that long."""
SWEEP_S = 0.0005
"""Seconds between checks whether killed processes have ended."""


class LiveCommands:
    """The commands that are running, and the orphans that the agent adopts meanwhile."""

    def __init__(self) -> None:
        self._lock = threading.RLock()  # reentrant, because `start` may lead to a call of `keep`
        self._adopters = 0
        self._pids: set[int] = set()
        self._others: set[int] = set()
        """Pids of children in other sessions that were there before the first command."""
        self._servers: set[int] = set()
        self._all_have_filters = True

    @contextlib.contextmanager
    def adopting(self) -> Iterator[None]:
        """Make the agent adopt orphans until this block, and all that overlap it, have ended."""
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
        """Start a command by calling `spawn`, and register it.

        Both happen under the lock, so that `orphans` does not take the new child for an orphan.
        """
        with self._lock:
            child = spawn()
            # With a process namespace the kernel knows the processes of a command.
            if isinstance(child, Child):
                self._pids.add(child.pid)
            self._all_have_filters = self._all_have_filters and is_sandboxed
        return child

    def keep(self, pid: int) -> None:
        """Register a child in another session that belongs to no command, such as a fork server."""
        with self._lock:
            self._servers.add(pid)

    def remove(self, pid: int) -> None:
        """Forget a command, or a child that was registered with `keep`, after it was reaped."""
        with self._lock:
            self._pids.discard(pid)
            self._servers.discard(pid)

    def orphans(self, pid: int) -> list[int]:
        """Return the pids of adopted processes of the command `pid`, zombies included.

        While other commands run, these are only the processes that stayed in the command's session;
        all others are returned for the last command.
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
        # A process without a filter belongs to no sandboxed command; it may be an MCP server that
        # has just left the agent's session.
        return [child for child in found if not has_filter or _has_filter(child)]

    def reap(self, pid: int) -> list[int]:
        """Reap the orphans of a command that are zombies.

        Programs poll for the end of a daemon with `kill -0`, which succeeds for a zombie.

        Returns: the pids of the orphans that are alive.
        """
        return [child for child in self.orphans(pid) if not _is_reaped(child)]

    def terminate(self, pid: int) -> None:
        """Ask a command and everything that came from it to end, stopped processes included."""
        orphans = self.orphans(pid)
        found = (*orphans, *descendants((pid, *orphans)))
        # Each process gets SIGTERM only once: programs stop immediately when they get a second one.
        elsewhere = [child for child in found if _group(child) != pid]
        for number in (signal.SIGTERM, signal.SIGCONT):
            send_to_group(pid, number)
            send(elsewhere, number)

    def kill(self, pid: int) -> None:
        """Kill a command that is not reaped yet, and every process below it."""
        below = descendants((pid,))
        send_to_group(pid, signal.SIGKILL)
        send(below, signal.SIGKILL)

    def sweep(self, pid: int) -> bool:
        """Kill and reap a command's orphans and their descendants; return whether none was left.

        Call it until it returns True: each pass finds what the last one could not, children whose
        parent has died since.
        """
        alive = self.reap(pid)
        if alive:
            send((*alive, *descendants(alive)), signal.SIGKILL)
        return not alive


LIVE_COMMANDS = LiveCommands()
"""The one instance, because adopting orphans is a property of the process."""


class SharedProcesses:
    """The processes of one command that shares the agent's process namespace."""

    def __init__(self, child: Child) -> None:
        """Args: child: the command, not reaped yet."""
        self._child = child
        self._is_over = False
        self.status: int | None = None
        """Wait status of the command after `clear_away`; None before, and when it does not die."""

    def fileno(self) -> int | None:
        """Return a descriptor, readable when the command may be over; None on an old kernel."""
        return self._child.pidfd

    def is_over(self) -> bool:
        """Whether the command itself has ended."""
        if not self._is_over:
            flags = os.WEXITED | os.WNOHANG | os.WNOWAIT
            self._is_over = os.waitid(os.P_PID, self._child.pid, flags) is not None
        return self._is_over

    def have_all_ended(self) -> bool:
        """Whether the command's orphans have all ended; reaps those that have.

        Before the command is over, processes that still have their parent do not count.
        """
        return not LIVE_COMMANDS.reap(self._child.pid)

    def send(self, number: int) -> None:
        """Send the command and its process group the signal `number`."""
        send_to_group(self._child.pid, number)

    def terminate(self) -> None:
        """Ask every process of the command to end (SIGTERM)."""
        LIVE_COMMANDS.terminate(self._child.pid)

    def clear_away(self) -> None:
        """Kill and reap every process of the command that is left, for up to CLEAN_UP_S."""
        pid = self._child.pid
        deadline = time.monotonic() + CLEAN_UP_S
        # The group is signalled before the command is reaped: until then no other group has its id.
        # Once the command is over, its other descendants are orphans, which the sweep finds.
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
    """Return the pids of this process's children in other sessions, zombies included."""
    try:
        # Usually there is no child at all, which a single call shows.
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return []
    own = os.getsid(0)
    return [pid for pid in children_of(os.getpid()) if _session(pid) not in (None, own)]


def descendants(pids: Iterable[int]) -> list[int]:
    """Return the pids of all descendants of these processes, parents first."""
    found: list[int] = []
    pending = list(pids)
    while pending:
        children = children_of(pending.pop())
        found += children
        pending += children
    return found


def children_of(pid: int) -> list[int]:
    """Return the pids of the children of all threads of a process; empty when it is gone."""
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
    """Return the children of a process by searching all processes, for kernels without lists."""
    found = []
    for name in os.listdir("/proc"):
        if name.isdecimal():
            with contextlib.suppress(OSError), open(f"/proc/{name}/stat", "rb") as file:
                # The program's name, in brackets, may itself contain brackets.
                if int(file.read().rpartition(b")")[2].split()[1]) == parent:
                    found.append(int(name))
    return found


def send(pids: Iterable[int], number: int) -> None:
    """Send a signal to processes; skip one that is gone, or belongs to another user by now."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, number)


def send_to_group(pid: int, number: int) -> None:
    """Send a signal to a command's process group in one call, so that no fork can escape.

    The command must not be reaped yet: until then no other process can have its pid.
    """
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)


def _is_reaped(child: int) -> bool:
    try:
        return os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG) is not None
    except ChildProcessError:
        return True  # it was reaped when another command ended


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
