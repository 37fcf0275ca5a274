"""What a command may do to the system and to other processes, on the real kernel."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator

import pytest

from codex.protocol.policy import DANGER_FULL_ACCESS
from tests.support.commands import Workspace, is_alive

PYTHON_WITH_LIBRARY = (sys.executable, "-I", "-c")
OUT_OF_REACH = re.compile("Operation not permitted|No such process")
"""By the filter or by Landlock; or not there at all, in a process namespace."""
DENIED = re.compile("Permission denied|Read-only file system")
IS_ROOT = os.geteuid() == 0


@pytest.fixture
def bystander() -> Iterator[subprocess.Popen[bytes]]:
    """A process of the user that no command started."""
    process = subprocess.Popen(["sleep", "600"])
    yield process
    process.kill()
    process.wait()


@pytest.mark.parametrize("call", ["os.kill(pid, 0)", "os.kill(pid, 15)", "signal_by_pidfd(pid)"])
def test_other_processes_cannot_be_signalled(
    workspace: Workspace, abi: int, call: str, bystander: subprocess.Popen[bytes]
) -> None:
    if abi < 6:
        pytest.skip(f"Landlock scopes signals from ABI 6 on, this kernel has {abi}")
    text = (
        "import os, signal, sys; pid = int(sys.argv[1])\n"
        "def signal_by_pidfd(pid): signal.pidfd_send_signal(os.pidfd_open(pid), 0)\n"
        f"{call}"
    )
    with subprocess.Popen(["sleep", "600"]) as expendable:
        free = workspace.python(text, str(expendable.pid), policy=DANGER_FULL_ACCESS)
        assert free.exit_code == 0, free.output
        expendable.kill()
    held = workspace.python(text, str(bystander.pid))
    assert OUT_OF_REACH.search(held.stderr)
    assert is_alive(bystander.pid)


def test_the_agent_cannot_be_signalled(workspace: Workspace, abi: int) -> None:
    if abi < 6:
        pytest.skip(f"Landlock scopes signals from ABI 6 on, this kernel has {abi}")
    said = workspace.refusal("import os; os.kill(os.getppid(), 0)")
    assert "Operation not permitted" in said


def test_the_agents_environment_and_memory_cannot_be_read(workspace: Workspace) -> None:
    for name in ("environ", "mem", "maps", "fd/0"):
        said = workspace.refusal(
            f"import os; os.open(f'/proc/{{os.getppid()}}/{name}', os.O_RDONLY)"
        )
        assert "Permission denied" in said, name


def test_a_command_may_signal_what_it_started(workspace: Workspace) -> None:
    result = workspace.shell("sleep 600 & kill -TERM $!; wait $!; echo $?")
    assert result.stdout == "143\n"


def test_the_priority_and_the_limits_of_others_are_out_of_reach(
    workspace: Workspace, bystander: subprocess.Popen[bytes]
) -> None:
    for probe in (
        "os.setpriority(os.PRIO_PROCESS, pid, 19)",
        "os.sched_setaffinity(pid, os.sched_getaffinity(0))",
        "import resource; resource.prlimit(pid, resource.RLIMIT_CORE, (0, 0))",
    ):
        text = f"import os, sys; pid = int(sys.argv[1]); {probe}"
        assert OUT_OF_REACH.search(workspace.refusal(text, str(bystander.pid)))


def test_its_own_priority_and_limits_are_its_own(workspace: Workspace) -> None:
    result = workspace.run(
        *PYTHON_WITH_LIBRARY,
        "import os, resource; os.nice(1); os.sched_setaffinity(0, os.sched_getaffinity(0))\n"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64)); print('ok')",
    )
    assert result.output == "ok\n"


@pytest.mark.skipif(not IS_ROOT, reason="others cannot do these things anyway")
def test_root_has_no_capability_left(workspace: Workspace) -> None:
    script = "grep -E 'Cap(Inh|Prm|Eff|Bnd|Amb)' /proc/self/status | cut -f 2 | sort -u"
    assert workspace.shell(script).output == "0000000000000000\n"
    assert workspace.shell(script, policy=DANGER_FULL_ACCESS).output.count("\n") > 1


@pytest.mark.skipif(not IS_ROOT, reason="only root can work in another user's folder")
def test_root_can_work_in_a_folder_of_another_user(workspace: Workspace) -> None:
    (workspace.inside / "theirs").write_text("")
    for path in (workspace.inside, workspace.inside / "theirs"):
        os.chown(path, 65534, 65534)
    (workspace.outside / "file").write_text("")
    script = 'echo x > theirs; touch mine; chown 0 theirs; echo y > "$outside/file"'
    result = workspace.shell(script)
    assert (workspace.inside / "theirs").read_text() == "x\n"
    assert (workspace.inside / "mine").exists()
    assert "Operation not permitted" in result.stderr
    assert DENIED.search(result.stderr)


@pytest.mark.parametrize("command", ["unshare -U true", "unshare -m true", "chroot / true"])
def test_namespaces_and_roots_cannot_be_made(workspace: Workspace, command: str) -> None:
    if workspace.shell(command, policy=DANGER_FULL_ACCESS).exit_code != 0:
        pytest.skip(f"`{command}` does not work on this machine at all")
    result = workspace.shell(command)
    assert result.exit_code != 0
    assert "Operation not permitted" in result.stderr


def test_no_new_privileges_and_a_filter_are_on(workspace: Workspace) -> None:
    result = workspace.shell("grep -E '^(NoNewPrivs|Seccomp):' /proc/self/status")
    assert result.output == "NoNewPrivs:\t1\nSeccomp:\t2\n"
    free = workspace.shell("grep -E '^NoNewPrivs:' /proc/self/status", policy=DANGER_FULL_ACCESS)
    assert free.output == "NoNewPrivs:\t0\n"


def test_there_is_no_terminal_to_write_to(workspace: Workspace) -> None:
    assert workspace.shell("exec 2>/dev/null; : > /dev/tty").exit_code != 0


def test_the_sandbox_holds_for_all_that_a_command_starts(workspace: Workspace) -> None:
    result = workspace.shell("setsid sh -c \"nice sh -c 'echo x > $outside/new'\"")
    assert DENIED.search(result.stderr)


def test_sandboxes_nest_sixteen_deep_and_then_say_so(workspace: Workspace) -> None:
    text = (
        "import os, sys\n"
        "sys.path[:0] = sys.argv[1].split(os.pathsep)\n"
        "from tests.support.commands import Workspace\n"
        "from codex.base.errors import CodexError\n"
        "from pathlib import Path\n"
        "folder = Path('.').resolve()\n"
        "again = (sys.executable, *sys.orig_argv[1:])\n"
        "try: r = Workspace(folder, folder).run(*again, timeout_ms=60000)\n"
        "except CodexError as error: print(str(error))\n"
        "else: print(r.output, end='')\n"
    )
    result = workspace.run(*PYTHON_WITH_LIBRARY, text, os.pathsep.join(sys.path))
    assert "the sandbox cannot be nested any deeper" in result.output, result.output
    assert "E2BIG" in result.output
    assert "start fewer agents inside one another" in result.output
