"""Start one command: find its program, make its pipes and start it under its confinement.

Must not wait for a command or end it; run.py does that.
"""

from __future__ import annotations

import contextlib
import os
import time
from typing import TYPE_CHECKING, NamedTuple

from codex.base.errors import ProgramNotFoundError, SpawnError
from codex.sandbox.machine import start_held
from codex.sandbox.params import Program, Stdio

if TYPE_CHECKING:
    from codex.sandbox.confinement import Confinement
    from codex.sandbox.machine import Processes
    from codex.sandbox.params import ExecParams

DEFAULT_PATH = "/usr/local/bin:/usr/bin:/bin"
"""PATH of an environment that has none."""


class Started(NamedTuple):
    """A running command, and the agent's ends of its output pipes."""

    processes: Processes
    outputs: tuple[int, int] | None
    """File descriptors to read stdout and stderr from; None when the command has no pipes."""
    at: float
    """Time of the start, in seconds on the monotonic clock."""


def start(
    params: ExecParams,
    confinement: Confinement,
    *,
    stdio: Stdio | None = None,
    stack: contextlib.ExitStack,
) -> Started:
    """Start a command.

    Args: stdio: the command's streams; if None, it has nothing to read and writes to pipes. stack:
        receives the clean-up to do when the command is over.
    Raises: SpawnError, when the command cannot be started; SandboxUnavailableError, when its policy
        cannot be enforced.
    """
    program = find_program(params)
    outputs = None
    try:
        with contextlib.ExitStack() as given:
            if stdio is None:
                stdio, outputs = _pipes(stack, given)
            at = time.monotonic()
            processes = start_held(program, confinement, stdio, stack)
    except OSError as exc:
        raise SpawnError(f"cannot run '{program.argv[0]}': {exc.strerror}") from exc
    return Started(processes, outputs, at)


def _pipes(
    ours: contextlib.ExitStack, given: contextlib.ExitStack
) -> tuple[Stdio, tuple[int, int]]:
    """Make the streams of a command; return them and the agent's ends of stdout and stderr."""
    stdin = _open_nothing()
    given.callback(os.close, stdin)
    out_read, out_write = _pipe(ours, given)
    err_read, err_write = _pipe(ours, given)
    return Stdio(stdin, out_write, err_write), (out_read, err_read)


def _open_nothing() -> int:
    """Return a file descriptor from which nothing can be read.

    It is /dev/null, because some tools read standard input instead of searching files when it is a
    pipe. Where /dev/null does not exist (an empty root file system), it is a pipe whose write end
    is closed.
    """
    with contextlib.suppress(OSError):
        return os.open("/dev/null", os.O_RDONLY | os.O_CLOEXEC)
    read_end, write_end = os.pipe()
    os.close(write_end)
    return read_end


def _pipe(ours: contextlib.ExitStack, given: contextlib.ExitStack) -> tuple[int, int]:
    read_end, write_end = os.pipe()
    ours.callback(os.close, read_end)
    given.callback(os.close, write_end)
    return read_end, write_end


def find_program(params: ExecParams) -> Program:
    """Find the program of a command as a shell in the command's working directory would.

    Raises: SpawnError, when there is no such program, or the working directory is not a folder.
    """
    if not params.argv or not params.argv[0]:
        raise SpawnError("cannot run a command that names no program")
    name = params.argv[0]
    if not os.path.isdir(params.cwd):
        cause = "is not a folder" if os.path.exists(params.cwd) else "does not exist"
        raise SpawnError(f"cannot run '{name}': the working directory '{params.cwd}' {cause}")
    path = _find(name, params)
    return Program(path, params.argv, params.env, params.cwd)


def _find(name: str, params: ExecParams) -> str:
    if "/" in name:
        path = os.path.join(params.cwd, name)
        _check_executable(name, path)
        return path
    unusable = None
    for folder in params.env.get("PATH", DEFAULT_PATH).split(":"):
        path = os.path.join(params.cwd, folder, name)
        if not os.path.isfile(path):
            continue
        if os.access(path, os.X_OK):
            return path
        unusable = unusable or path
    if unusable is not None:
        _check_executable(name, unusable)
    raise ProgramNotFoundError(f"cannot run '{name}': there is no such program in PATH")


def _check_executable(name: str, path: str) -> None:
    if not os.path.exists(path):
        raise ProgramNotFoundError(f"cannot run '{name}': '{path}' does not exist")
    if os.path.isdir(path):
        raise SpawnError(f"cannot run '{name}': '{path}' is a folder")
    if not os.access(path, os.X_OK):
        raise SpawnError(f"cannot run '{name}': '{path}' is not executable")
