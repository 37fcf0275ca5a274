"""Choose the fork server of a command, and how the command sees the files there.

Servers live as long as the agent's process, one for each ServerConfig that was needed: two or three
in a session. All of them are dropped when the machine's mounts change, because each holds a copy of
the mounts. The places of a command are set up when it starts, so a folder that appears, disappears
or is replaced between two commands needs no new server.
"""

from __future__ import annotations

import contextlib
import functools
import os
import select
import threading
from typing import TYPE_CHECKING, NamedTuple

from codex.sandbox.linux.landlock import NEVER_GRANTED, READ, Access, Grant, known_access
from codex.sandbox.linux.server import (
    FilePlace,
    FileView,
    ForkServer,
    NoNamespaces,
    PlaceKind,
    ServerConfig,
    spawn_inside,
    start_server,
)
from codex.sandbox.linux.tree import LIVE_COMMANDS
from codex.sandbox.roots import SHARED_MEMORY, is_inside

if TYPE_CHECKING:
    from codex.protocol.policy import SandboxPolicy
    from codex.sandbox.linux.spawn import Contained, Restrictions
    from codex.sandbox.params import Program, ProtectedPaths, Stdio

MOUNTS = "/proc/self/mountinfo"
RUN = "/run"
NIX_RUN = "/run/current-system"
"""Path of the folder where NixOS keeps the programs of the system."""
MAX_SERVERS = 4
TERMINAL_ACCESS = Access.READ_FILE | Access.WRITE_FILE | Access.READ_DIR | Access.IOCTL_DEV


class Namespaces(NamedTuple):
    """The namespaces of one command: the configuration of its server, and its view of the files."""

    config: ServerConfig
    view: FileView


def namespaces_for(
    policy: SandboxPolicy,
    folders: tuple[str, ...],
    *,
    shares_network: bool,
    cwd: str,
    program: str,
    protected: ProtectedPaths | None,
    abi: int,
) -> Namespaces:
    """Return the namespaces that a command needs.

    Args: folders: the physical paths of the writable folders. shares_network: whether the command
        uses the machine's network. cwd, program: the command's working directory, and the path of
        its program. protected: the paths that mounts hold; None for none. abi: the kernel's
        Landlock ABI.
    """
    shares_memory = any(is_inside(folder, SHARED_MEMORY) for folder in folders)
    needs_run = any(is_inside(path, RUN) for path in (*folders, cwd, program))
    config = ServerConfig(
        shares_network,
        shares_memory,
        hides_run=not (shares_network or needs_run or os.path.exists(NIX_RUN)),
        ids=_ids(folders),
    )
    own = () if shares_memory else (SHARED_MEMORY,)
    view = FileView(
        places=_places((*folders, *own), protected),
        is_writable=policy.can_write_everything,
        grants=_grants(own, abi, reads_all=policy.can_read_everything),
    )
    return Namespaces(config, view)


def plain_config() -> ServerConfig:
    """Return the configuration of the server that most commands need."""
    return ServerConfig(
        shares_network=False,
        shares_memory=False,
        hides_run=not os.path.exists(NIX_RUN),
        ids=_ids(()),
    )


def _ids(folders: tuple[str, ...]) -> tuple[tuple[int, int], ...]:
    """Return this process's user and group and, for root, those that own the writable folders."""
    own = (os.geteuid(), os.getegid())
    found = {own: None}
    if own[0] == 0:
        for folder in folders:
            with contextlib.suppress(OSError):
                status = os.stat(folder)
                if status.st_uid != 0:
                    found[status.st_uid, status.st_gid] = None
    return tuple(found)


def _places(folders: tuple[str, ...], protected: ProtectedPaths | None) -> tuple[FilePlace, ...]:
    kinds: dict[str, PlaceKind] = {}
    if protected is not None:
        kinds.update(dict.fromkeys(protected.pinned, PlaceKind.PINNED))
        kinds.update(dict.fromkeys(protected.read_only, PlaceKind.READ_ONLY))
    held = (FilePlace(path, kinds[path]) for path in sorted(kinds))
    return (*(FilePlace(folder, PlaceKind.WRITABLE) for folder in folders), *held)


@functools.lru_cache(maxsize=8)
def _grants(own: tuple[str, ...], abi: int, *, reads_all: bool) -> tuple[Grant, ...]:
    """Return grants for file systems that exist only in namespaces; the agent cannot open them."""
    fs = known_access(abi)
    readable = () if reads_all else ("/proc",)
    return (
        *(Grant(path, READ) for path in readable),
        *(Grant(path, fs & ~NEVER_GRANTED) for path in own),
        *(Grant(path, TERMINAL_ACCESS & fs) for path in ("/dev/pts", "/dev/tty")),
    )


class ForkServers:
    """The fork servers of this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._servers: dict[ServerConfig, ForkServer] = {}
        self._mounts: int | None = None

    def spawn(
        self, where: Namespaces, program: Program, stdio: Stdio, restrictions: Restrictions
    ) -> Contained:
        """Start a program in its namespaces; first start their fork server if it is not running.

        Raises: NoNamespaces, when there can be no server; otherwise the errors of spawn.spawn.
        """
        with self._lock:
            server = self._server(where.config)
            try:
                return spawn_inside(server, program, stdio, restrictions, where.view)
            except NoNamespaces:
                # The server was killed by the user, or for lack of memory.
                self._drop(where.config)
            server = self._server(where.config)
            return spawn_inside(server, program, stdio, restrictions, where.view)

    def running(self) -> tuple[ForkServer, ...]:
        """Return the servers that are running."""
        with self._lock:
            return tuple(self._servers.values())

    def prepare(self, config: ServerConfig) -> None:
        """Start a server ahead of its first command, unless it is running.

        Raises: NoNamespaces, when there can be no server.
        """
        with self._lock:
            self._server(config)

    def _server(self, config: ServerConfig) -> ForkServer:
        if self._have_mounts_changed():
            for other in tuple(self._servers):
                self._drop(other)
        server = self._servers.get(config)
        if server is None:
            if len(self._servers) >= MAX_SERVERS:
                self._drop(next(iter(self._servers)))
            server = self._servers[config] = _start(config)
            LIVE_COMMANDS.keep(server.pid)
        return server

    def _drop(self, config: ServerConfig) -> None:
        server = self._servers.pop(config)
        os.close(server.fd)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(server.pid, 0)  # it ends because that descriptor was closed
        LIVE_COMMANDS.remove(server.pid)

    def _have_mounts_changed(self) -> bool:
        if self._mounts is None:
            self._mounts = os.open(MOUNTS, os.O_RDONLY | os.O_CLOEXEC)
        poll = select.poll()
        poll.register(self._mounts, select.POLLPRI)
        return bool(poll.poll(0))


def _start(config: ServerConfig) -> ForkServer:
    try:
        return start_server(config)
    except NoNamespaces:
        if len(config.ids) == 1:
            raise
    # A container's root may lack the right to map other users; their files then belong to "nobody".
    return start_server(config._replace(ids=config.ids[:1]))


SERVERS = ForkServers()
"""The one instance, because servers are children of the process and serve all its sessions."""
