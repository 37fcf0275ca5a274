"""What has to be known before a command starts: its program's path, and its restrictions."""

from __future__ import annotations

import contextlib
import functools
import os
import stat
from typing import TYPE_CHECKING

from codex.errors import SpawnError
from codex.sandbox.landlock import FILE_ONLY, MINIMUM_ABI, ruleset_plan
from codex.sandbox.roots import writable_roots
from codex.sandbox.seccomp import filter_program
from codex.sandbox.spawn import (
    Command,
    Restrictions,
    create_ruleset,
    grant,
    landlock_abi,
    too_old,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from codex.protocol.policy import SandboxPolicy
    from codex.sandbox.landlock import RulesetPlan
    from codex.sandbox.params import ExecParams

DEFAULT_PATH = "/usr/local/bin:/usr/bin:/bin"
"""For an environment without PATH."""

CAP_DAC_OVERRIDE = 1 << 1


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
    folders = params.env.get("PATH", DEFAULT_PATH).split(":")
    candidates = [os.path.join(params.cwd, folder, name) for folder in folders]
    existing = [path for path in candidates if os.path.isfile(path)]
    for path in existing:
        if os.access(path, os.X_OK):
            return path
    if existing:
        _check_executable(name, existing[0])
    raise SpawnError(f"cannot run '{name}': there is no such program in PATH")


def _check_executable(name: str, path: str) -> None:
    if not os.path.exists(path):
        raise SpawnError(f"cannot run '{name}': '{path}' does not exist")
    if os.path.isdir(path):
        raise SpawnError(f"cannot run '{name}': '{path}' is a folder")
    if not os.access(path, os.X_OK):
        raise SpawnError(f"cannot run '{name}': '{path}' is not executable")


@contextlib.contextmanager
def restrictions(
    policy: SandboxPolicy, *, cwd: str, tmpdir: str | None
) -> Iterator[Restrictions | None]:
    """What to put a command under; None when the policy restricts nothing.

    Args: cwd: the session's working directory. tmpdir: the command's $TMPDIR.
    Raises: SandboxUnavailableError, when the kernel cannot enforce the policy.
    """
    if policy.is_unrestricted:
        yield None
        return
    abi = _usable_abi()
    folders = writable_roots(policy, cwd=cwd, tmpdir=tmpdir).folders
    ruleset_fd = _open_ruleset(ruleset_plan(policy, folders, abi=abi))
    try:
        kept = _kept_capabilities(policy, folders)
        yield Restrictions(ruleset_fd, filter_program(policy, abi=abi), kept)
    finally:
        os.close(ruleset_fd)


@functools.cache
def _usable_abi() -> int:
    abi = landlock_abi()
    if abi < MINIMUM_ABI:
        raise too_old(abi, MINIMUM_ABI)
    return abi


def _open_ruleset(plan: RulesetPlan) -> int:
    ruleset_fd = create_ruleset(plan)
    try:
        for path, access in plan.grants:
            with contextlib.suppress(OSError), _opened(path) as fd:
                is_folder = stat.S_ISDIR(os.fstat(fd).st_mode)
                grant(ruleset_fd, fd, access if is_folder else access & FILE_ONLY)
    except BaseException:
        os.close(ruleset_fd)
        raise
    return ruleset_fd


@contextlib.contextmanager
def _opened(path: str) -> Iterator[int]:
    fd = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        yield fd
    finally:
        os.close(fd)


def _kept_capabilities(policy: SandboxPolicy, folders: tuple[str, ...]) -> int:
    """Root loses all capabilities, but for one where it works in another user's folder.

    In a container that is the usual case (a bind mount, a CI workspace), and without
    CAP_DAC_OVERRIDE root could write no file there. Landlock still holds all that is outside.
    """
    if os.geteuid() != 0:
        return 0
    if policy.can_write_everything:
        return CAP_DAC_OVERRIDE
    is_foreign = any(os.stat(folder).st_uid != 0 for folder in folders)
    return CAP_DAC_OVERRIDE if is_foreign else 0
