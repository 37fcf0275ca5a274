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
from codex.sandbox.layers import NAMESPACES
from codex.sandbox.linux.landlock import NetworkMode, ruleset_plan
from codex.sandbox.linux.namespaces import SERVERS, surroundings
from codex.sandbox.linux.seccomp import filter_form, filter_program
from codex.sandbox.linux.server import NoNamespaces
from codex.sandbox.linux.spawn import (
    Child,
    Command,
    Contained,
    Restrictions,
    Stdio,
    create_ruleset,
    spawn,
    unavailable_for,
)
from codex.sandbox.linux.tree import COMMANDS
from codex.sandbox.params import ProtectedPaths
from codex.sandbox.roots import writable_roots
from codex.sandbox.seatbelt import under_seatbelt

if TYPE_CHECKING:
    from collections.abc import Callable

    from codex.protocol.policy import SandboxPolicy
    from codex.sandbox.layers import Enforcement
    from codex.sandbox.linux.namespaces import Surroundings
    from codex.sandbox.params import ExecParams, RefusedRoot

DEFAULT_PATH = "/usr/local/bin:/usr/bin:/bin"
"""For an environment without PATH."""

CAP_DAC_OVERRIDE = 1 << 1


class Started(NamedTuple):
    """A command that runs, and our ends of its pipes."""

    child: Child | Contained
    outputs: tuple[int, int] | None
    """Of stdout and stderr; None when the command has streams that are not ours."""
    is_sandboxed: bool
    refused_roots: tuple[RefusedRoot, ...]
    at: float
    """On the monotonic clock."""


class _Asked(NamedTuple):
    """What is to run, and what it may."""

    command: Command
    policy: SandboxPolicy
    policy_cwd: str
    protected: ProtectedPaths | None


def start(
    params: ExecParams,
    *,
    policy: SandboxPolicy,
    policy_cwd: str,
    held_by: Enforcement,
    protected: ProtectedPaths | None,
    stdio: Stdio | None = None,
    stack: contextlib.ExitStack,
) -> Started:
    """Start a command; `stack` gets what is to be undone when it is over.

    Args: stdio: its streams; pipes to us, and nothing to read, unless given.
    Raises: SpawnError, SandboxUnavailableError.
    """
    asked = _Asked(resolve(params), policy, policy_cwd, protected)
    try:
        return _start(asked, held_by, stdio, stack)
    except OSError as exc:
        raise SpawnError(f"cannot run '{asked.command.argv[0]}': {exc.strerror}") from exc


def _start(
    asked: _Asked, held_by: Enforcement, stdio: Stdio | None, stack: contextlib.ExitStack
) -> Started:
    outputs = None
    command, policy = asked.command, asked.policy
    roots = writable_roots(policy, cwd=asked.policy_cwd, tmpdir=command.env.get("TMPDIR"))
    with contextlib.ExitStack() as given:
        if stdio is None:
            stdio, outputs = _pipes(stack, given)
        streams = stdio
        spawner = _spawner(asked, roots.folders, held_by, given)
        at = time.monotonic()
        child = COMMANDS.start(lambda: spawner(streams), is_sandboxed=bool(held_by.layers))
    if isinstance(child, Contained):
        stack.callback(os.close, child.pidfd)
        stack.callback(os.close, child.link)
    else:
        stack.callback(COMMANDS.remove, child.pid)
        if child.pidfd is not None:
            stack.callback(os.close, child.pidfd)
    return Started(child, outputs, bool(held_by.layers), roots.refused, at)


def _spawner(
    asked: _Asked, folders: tuple[str, ...], held_by: Enforcement, stack: contextlib.ExitStack
) -> Callable[[Stdio], Child | Contained]:
    """How the command is to be made; `stack` gets what is to be closed when it is.

    Raises: SandboxUnavailableError, when the kernel cannot enforce the policy.
    """
    command, policy = asked.command, asked.policy
    if not held_by.layers:
        return lambda stdio: spawn(command, stdio, None)
    if sys.platform == "darwin":
        held = under_seatbelt(
            command, policy=policy, roots=folders, protected=asked.protected or ProtectedPaths()
        )
        return lambda stdio: spawn(held, stdio, None)
    limits = restrictions(policy, folders, held_by, stack)
    if NAMESPACES not in held_by.layers:
        return lambda stdio: spawn(command, stdio, limits)
    where = surroundings(
        policy,
        folders,
        shares_network=held_by.network in (NetworkMode.PORTS, NetworkMode.FULL),
        cwd=command.cwd,
        program=command.path,
        protected=asked.protected,
        abi=held_by.landlock_abi,
    )
    return lambda stdio: _spawn_contained(where, command, stdio, limits)


def _spawn_contained(
    where: Surroundings, command: Command, stdio: Stdio, limits: Restrictions
) -> Contained:
    try:
        return SERVERS.spawn(where, command, stdio, limits)
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


def resolve(params: ExecParams) -> Command:
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
    return Command(path, params.argv, params.env, params.cwd)


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


def restrictions(
    policy: SandboxPolicy,
    folders: tuple[str, ...],
    held_by: Enforcement,
    stack: contextlib.ExitStack,
) -> Restrictions:
    """What to put a command under; `stack` gets what is to be closed.

    Raises: SandboxUnavailableError, when the kernel cannot enforce the policy.
    """
    plan = ruleset_plan(policy, folders, abi=held_by.landlock_abi, network=held_by.network)
    ruleset_fd = create_ruleset(plan)
    stack.callback(os.close, ruleset_fd)
    form = filter_form(policy, held_by)
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
