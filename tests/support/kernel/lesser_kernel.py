"""Run a command as on a kernel that lacks system calls: a seccomp filter makes them fail.

As a program: `lesser_kernel.py FOLDER REQUIRE CALL=ERRNO... -- COMMAND...` runs the command as the
engine does and prints the outcome as one line of JSON. REQUIRE is a Require, or `none` for a run
without the sandbox.
"""

from __future__ import annotations

import ctypes
import errno
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from codex.base.errors import CodexError
from codex.protocol.policy import DANGER_FULL_ACCESS
from codex.sandbox.enforcement import Require
from codex.sandbox.linux.blocked_calls import BlockedCall
from codex.sandbox.linux.spawn import compile_filter
from codex.sandbox.machine import enforcement_for
from tests.support.commands import WORKSPACE, Workspace

PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 38, 22, 2
ROOT = Path(__file__).resolve().parents[3]


def run_without(
    folder: Path,
    calls: dict[str, int],
    *command: str,
    is_sandboxed: bool = True,
    require: Require = "best-effort",
    launcher: tuple[str, ...] = (),
) -> dict[str, Any]:
    """Run a command in a process in which `calls` fail with these errnos.

    Args: launcher: words of a program that changes its own state, then executes its arguments.
        require: how much of the sandbox must be available.
    Returns: `error`, its class, and `message`; or `output`, `exit_code`, and
        `has_rules`, `has_namespaces` and `notice` as Enforcement has them.
    """
    lacking = [f"{call}={error}" for call, error in calls.items()]
    argv = [*launcher, sys.executable, "-m", "tests.support.kernel.lesser_kernel", str(folder)]
    argv += [require if is_sandboxed else "none", *lacking, "--", *command]
    done = subprocess.run(argv, cwd=ROOT, stdout=subprocess.PIPE, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


class _FilterProgram(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def lose(calls: dict[str, int]) -> None:
    """Make these system calls fail in this process and its children, for good."""
    program = compile_filter(BlockedCall(error, (call,)) for call, error in calls.items())
    block = _FilterProgram(len(program) // 8, program)
    libc = ctypes.CDLL(None, use_errno=True)
    for arguments in (
        (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0),
        (PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(block)),
    ):
        if libc.prctl(*arguments) != 0:
            raise OSError(ctypes.get_errno(), errno.errorcode[ctypes.get_errno()])


def main(argv: list[str]) -> None:
    folder, require, *rest = argv
    end = rest.index("--")
    lose({call: int(error) for call, _, error in (text.partition("=") for text in rest[:end])})
    workspace = Workspace(Path(folder), Path(folder))
    policy = DANGER_FULL_ACCESS if require == "none" else WORKSPACE
    needed: Require = "full" if require == "full" else "best-effort"
    try:
        enforcement = enforcement_for(policy, require=needed)
        result = workspace.run(*rest[end + 1 :], policy=policy)
    except CodexError as exc:
        print(json.dumps({"error": type(exc).__name__, "message": str(exc)}))
        return
    found = {"output": result.output, "exit_code": result.exit_code}
    held = {"has_rules": enforcement.has_rules, "has_namespaces": enforcement.has_namespaces}
    print(json.dumps({**found, **held, "notice": enforcement.notice}))


if __name__ == "__main__":
    main(sys.argv[1:])
