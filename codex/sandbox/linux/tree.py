"""The processes that a command started: find them, signal them, and leave none.

A command has a session of its own, but what it starts may leave that session (setsid, a daemon's
double fork). While commands run, this process adopts orphans, as an init would, so every such
process is either below the command or, once its parents are gone, our own child. Our other
children (MCP servers, the notifier) are told apart: they were there before the command, or they are
in our session, which no process that came from a command can join, or they lack the filter that a
sandboxed command's all have. So what is started while an unsandboxed command runs must not call
setsid, or it ends with that command.

When the agent itself is killed, the kernel kills each command (native/landlock_shim.c); what a
command started then lives on, for want of anyone to look for it.
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
"""How long killed processes may take to go: all do at once, but for one stuck in the kernel."""
SWEEP_S = 0.0005
"""How often to look whether killed processes are gone."""


class LiveCommands:
    """The commands that run now; orphans are adopted as long as there is one."""

    def __init__(self) -> None:
        self._lock = threading.RLock()  # `keep` is called while a command starts
        self._adopters = 0
        self._pids: set[int] = set()
        self._others: set[int] = set()
        """Children that were there before any command."""
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
        """Start a command; no orphan is looked for meanwhile, or it could be taken for one."""
        with self._lock:
            child = spawn()
            # The kernel knows what comes from a command with a process namespace.
            if isinstance(child, Child):
                self._pids.add(child.pid)
            self._all_have_filters = self._all_have_filters and is_sandboxed
        return child

    def keep(self, pid: int) -> None:
        """Tell of a child of ours that comes from no command, though it is in another session."""
        with self._lock:
            self._servers.add(pid)

    def remove(self, pid: int) -> None:
        """A command, or what `keep` was told of, was reaped."""
        with self._lock:
            self._pids.discard(pid)
            self._servers.discard(pid)

    def orphans(self, pid: int) -> list[int]:
        """Adopted processes, zombies too, that are left of the command `pid`.

        While other commands run, only those that stayed in its session are known to be its own;
        the rest is found with the last command.
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
        # Without a filter it is no sandboxed command's: an MCP server left it just now.
        return [child for child in found if not has_filter or _has_filter(child)]

    def reap(self, pid: int) -> list[int]:
        """Reap the orphans of a command that are zombies.

        Programs poll for the end of a daemon with `kill -0`, which a zombie still answers.

        Returns: the orphans that are alive.
        """
        return [child for child in self.orphans(pid) if not _is_reaped(child)]

    def terminate(self, pid: int) -> None:
        """Ask a command and all that came from it to end, also what is stopped."""
        orphans = self.orphans(pid)
        found = (*orphans, *descendants((pid, *orphans)))
        # Once each: programs take a second SIGTERM for impatience.
        elsewhere = [child for child in found if _group(child) != pid]
        for number in (signal.SIGTERM, signal.SIGCONT):
            send_to_group(pid, number)
            send(elsewhere, number)

    def kill(self, pid: int) -> None:
        """Kill a command that is not reaped, and all that is known to have come from it."""
        below = descendants((pid,))
        send_to_group(pid, signal.SIGKILL)
        send(below, signal.SIGKILL)

    def sweep(self, pid: int) -> bool:
        """Kill and reap the orphans of a command and all below them; False: look again.

        Each pass sees what the last one could not: children whose parent has died since.
        """
        alive = self.reap(pid)
        if alive:
            send((*alive, *descendants(alive)), signal.SIGKILL)
        return not alive


LIVE_COMMANDS = LiveCommands()
"""The adopting of orphans is a property of the process, so this is too."""


class SharedProcesses:
    """The processes of one command that has no process namespace: they are among all the others."""

    def __init__(self, child: Child) -> None:
        """Take over a child that is not reaped."""
        self._child = child
        self._is_over = False
        self.status: int | None = None
        """The command's wait status, once `clear_away` was called."""

    def fileno(self) -> int | None:
        """Readable when the command may be over; None on a kernel that cannot tell."""
        return self._child.pidfd

    def is_over(self) -> bool:
        """Whether the command itself has ended."""
        if not self._is_over:
            flags = os.WEXITED | os.WNOHANG | os.WNOWAIT
            self._is_over = os.waitid(os.P_PID, self._child.pid, flags) is not None
        return self._is_over

    def have_left(self) -> bool:
        """Whether nothing is left of what the command started and then lost; reaps."""
        return not LIVE_COMMANDS.reap(self._child.pid)

    def send(self, number: int) -> None:
        """Send the command a signal."""
        send_to_group(self._child.pid, number)

    def terminate(self) -> None:
        """Ask all of them to end."""
        LIVE_COMMANDS.terminate(self._child.pid)

    def clear_away(self) -> None:
        """Kill what is left and reap it all."""
        pid = self._child.pid
        deadline = time.monotonic() + CLEAN_UP_S
        # Before it is reaped, because until then its group is its own. What had another parent
        # than the command is an orphan once the command is over.
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
    """Our children, zombies too, that are not in our session."""
    try:
        # One call tells the common case, in which we have no child at all.
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
    """The children of a process, of all its threads; none when it is gone."""
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
    """Whether the kernel was built to list them."""
    return os.path.exists(f"/proc/self/task/{os.getpid()}/children")


def _children_by_search(parent: int) -> list[int]:
    """The same on a kernel that lists no children: every process is asked for its parent."""
    found = []
    for name in os.listdir("/proc"):
        if name.isdecimal():
            with contextlib.suppress(OSError), open(f"/proc/{name}/stat", "rb") as file:
                # The program's name may hold anything, brackets too.
                if int(file.read().rpartition(b")")[2].split()[1]) == parent:
                    found.append(int(name))
    return found


def send(pids: Iterable[int], number: int) -> None:
    """Signal processes; one that is gone, or that is another user's by now, is passed over."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, number)


def send_to_group(pid: int, number: int) -> None:
    """Signal a command's process group: all of it at once, so none forks out of it meanwhile.

    The command must not have been reaped: until then no other process can have its pid.
    """
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)


def _is_reaped(child: int) -> bool:
    try:
        return os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG) is not None
    except ChildProcessError:
        return True  # by the end of another command


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
    """Whether a seccomp filter is on the process; it cannot be taken off."""
    try:
        with open(f"/proc/{pid}/status", "rb") as file:
            return b"\nSeccomp:\t2\n" in file.read()
    except OSError:
        return False
