"""Start a command on Linux, under its Landlock and seccomp restrictions and in its namespaces."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

from codex.sandbox.enforcement import NetworkMode
from codex.sandbox.linux.contained import ContainedProcesses
from codex.sandbox.linux.landlock import ruleset_plan
from codex.sandbox.linux.namespaces import SERVERS, namespaces_for
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
from codex.sandbox.linux.tree import LIVE_COMMANDS, SharedProcesses

if TYPE_CHECKING:
    from collections.abc import Callable

    from codex.protocol.policy import SandboxPolicy
    from codex.sandbox.confinement import Confinement
    from codex.sandbox.linux.namespaces import Namespaces
    from codex.sandbox.params import Program, Stdio

CAP_DAC_OVERRIDE = 1 << 1


def start_on_linux(
    program: Program, confinement: Confinement, stdio: Stdio, stack: contextlib.ExitStack
) -> SharedProcesses | ContainedProcesses:
    """Start a program under its confinement; return its processes.

    Args: stack: receives the clean-up to do when the program's processes are cleared away.
    Raises: SpawnError; SandboxUnavailableError, when the kernel cannot enforce the policy.
    """
    enforcement = confinement.enforcement
    if not enforcement.has_namespaces:
        stack.enter_context(LIVE_COMMANDS.adopting())
    with contextlib.ExitStack() as given:
        spawner = _spawner(program, confinement, given)
        child = LIVE_COMMANDS.start(lambda: spawner(stdio), is_sandboxed=enforcement.has_rules)
    if isinstance(child, Contained):
        stack.callback(os.close, child.pidfd)
        stack.callback(os.close, child.link)
        return ContainedProcesses(child)
    stack.callback(LIVE_COMMANDS.remove, child.pid)
    if child.pidfd is not None:
        stack.callback(os.close, child.pidfd)
    return SharedProcesses(child)


def _spawner(
    program: Program, confinement: Confinement, stack: contextlib.ExitStack
) -> Callable[[Stdio], Child | Contained]:
    """Return the function that starts the process; `stack` receives what to close after that.

    Raises: as `restrictions`.
    """
    enforcement = confinement.enforcement
    if not enforcement.has_rules:
        return lambda stdio: spawn(program, stdio, None)
    limits = restrictions(confinement, stack)
    if not enforcement.has_namespaces:
        return lambda stdio: spawn(program, stdio, limits)
    where = namespaces_for(
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
    where: Namespaces, program: Program, stdio: Stdio, limits: Restrictions
) -> Contained:
    try:
        return SERVERS.spawn(where, program, stdio, limits)
    except NoNamespaces as exc:
        # Namespaces worked before, and the user was told that they hold commands, so no fallback.
        raise unavailable_for(str(exc), exc.error) from exc


def restrictions(confinement: Confinement, stack: contextlib.ExitStack) -> Restrictions:
    """Return the restrictions of a command; `stack` receives what to close once it is started.

    Raises: SandboxUnavailableError, when the kernel cannot enforce the policy; SpawnError, when
        only resources are lacking.
    """
    policy, folders = confinement.policy, confinement.folders
    enforcement = confinement.enforcement
    plan = ruleset_plan(policy, folders, abi=enforcement.landlock_abi, network=enforcement.network)
    ruleset_fd = create_ruleset(plan)
    stack.callback(os.close, ruleset_fd)
    form = filter_form(policy, enforcement)
    kept = _kept_capabilities(policy, folders)
    return Restrictions(ruleset_fd, filter_program(form), kept, form.is_supervised)


def _kept_capabilities(policy: SandboxPolicy, folders: tuple[str, ...]) -> int:
    """Return the capabilities that root keeps: at most CAP_DAC_OVERRIDE, for other users' folders.

    In a container, working in another user's folder is the usual case (a bind mount, a CI
    workspace), and without CAP_DAC_OVERRIDE root could not write a file there. Landlock still holds
    everything outside.
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
        return False  # it has just been removed
