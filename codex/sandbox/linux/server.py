"""Fork servers, typed: processes that hold namespaces and start commands in them.

Uses the native shim, as spawn.py does. namespaces.py keeps the servers, and says which of them a
command gets.
"""

from __future__ import annotations

import enum
import errno
import os
from typing import TYPE_CHECKING, Any, NamedTuple

import codex._landlock_shim as shim
from codex._landlock_shim import ffi, lib
from codex.sandbox.linux.spawn import (
    NAMESPACE_STAGES,
    Contained,
    Restrictions,
    native_command,
    native_grants,
    raise_failure,
)

if TYPE_CHECKING:
    from codex.sandbox.linux.landlock import Grant
    from codex.sandbox.params import Program, Stdio

PROGRAM = "_sandbox_server"
"""Name of the server beside the extension; the static executable is its own server."""


class ServerConfig(NamedTuple):
    """The properties that the commands of a server have in common."""

    shares_network: bool
    """Whether they use the machine's network; if not, they have only loopback."""
    shares_memory: bool
    """Whether they use the machine's /dev/shm; if not, they have their own."""
    hides_run: bool
    """Whether /run is empty."""
    ids: tuple[tuple[int, int], ...]
    """Users and groups that a command can tell apart, the caller's own first."""


class ForkServer(NamedTuple):
    """A server that runs; it ends when the descriptor is closed, and must then be reaped."""

    pid: int
    fd: int


class PlaceKind(enum.IntEnum):
    """How a command sees a file or folder."""

    WRITABLE = lib.SHIM_WRITABLE
    READ_ONLY = lib.SHIM_READ_ONLY
    PINNED = lib.SHIM_PINNED
    """Unchanged, except that it cannot be moved away."""


class FilePlace(NamedTuple):
    """A physical path, and how a command sees the file or folder there."""

    path: str
    kind: PlaceKind


class FileView(NamedTuple):
    """The files as one command sees them; outside of all places they are read-only."""

    places: tuple[FilePlace, ...]
    """Places, the outer before the inner."""
    is_writable: bool
    """Whether everything is writable, except places of another kind."""
    grants: tuple[Grant, ...]
    """Landlock's grants for file systems that exist only in the view."""


class NoNamespaces(Exception):  # noqa: N818 - not an error: a command can run without
    """There is no server; the text says why, for people."""

    def __init__(self, stage: int, error: int) -> None:
        self.error = error
        """The errno."""
        what = NAMESPACE_STAGES.get(stage, "the process that makes namespaces")
        super().__init__(f"{what}: {os.strerror(error)} ({errno.errorcode.get(error, error)})")


def start_server(config: ServerConfig) -> ForkServer:
    """Start a server, and let it try everything that a command will need.

    Raises: NoNamespaces.
    """
    native = ffi.new("shim_server_config *")
    ids = ffi.new("uint32_t[]", [number for pair in config.ids for number in pair])
    native.shares_network = config.shares_network
    native.shares_memory = config.shares_memory
    native.hides_run = config.hides_run
    native.ids = ids
    native.n_ids = len(config.ids)
    ret = ffi.new("int[3]")
    result = lib.shim_server_start(os.fsencode(_program()), native, ret, ret + 1, ret + 2)
    if result < 0:
        raise NoNamespaces(ret[2], -result)
    return ForkServer(ret[0], ret[1])


def _program() -> str:
    file: str | None = getattr(shim, "__file__", None)
    return "/proc/self/exe" if file is None else os.path.join(os.path.dirname(file), PROGRAM)


def spawn_inside(
    server: ForkServer, program: Program, stdio: Stdio, restrictions: Restrictions, view: FileView
) -> Contained:
    """Start a program in the namespaces of a server.

    Raises: NoNamespaces, when the server is gone and nothing was started; otherwise the errors of
        spawn.spawn.
    """
    keep: list[Any] = []
    ret = ffi.new("int[3]")
    native = native_command(program, stdio, restrictions, keep)
    result = lib.shim_server_spawn(
        server.fd, native, _native_view(view, keep), ret, ret + 1, ret + 2
    )
    if result < 0:
        if ret[2] == lib.SHIM_STAGE_SERVER:
            raise NoNamespaces(ret[2], -result)
        raise_failure(program, ret[2], -result)
    return Contained(ret[0], ret[1])


def _native_view(view: FileView, keep: list[Any]) -> Any:
    native = ffi.new("shim_view *")
    paths = [ffi.new("char[]", os.fsencode(place.path)) for place in view.places]
    pairs = [(path, place.kind) for path, place in zip(paths, view.places, strict=True)]
    places = ffi.new("shim_place[]", pairs)
    grants = native_grants(view.grants)
    native.places = places
    native.n_places = len(pairs)
    native.is_writable = view.is_writable
    native.grants = grants[0]
    native.n_grants = len(view.grants)
    keep += [paths, places, grants]
    return native
