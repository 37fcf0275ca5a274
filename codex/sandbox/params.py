"""One command as values: what to run, and what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

TIMED_OUT = 124
"""Exit code of a command that took too long, the same as with `timeout`."""
INTERRUPTED = 130
"""Exit code of a command that the user stopped, the same as in a shell."""
SIGNAL_BASE = 128
"""Base of exit codes for signals: a command killed by signal N exits with 128 + N."""


class ExecParams(msgspec.Struct, frozen=True):
    """A program, its arguments, and where it runs."""

    argv: tuple[str, ...]
    """The words of the command; the first is looked up in `env`'s PATH if it has no slash."""
    cwd: str
    """Absolute."""
    timeout_ms: int
    env: dict[str, str]
    """The whole environment."""


class Program(NamedTuple):
    """A program that was found, with its arguments, environment and working directory."""

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
    """The streams that a command gets in place of pipes, and a way to signal it."""

    stdio: Stdio
    on_start: Callable[[Callable[[int], None]], None]
    """Called once with a function that sends the command a signal; it works while it runs."""


class ProtectedPaths(NamedTuple):
    """Paths inside the writable folders that stay as they are.

    They are absolute and physical. For mounts they must exist when the command starts; one that is
    gone is skipped.
    """

    read_only: tuple[str, ...] = ()
    """Files and folders that cannot be changed, replaced or renamed."""
    pinned: tuple[str, ...] = ()
    """Folders that cannot be renamed or removed; what is in them can be."""


class RefusedRoot(NamedTuple):
    """A writable folder of the policy that stays closed."""

    path: str
    reason: str


class ExecResult(msgspec.Struct, frozen=True, kw_only=True):
    """What a command printed and how it ended; an exit code other than 0 is not an error."""

    exit_code: int
    """124: timed out; 130: interrupted; 128 + N: killed by signal N."""
    stdout: str
    stderr: str
    output: str
    """Both streams in order of arrival. All three texts are head and tail if they were too long."""
    duration_ms: int
    is_timed_out: bool = False
    is_interrupted: bool = False
    signal: int | None = None
    """Number of the signal that ended the program."""
    is_sandboxed: bool = False
