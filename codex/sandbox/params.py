"""One command: what to run, and what came of it. Values only."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

TIMED_OUT = 124
"""The exit code of a command that took too long, as `timeout` has it."""
INTERRUPTED = 130
"""The exit code of a command that the user stopped, as a shell has it."""
SIGNAL_BASE = 128
"""A command that died by signal N has the exit code 128 + N."""


class ExecParams(msgspec.Struct, frozen=True):
    """A program, its arguments, and where it runs."""

    argv: tuple[str, ...]
    """The first is looked up in the PATH of `env` when it holds no slash."""
    cwd: str
    """Absolute."""
    timeout_ms: int
    env: dict[str, str]
    """The whole environment; nothing is added to it."""


class Program(NamedTuple):
    """A program that was found, and what it gets."""

    path: str
    """Absolute."""
    argv: tuple[str, ...]
    env: Mapping[str, str]
    cwd: str


class Stdio(NamedTuple):
    """Descriptors that become the child's first three."""

    stdin: int
    stdout: int
    stderr: int


class Attached(NamedTuple):
    """How a command uses the streams of this process, in place of pipes that are read."""

    stdio: Stdio
    on_start: Callable[[Callable[[int], None]], None]
    """Gets what sends the command a signal, as long as it runs."""


class ProtectedPaths(NamedTuple):
    """What stays as it is inside the writable folders, where mounts can hold it.

    Absolute physical paths that exist when the command starts; one that has gone is passed over.
    """

    read_only: tuple[str, ...] = ()
    """Files and folders that cannot be changed, replaced or renamed."""
    pinned: tuple[str, ...] = ()
    """Folders that cannot be renamed or removed; what is in them can be."""


class RefusedRoot(NamedTuple):
    """A writable folder of the policy that a command could not write to after all."""

    path: str
    reason: str


class ExecResult(msgspec.Struct, frozen=True, kw_only=True):
    """What a command printed and how it ended; an exit code other than 0 is no error."""

    exit_code: int
    """124: timed out; 130: interrupted; 128+N: died by signal N."""
    stdout: str
    stderr: str
    output: str
    """Both streams in order of arrival. All three: head and tail with a marker between."""
    duration_ms: int
    is_timed_out: bool = False
    is_interrupted: bool = False
    signal: int | None = None
    """The signal that ended the program, whoever sent it."""
    is_sandboxed: bool = False
