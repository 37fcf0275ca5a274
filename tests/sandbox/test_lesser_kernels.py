"""If the kernel cannot confine a command, or a container prevents it, no command runs."""

from __future__ import annotations

import errno
import sys

import pytest

from codex.sandbox.linux.kernel import without_namespaces
from tests.support.commands import Workspace
from tests.support.kernel.lesser_kernel import run_without

pytestmark = pytest.mark.parametrize("workspace", [False], indirect=True, ids=["either way"])

IGNORES_SIGCHLD = (
    sys.executable,
    "-c",
    "import os, signal, sys; signal.signal(signal.SIGCHLD, signal.SIG_IGN);"
    " os.execv(sys.argv[1], sys.argv[1:])",
)
CLOSES_STDIO = ("sh", "-c", 'exec "$0" "$@" <&- 2>&-')

MISSING = {
    "no Landlock": ("landlock_create_ruleset", errno.ENOSYS, "Landlock", "ENOSYS"),
    "Landlock switched off": (
        "landlock_create_ruleset",
        errno.EOPNOTSUPP,
        "Landlock",
        "ENOTSUP",
    ),
    "a container that forbids Landlock": (
        "landlock_create_ruleset",
        errno.EPERM,
        "Landlock",
        "EPERM",
    ),
    "rules that cannot be added": ("landlock_add_rule", errno.EINVAL, "Landlock", "EINVAL"),
    "a ruleset that cannot be enforced": (
        "landlock_restrict_self",
        errno.EPERM,
        "Landlock",
        "EPERM",
    ),
    "no seccomp": ("seccomp", errno.ENOSYS, "seccomp", "ENOSYS"),
    "capabilities that cannot be dropped": ("capset", errno.EPERM, "capabilities", "EPERM"),
}


@pytest.mark.parametrize(("call", "error", "part", "name"), MISSING.values(), ids=MISSING)
def test_a_command_does_not_run_when_a_part_of_the_rules_is_missing(
    workspace: Workspace, call: str, error: int, part: str, name: str
) -> None:
    found = run_without(workspace.inside, {call: error}, "touch", "new")
    assert found["error"] == "SandboxUnavailableError"
    message = found["message"]
    assert "\n" not in message
    assert message.startswith(f"The sandbox is not available: {part}: ")
    assert f" ({name}). Nothing was run. " in message
    for way_out in ("lsm=", "--container-is-sandbox", "danger-full-access"):
        assert way_out in message
    assert not (workspace.inside / "new").exists()


STARVED = {
    "no user namespaces": ("unshare", errno.EPERM, "user namespaces: "),
    "too many user namespaces": ("unshare", errno.ENOSPC, "user namespaces: "),
    "namespaces without capabilities": ("mount", errno.EACCES, "mounts in a namespace: "),
    "mounts that cannot be made read-only": ("mount_setattr", errno.ENOSYS, "mounts in a "),
    "no copies of mounts": ("move_mount", errno.EPERM, "devices in a namespace: "),
}


@pytest.mark.parametrize(("call", "error", "cause"), STARVED.values(), ids=STARVED)
def test_without_namespaces_rules_hold_a_command_and_the_user_is_told(
    workspace: Workspace, call: str, error: int, cause: str
) -> None:
    starved = {call: error}
    script = "echo hi; echo x > /dev/full; touch ../outside/new"
    found = run_without(workspace.inside, starved, "sh", "-c", script)
    assert (found["has_rules"], found["has_namespaces"]) == (True, False)
    assert "hi\n" in found["output"]
    assert "touch: cannot touch '../outside/new': Permission denied" in found["output"]
    assert f"The sandbox is weaker here, without namespaces ({cause}" in found["notice"]
    assert "\n" not in found["notice"]
    full = run_without(workspace.inside, starved, "touch", "new", require="full")
    assert full["error"] == "SandboxUnavailableError"
    assert full["message"].startswith(f"The sandbox is not available: namespaces: {cause}")
    assert full["message"].endswith('set sandbox.require to "best-effort"')
    assert not (workspace.inside / "new").exists()


def test_a_kernel_that_lacks_nothing_is_enough_for_all_that_can_be_required(
    workspace: Workspace,
) -> None:
    if (missing := without_namespaces()) is not None:
        pytest.skip(f"this machine lacks namespaces: {missing}")
    found = run_without(workspace.inside, {}, "echo", "hi", require="full")
    held = {"has_rules": True, "has_namespaces": True, "notice": None}
    assert found == {"output": "hi\n", "exit_code": 0, **held}


@pytest.mark.parametrize("call", ["landlock_create_ruleset", "seccomp", "close_range"])
def test_without_a_sandbox_a_lesser_kernel_is_enough(workspace: Workspace, call: str) -> None:
    script = "ls /proc/self/fd | wc -l"
    found = run_without(
        workspace.inside, {call: errno.ENOSYS}, "sh", "-c", script, is_sandboxed=False
    )
    held = {"has_rules": False, "has_namespaces": False, "notice": None}
    assert found == {"output": "4\n", "exit_code": 0, **held}


def test_a_folder_that_may_not_be_entered_is_named(workspace: Workspace) -> None:
    found = run_without(workspace.inside, {"chdir": errno.EACCES}, "true")
    assert found["error"] == "SpawnError"
    assert found["message"] == (
        f"cannot run 'true': the working directory '{workspace.inside}': Permission denied"
    )


def test_what_fails_before_the_program_is_told_in_words(workspace: Workspace) -> None:
    found = run_without(workspace.inside, {"clone": errno.EAGAIN}, "true")
    cause = "the process that makes namespaces: Resource temporarily unavailable (EAGAIN)"
    assert found == {"error": "SpawnError", "message": f"cannot start a command: {cause}"}
    found = run_without(workspace.inside, {"clone": errno.EAGAIN}, "true", is_sandboxed=False)
    assert found == {
        "error": "SpawnError",
        "message": "cannot run 'true': Resource temporarily unavailable",
    }


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("pipe2", "cannot start a command: user namespaces: Too many open files (EMFILE)"),
        (
            "landlock_create_ruleset",
            "cannot start a command: Landlock: Too many open files (EMFILE)",
        ),
    ],
)
def test_what_is_only_short_now_is_not_blamed_on_the_kernel(
    workspace: Workspace, call: str, message: str
) -> None:
    found = run_without(workspace.inside, {call: errno.EMFILE}, "true")
    assert found == {"error": "SpawnError", "message": message}


def test_a_caller_that_ignores_sigchld_still_learns_how_a_command_ended(
    workspace: Workspace,
) -> None:
    found = run_without(
        workspace.inside, {}, "sh", "-c", "(setsid sleep 0.01 &); exit 3", launcher=IGNORES_SIGCHLD
    )
    assert (found["output"], found["exit_code"]) == ("", 3)


def test_a_caller_without_a_stdin_and_stderr_of_its_own_can_run_commands(
    workspace: Workspace,
) -> None:
    script = "readlink /proc/self/fd/0; ls /proc/self/fd | wc -l; exec >&2; echo x"
    found = run_without(workspace.inside, {}, "sh", "-c", script, launcher=CLOSES_STDIO)
    assert sorted(found["output"].splitlines()) == ["/dev/null", "4", "x"]
