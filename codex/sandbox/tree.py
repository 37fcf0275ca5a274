"""The processes that a command started: find them, signal them, and leave none.

A command has a session of its own, but what it starts may leave that session (setsid, a daemon's
double fork). While commands run, this process adopts orphans, as an init would, so every such
process is either below the command or, once its parents are gone, our own child. Our other
children (MCP servers, the notifier) are told apart by their session: a child that stays in ours
was started by us; none that came from a command can join it.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from typing import TYPE_CHECKING

from codex.sandbox.spawn import adopt_orphans

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from codex.sandbox.spawn import Child


class Commands:
    """The commands that run now; with the last one the adopting of orphans ends."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pids: set[int] = set()
        self._strangers: set[int] = set()
        """Children that were there before any command: not ours to kill."""
        self._waiting = 0

    @contextlib.contextmanager
    def adopting(self) -> Iterator[None]:
        """Adopt orphans inside the block."""
        with self._lock:
            if self._waiting == 0:
                self._strangers = set(foreign_children())
                adopt_orphans(is_on=True)
            self._waiting += 1
        try:
            yield
        finally:
            with self._lock:
                self._waiting -= 1
                if self._waiting == 0:
                    adopt_orphans(is_on=False)

    def start(self, spawn: Callable[[], Child]) -> Child:
        """Start a command; no orphan is looked for meanwhile, or it could be taken for one."""
        with self._lock:
            child = spawn()
            self._pids.add(child.pid)
        return child

    def remove(self, pid: int) -> None:
        """A command was reaped."""
        with self._lock:
            self._pids.discard(pid)

    def orphans(self, pid: int, *, is_sandboxed: bool) -> list[int]:
        """Adopted processes, zombies too, that are left of the command `pid`.

        While other commands run, only those that stayed in its session are known to be its own;
        the rest is found when the last command ends.
        """
        children = foreign_children()
        if not children:
            return []
        with self._lock:
            commands = self._pids - {pid}
            found = [c for c in children if c not in self._strangers and c not in self._pids]
        if commands:
            return [child for child in found if _session(child) == pid]
        # An MCP server's own daemon, adopted just now, has no filter.
        return [child for child in found if not is_sandboxed or _has_filter(child)]

    def reap(self, pid: int, *, is_sandboxed: bool) -> list[int]:
        """Reap the orphans of a command that are zombies.

        Programs poll for the end of a daemon with `kill -0`, which a zombie still answers.

        Returns: the orphans that are alive.
        """
        return [
            child
            for child in self.orphans(pid, is_sandboxed=is_sandboxed)
            if os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG) is None
        ]

    def sweep(self, pid: int, *, is_sandboxed: bool) -> bool:
        """Kill and reap the orphans of a command and all below them; False: look again.

        Each pass sees what the last one could not: children whose parent has died since.
        """
        alive = self.reap(pid, is_sandboxed=is_sandboxed)
        for child in alive:
            send([child, *descendants(child)], signal.SIGKILL)
        return not alive


COMMANDS = Commands()
"""The adopting of orphans is a property of the process, so this is too."""


def foreign_children() -> list[int]:
    """Our children, zombies too, that are not in our session."""
    try:
        # One call tells the common case, in which we have no child at all.
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return []
    own = os.getsid(0)
    return [pid for pid in children_of("self") if _session(pid) not in (None, own)]


def descendants(pid: int) -> list[int]:
    """Every process below `pid`, parents first."""
    found: list[int] = []
    pending = [pid]
    while pending:
        children = children_of(str(pending.pop()))
        found += children
        pending += children
    return found


def children_of(pid: str) -> list[int]:
    """The children of a process, of all its threads; none when it is gone."""
    found: list[int] = []
    try:
        threads = os.listdir(f"/proc/{pid}/task")
    except OSError:
        return found
    for thread in threads:
        with (
            contextlib.suppress(OSError),
            open(f"/proc/{pid}/task/{thread}/children", "rb") as file,
        ):
            found += map(int, file.read().split())
    return found


def send(pids: list[int], number: int) -> None:
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


def terminate(pid: int) -> None:
    """Ask a command and all below it to end, also those that are stopped."""
    # Once each: programs take a second SIGTERM for impatience.
    elsewhere = [child for child in descendants(pid) if _group(child) != pid]
    for number in (signal.SIGTERM, signal.SIGCONT):
        send_to_group(pid, number)
        send(elsewhere, number)


def kill(pid: int) -> None:
    """Kill a command that is not reaped, and all that is below it now."""
    below = descendants(pid)
    send_to_group(pid, signal.SIGKILL)
    send(below, signal.SIGKILL)


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
