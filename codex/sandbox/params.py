"""The values that describe one command: what to run, and how it ended."""

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
    """Program and arguments; a program without a slash is looked up in the PATH of `env`."""
    cwd: str
    """Working directory, absolute."""
    timeout_ms: int
    env: dict[str, str]
    """Complete environment of the command."""


class Program(NamedTuple):
    """A program that was found, with its arguments, environment and working directory."""

    path: str
    """Path of the program, absolute."""
    argv: tuple[str, ...]
    """The program as the command names it, and its arguments."""
    env: Mapping[str, str]
    cwd: str


class Stdio(NamedTuple):
    """File descriptors that become the child's standard input, output and error."""

    stdin: int
    stdout: int
    stderr: int


class Attached(NamedTuple):
    """Streams that a command uses in place of pipes, and a callback that receives its signaller."""

    stdio: Stdio
    on_start: Callable[[Callable[[int], None]], None]
    """Callback, called once after the start. Its argument is a function that sends the command a
    signal by number. It must not be called once `run_command` has returned: then it raises OSError
    or signals another process."""


class ProtectedPaths(NamedTuple):
    """Paths inside the writable folders that a command must not change.

    They are absolute, with symbolic links resolved. A mount holds only a path that exists when the
    command starts; a missing one is skipped.
    """

    read_only: tuple[str, ...] = ()
    """Files and folders that cannot be changed, replaced or renamed."""
    pinned: tuple[str, ...] = ()
    """Folders that cannot be renamed or removed; their content can."""


class RefusedRoot(NamedTuple):
    """A folder that the policy makes writable, but that is not opened for commands.

    If it is missing, and inside a folder that is opened, a command can still make it.
    """

    path: str
    """Path in the policy, absolute; symbolic links are not resolved."""
    reason: str


class ExecResult(msgspec.Struct, frozen=True, kw_only=True):
    """What a command printed and how it ended; an exit code other than 0 is not an error."""

    exit_code: int
    """Exit code of the program itself, except 124 after a time-out, 130 after the user's cancel and
    128 + N after a kill by signal N."""
    stdout: str
    stderr: str
    output: str
    """Both streams in order of arrival. If a text exceeds the limits of output.py, it is only
    the head and tail; this holds for all three texts."""
    duration_ms: int
    is_timed_out: bool = False
    is_interrupted: bool = False
    signal: int | None = None
    """Number of the signal that killed the program; None when no signal did."""
    is_sandboxed: bool = False
