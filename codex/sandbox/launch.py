"""Start one command: find its program, make its restrictions and its pipes.

Ends nothing: run.py does, with what `start` gives it.
"""

from __future__ import annotations

import contextlib
import os
import sys
import time
from typing import TYPE_CHECKING, NamedTuple

from codex.base.errors import ProgramNotFoundError, SpawnError
from codex.sandbox.enforcement import NetworkMode
from codex.sandbox.linux.landlock import ruleset_plan
from codex.sandbox.linux.namespaces import SERVERS, surroundings
from codex.sandbox.linux.seccomp import filter_form, filter_program
from codex.sandbox.linux.server import NoNamespaces
from codex.sandbox.linux.spawn import (
    Child,
    Contained,
    Restrictions,
    create_ruleset,
    spawn,
    unavailable_for,
)
from codex.sandbox.linux.tree import COMMANDS
from codex.sandbox.params import Program, Stdio
from codex.sandbox.seatbelt import under_seatbelt

if TYPE_CHECKING:
    from collections.abc import Callable

    from codex.protocol.policy import SandboxPolicy
    from codex.sandbox.confinement import Confinement
    from codex.sandbox.linux.namespaces import Surroundings
    from codex.sandbox.params import ExecParams

DEFAULT_PATH = "/usr/local/bin:/usr/bin:/bin"
"""For an environment without PATH."""

CAP_DAC_OVERRIDE = 1 << 1


class Started(NamedTuple):
    """A command that runs, and our ends of its pipes."""

    child: Child | Contained
    outputs: tuple[int, int] | None
    """Of stdout and stderr; None when the command has streams that are not ours."""
    at: float
    """On the monotonic clock."""


def start(
    params: ExecParams,
    confinement: Confinement,
    *,
    stdio: Stdio | None = None,
    stack: contextlib.ExitStack,
) -> Started:
    """Start a command; `stack` gets what is to be undone when it is over.

    Args: stdio: its streams; pipes to us, and nothing to read, unless given.
    Raises: SpawnError, SandboxUnavailableError.
    """
    program = resolve(params)
    try:
        return _start(program, confinement, stdio, stack)
    except OSError as exc:
        raise SpawnError(f"cannot run '{program.argv[0]}': {exc.strerror}") from exc


def _start(
    program: Program, confinement: Confinement, stdio: Stdio | None, stack: contextlib.ExitStack
) -> Started:
    outputs = None
    is_sandboxed = confinement.enforcement.has_rules
    with contextlib.ExitStack() as given:
        if stdio is None:
            stdio, outputs = _pipes(stack, given)
        streams = stdio
        spawner = _spawner(program, confinement, given)
        at = time.monotonic()
        child = COMMANDS.start(lambda: spawner(streams), is_sandboxed=is_sandboxed)
    if isinstance(child, Contained):
        stack.callback(os.close, child.pidfd)
        stack.callback(os.close, child.link)
    else:
        stack.callback(COMMANDS.remove, child.pid)
        if child.pidfd is not None:
            stack.callback(os.close, child.pidfd)
    return Started(child, outputs, at)


def _spawner(
    program: Program, confinement: Confinement, stack: contextlib.ExitStack
) -> Callable[[Stdio], Child | Contained]:
    """How the command is to be made; `stack` gets what is to be closed when it is.

    Raises: SandboxUnavailableError, when the kernel cannot enforce the policy.
    """
    enforcement = confinement.enforcement
    if not enforcement.has_rules:
        return lambda stdio: spawn(program, stdio, None)
    if sys.platform == "darwin":
        held = under_seatbelt(program, confinement)
        return lambda stdio: spawn(held, stdio, None)
    limits = restrictions(confinement, stack)
    if not enforcement.has_namespaces:
        return lambda stdio: spawn(program, stdio, limits)
    where = surroundings(
        confinement.policy,
        confinement.folders,
        shares_network=enforcement.network in (NetworkMode.PORTS, NetworkMode.FULL),
        cwd=program.cwd,
        program=program.path,
        protected=confinement.protection.paths,
        abi=enforcement.landlock_abi,
    )
    return lambda stdio: _spawn_contained(where, program, stdio, limits)


def _spawn_contained(
    where: Surroundings, program: Program, stdio: Stdio, limits: Restrictions
) -> Contained:
    try:
        return SERVERS.spawn(where, program, stdio, limits)
    except NoNamespaces as exc:
        # They could be had before: what the user was told holds a command must hold it.
        raise unavailable_for(str(exc), exc.error) from exc


def _pipes(
    ours: contextlib.ExitStack, given: contextlib.ExitStack
) -> tuple[Stdio, tuple[int, int]]:
    """The streams of a command, and our ends of two of them."""
    stdin = _open_nothing()
    given.callback(os.close, stdin)
    out_read, out_write = _pipe(ours, given)
    err_read, err_write = _pipe(ours, given)
    return Stdio(stdin, out_write, err_write), (out_read, err_read)


def _open_nothing() -> int:
    """A descriptor with nothing to read.

    The null device, since some tools read a pipe instead of searching files; where there is none
    (an empty root), a pipe that nobody writes to.
    """
    with contextlib.suppress(OSError):
        return os.open("/dev/null", os.O_RDONLY | os.O_CLOEXEC)
    read_end, write_end = os.pipe2(os.O_CLOEXEC)
    os.close(write_end)
    return read_end


def _pipe(ours: contextlib.ExitStack, given: contextlib.ExitStack) -> tuple[int, int]:
    read_end, write_end = os.pipe2(os.O_CLOEXEC)
    ours.callback(os.close, read_end)
    given.callback(os.close, write_end)
    return read_end, write_end


def resolve(params: ExecParams) -> Program:
    """Find the program as a shell in the command's folder would.

    Raises: SpawnError, when there is none, or the working directory is none.
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


def restrictions(confinement: Confinement, stack: contextlib.ExitStack) -> Restrictions:
    """What to put a command under; `stack` gets what is to be closed.

    Raises: SandboxUnavailableError, when the kernel cannot enforce the policy.
    """
    policy, folders, enforcement = (
        confinement.policy,
        confinement.folders,
        confinement.enforcement,
    )
    plan = ruleset_plan(policy, folders, abi=enforcement.landlock_abi, network=enforcement.network)
    ruleset_fd = create_ruleset(plan)
    stack.callback(os.close, ruleset_fd)
    form = filter_form(policy, enforcement)
    kept = _kept_capabilities(policy, folders)
    return Restrictions(ruleset_fd, filter_program(form), kept, form.is_supervised)


def _kept_capabilities(policy: SandboxPolicy, folders: tuple[str, ...]) -> int:
    """Root loses all capabilities, but for one where it works in another user's folder.

    In a container that is the usual case (a bind mount, a CI workspace), and without
    CAP_DAC_OVERRIDE root could write no file there. Landlock still holds all that is outside.
    """
    if os.geteuid() != 0:
        return 0
    if policy.can_write_everything:
        return CAP_DAC_OVERRIDE
    return CAP_DAC_OVERRIDE if any(map(_is_of_another_user, folders)) else 0


def _is_of_another_user(folder: str) -> bool:
    try:
        return os.stat(folder).st_uid != os.geteuid()
    except OSError:
        return False  # it has just gone
