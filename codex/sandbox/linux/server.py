"""Start fork servers, which are processes that hold namespaces, and start commands in them.

A typed wrapper of the native shim, like spawn.py. namespaces.py keeps the servers, and chooses one
for each command.
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
"""File name of the server program beside the extension; the static executable is its own server."""


class ServerConfig(NamedTuple):
    """The properties that all commands of one fork server have in common."""

    shares_network: bool
    """Whether commands use the machine's network; if not, they have only loopback."""
    shares_memory: bool
    """Whether commands use the machine's /dev/shm; if not, they share one of this server's."""
    hides_run: bool
    """Whether commands see /run as an empty folder."""
    ids: tuple[tuple[int, int], ...]
    """Pairs of user and group id that a command can tell apart, the agent's own first."""


class ForkServer(NamedTuple):
    """A running fork server; it ends when `fd` is closed, and must then be reaped."""

    pid: int
    fd: int


class PlaceKind(enum.IntEnum):
    """How a command sees a file or folder."""

    WRITABLE = lib.SHIM_WRITABLE
    READ_ONLY = lib.SHIM_READ_ONLY
    PINNED = lib.SHIM_PINNED
    """As writable as its surroundings, but it cannot be renamed or removed."""


class FilePlace(NamedTuple):
    """A physical path, and how a command sees the file or folder there."""

    path: str
    kind: PlaceKind


class FileView(NamedTuple):
    """The files as a command sees them; what is in no place is read-only, unless `is_writable`."""

    places: tuple[FilePlace, ...]
    """Places, outer ones before inner ones."""
    is_writable: bool
    """Whether everything is writable, except places of the kind READ_ONLY."""
    grants: tuple[Grant, ...]
    """Landlock grants for file systems that exist only in the view."""


class NoNamespaces(Exception):  # noqa: N818 - not an error: a command can run without
    """No fork server is available for a command; the text says why, for the user."""

    def __init__(self, stage: int, error: int) -> None:
        self.error = error
        """Errno of the failure."""
        what = NAMESPACE_STAGES.get(stage, "the process that makes namespaces")
        super().__init__(f"{what}: {os.strerror(error)} ({errno.errorcode.get(error, error)})")


def start_server(config: ServerConfig) -> ForkServer:
    """Start a fork server, which first tries everything that a command will need.

    Raises: NoNamespaces, when the server cannot start, or any of that fails.
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

    Raises: NoNamespaces, when the request did not reach the server (it is gone, or descriptors or
        memory are lacking), and nothing was started; otherwise the errors of spawn.spawn.
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
