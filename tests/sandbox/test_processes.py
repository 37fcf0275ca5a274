"""Nothing of a command survives it, on the real kernel, with and without the sandbox."""

from __future__ import annotations

import contextlib
import fcntl
import os
import select
import shutil
import signal
import subprocess
import sys
import termios
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from codex.base.cancel import Cancel
from codex.base.errors import SpawnError
from codex.protocol.events import OutputStream
from codex.protocol.policy import DANGER_FULL_ACCESS, SandboxPolicy
from codex.sandbox.linux.namespaces import SERVERS
from codex.sandbox.linux.tree import children_of, send
from codex.sandbox.params import ExecResult
from tests.support.commands import WORKSPACE, OutputWatch, Workspace, pids_in, processes_in
from tests.support.waiting import wait_until

POLICIES = pytest.mark.parametrize(
    "policy", [WORKSPACE, DANGER_FULL_ACCESS], ids=["sandboxed", "unsandboxed"]
)
TIME_OUTS_MS = (300, 1200, 4800, 20_000, 60_000)
"""Meant to strike: the first that leaves the command the time to start on a busy machine."""

SURVIVORS = {
    "in the background": "sh -c 'echo $$ > pid.1; exec sleep 600' &",
    "in the background, without our pipes": (
        "sh -c 'echo $$ > pid.1; exec sleep 600' >/dev/null 2>&1 &"
    ),
    "in another session": "setsid sh -c 'echo $$ > pid.1; exec sleep 600' &",
    "a daemon": (
        "setsid sh -c 'echo $$ > pid.1; (echo x; setsid sh -c \"echo \\$\\$ > pid.2;"
        " exec sleep 600\" &) </dev/null >/dev/null 2>&1; exec sleep 600' &"
    ),
    "a daemon that holds our pipes": (
        "(setsid sh -c '(setsid sh -c \"echo \\$\\$ > pid.1; exec sleep 600\" &)' &)"
    ),
    "a daemon that ignores signals": (
        "(setsid sh -c 'trap \"\" TERM HUP INT; echo $$ > pid.1; sleep 600; sleep 600' &)"
    ),
}
UNTIL_STARTED = "\nuntil ls pid.* >/dev/null 2>&1; do sleep 0.01; done; sleep 0.05\n"


def assert_gone(workspace: Workspace) -> None:
    assert pids_in(workspace.inside), "the probe left no process id"
    assert not processes_in(workspace.inside)


def time_out(
    workspace: Workspace, script: str, *, n_processes: int = 1, policy: SandboxPolicy = WORKSPACE
) -> ExecResult:
    """Let a script run into its time-out, once as many processes as that have left their ids."""
    for timeout_ms in TIME_OUTS_MS:
        for left in workspace.inside.glob("pid.*"):
            left.unlink()
        result = workspace.run("sh", "-c", script, policy=policy, timeout_ms=timeout_ms)
        if len(pids_in(workspace.inside)) >= n_processes:
            return result
    raise AssertionError(f"it never came so far: {result}")


@POLICIES
@pytest.mark.parametrize("start", SURVIVORS.values(), ids=SURVIVORS)
def test_what_a_command_leaves_behind_dies_with_it(
    workspace: Workspace, start: str, policy: SandboxPolicy
) -> None:
    result = workspace.shell(f"{start}{UNTIL_STARTED}echo done; exit 3", policy=policy)
    assert (result.exit_code, result.stdout) == (3, "done\n")
    assert not result.is_timed_out
    assert_gone(workspace)


@POLICIES
@pytest.mark.parametrize("start", SURVIVORS.values(), ids=SURVIVORS)
def test_a_time_out_ends_the_whole_tree_and_keeps_the_output(
    workspace: Workspace, start: str, policy: SandboxPolicy
) -> None:
    script = f"echo before; {start}{UNTIL_STARTED}echo started; echo $$ > pid.sh; sleep 600"
    result = time_out(workspace, script, n_processes=2, policy=policy)
    assert result.is_timed_out
    assert not result.is_interrupted
    assert result.exit_code == 124
    assert result.output.startswith("before\nstarted\n")
    assert_gone(workspace)


@POLICIES
@pytest.mark.parametrize("start", SURVIVORS.values(), ids=SURVIVORS)
def test_an_interrupt_ends_the_whole_tree_and_keeps_the_output(
    workspace: Workspace, start: str, policy: SandboxPolicy
) -> None:
    cancel = Cancel()
    result = workspace.run(
        *("sh", "-c", f"{start}{UNTIL_STARTED}echo started; sleep 600"),
        policy=policy,
        cancel=cancel,
        on_output=OutputWatch("started", cancel),
    )
    cancel.close()
    assert result.is_interrupted
    assert not result.is_timed_out
    assert result.exit_code == 130
    assert result.output.startswith("started\n")
    assert_gone(workspace)


def test_an_interrupt_before_the_start_starts_nothing(workspace: Workspace) -> None:
    cancel = Cancel()
    cancel.set()
    result = workspace.run("touch", "new", cancel=cancel)
    assert (result.exit_code, result.is_interrupted) == (130, True)
    assert not (workspace.inside / "new").exists()


def test_an_interrupt_cuts_a_time_outs_grace_short(workspace: Workspace) -> None:
    script = "trap 'echo asked' TERM; echo $$ > pid.1; while :; do sleep 0.01; done"
    for timeout_ms in TIME_OUTS_MS:
        cancel = Cancel()
        result = workspace.run(
            *("sh", "-c", script),
            timeout_ms=timeout_ms,
            cancel=cancel,
            on_output=OutputWatch("asked", cancel),
        )
        cancel.close()
        if "asked" in result.output:
            break
    assert (result.exit_code, result.is_interrupted, result.is_timed_out) == (130, True, False)
    assert result.signal == signal.SIGKILL
    assert_gone(workspace)


def test_a_command_that_is_asked_to_end_may_clean_up_first(workspace: Workspace) -> None:
    script = "trap 'echo bye; exit 5' TERM; echo $$ > pid.1; while :; do sleep 0.01; done"
    result = time_out(workspace, script)
    assert (result.exit_code, result.stdout) == (124, "bye\n")
    assert result.signal is None


def test_children_may_clean_up_after_their_parent_is_gone(workspace: Workspace) -> None:
    child = "trap 'sleep 0.2; echo late; exit' TERM; echo $$ > pid.1; while :; do sleep 0.01; done"
    (workspace.inside / "child").write_text(child)
    result = time_out(workspace, "sh child & exec sleep 600")
    assert (result.exit_code, result.stdout) == (124, "late\n")
    assert_gone(workspace)


@pytest.mark.parametrize("whom", ["$$", "0"], ids=["itself", "its whole group"])
def test_a_stopped_command_is_ended_by_the_time_out(workspace: Workspace, whom: str) -> None:
    script = f"sh -c 'echo $$ > pid.1; exec sleep 600' &{UNTIL_STARTED}kill -STOP {whom}"
    result = time_out(workspace, script)
    assert result.exit_code == 124
    assert_gone(workspace)


def test_a_tree_that_grows_again_is_ended(workspace: Workspace) -> None:
    (workspace.inside / "breed").write_text(
        'echo $$ > "pid.$$"; trap "" TERM HUP\n'
        'if [ "$1" -gt 0 ]; then for i in 1 2 3; do setsid sh "$0" $(($1 - 1)) & done; fi\n'
        "sleep 600; sleep 600\n"
    )
    result = time_out(workspace, "exec sh breed 4", n_processes=40)
    assert result.exit_code == 124
    assert_gone(workspace)


def test_output_that_is_still_on_its_way_when_the_command_ends_is_not_cut(
    workspace: Workspace,
) -> None:
    if shutil.which("bash") is None:
        pytest.skip("bash is not installed")
    result = workspace.run("bash", "-c", "exec > >(sleep 0.02; tee log); echo text")
    assert result.stdout == "text\n"
    assert (workspace.inside / "log").read_text() == "text\n"


def test_the_end_of_a_daemon_can_be_waited_for(workspace: Workspace) -> None:
    # As long as its zombie is there, `kill -0` finds it.
    script = (
        "(setsid sh -c 'echo $$ > pid.1; exec sleep 0.2' &); until [ -s pid.1 ]; do :; done;"
        " while kill -0 $(cat pid.1) 2>/dev/null; do sleep 0.02; done; echo gone"
    )
    result = workspace.run("sh", "-c", script)
    assert (result.exit_code, result.output) == (0, "gone\n")


@POLICIES
def test_our_own_children_stay_ours(workspace: Workspace, policy: SandboxPolicy) -> None:
    with subprocess.Popen(["sleep", "600"]) as before, contextlib.ExitStack() as stack:
        during: list[subprocess.Popen[bytes]] = []

        def start_more(_stream: OutputStream, _text: str) -> None:
            if not during:
                during.append(stack.enter_context(subprocess.Popen(["sleep", "600"])))
                during.append(stack.enter_context(subprocess.Popen(["sh", "-c", "exit 7"])))

        result = workspace.run(
            *("sh", "-c", "echo x; (setsid sh -c 'echo $$ > pid.1; exec sleep 600' &); sleep 0.3"),
            policy=policy,
            on_output=start_more,
        )
        assert result.exit_code == 0
        assert_gone(workspace)
        assert before.poll() is None
        assert during[0].poll() is None
        assert during[1].wait() == 7
        before.kill()
        during[0].kill()


@contextlib.contextmanager
def running(workspace: Workspace) -> Iterator[int]:
    """Another command meanwhile, in a thread of its own; its process id."""
    cancel = Cancel()
    watch = OutputWatch("started")
    thread = threading.Thread(
        target=workspace.run,
        args=("sh", "-c", "echo $$ > pid.other; echo started; exec sleep 600"),
        kwargs={"cancel": cancel, "on_output": watch},
    )
    thread.start()
    try:
        assert watch.seen.wait(10)
        (pid,) = processes_in(workspace.inside)
        yield pid
    finally:
        cancel.set()
        thread.join()
        cancel.close()


@POLICIES
def test_two_commands_at_once_do_not_end_each_other(
    workspace: Workspace, policy: SandboxPolicy
) -> None:
    with running(workspace) as other:
        script = "sh -c 'echo $$ > pid.1; exec sleep 600' & sleep 0.1; echo done"
        assert workspace.shell(script, policy=policy).stdout == "done\n"
        assert processes_in(workspace.inside) == [other]
    assert_gone(workspace)


@POLICIES
def test_a_daemon_left_by_one_of_two_commands_dies_with_the_last(
    workspace: Workspace, policy: SandboxPolicy
) -> None:
    with running(workspace):
        script = "(setsid sh -c 'echo $$ > pid.1; exec sleep 600' >/dev/null 2>&1 &); sleep 0.1"
        assert workspace.shell(script, policy=policy).exit_code == 0
    assert_gone(workspace)


def test_an_error_of_the_front_end_ends_the_command(workspace: Workspace) -> None:
    def fail(_stream: OutputStream, _text: str) -> None:
        raise RuntimeError("the screen is gone")

    with pytest.raises(RuntimeError, match="the screen is gone"):
        workspace.run("sh", "-c", "echo $$ > pid.1; echo x; exec sleep 600", on_output=fail)
    assert_gone(workspace)


@contextlib.contextmanager
def agent(workspace: Workspace, script: str) -> Iterator[subprocess.Popen[str]]:
    """A process of its own that runs a script, and has seen its first line."""
    text = (
        "import sys\n"
        "sys.path[:0] = sys.argv[2].split(':')\n"
        "from pathlib import Path\n"
        "from tests.support.commands import Workspace\n"
        "folder = Path(sys.argv[1])\n"
        "say = lambda stream, text: print(text, end='', flush=True)\n"
        f"workspace = Workspace(folder, folder, {workspace.is_contained})\n"
        "workspace.run('sh', '-c', sys.argv[3], on_output=say)\n"
    )
    argv = [sys.executable, "-c", text, str(workspace.inside), ":".join(sys.path), script]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline()
        yield process
        process.kill()


def wait_for_the_end_of(pids: list[int]) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            watch = os.pidfd_open(pid)
            assert select.select([watch], [], [], 10)[0], "it outlives the agent"
            os.close(watch)


def test_a_command_dies_when_the_agent_is_killed(workspace: Workspace) -> None:
    with agent(workspace, "echo up; exec sleep 600") as process:
        (pid,) = processes_in(workspace.inside)
        process.kill()
        wait_for_the_end_of([pid])


def test_nothing_of_a_command_outlives_an_agent_that_is_killed(workspace: Workspace) -> None:
    if not workspace.is_contained:
        pytest.skip("without a process namespace, what is in the background may live on")
    script = "(setsid sh -c 'trap \"\" TERM HUP; sleep 600; sleep 600' &); echo up; sleep 600"
    with agent(workspace, script) as process:
        pids = processes_in(workspace.inside)
        assert len(pids) >= 3
        process.kill()
        wait_for_the_end_of(pids)


def test_no_descriptor_is_left_open(workspace: Workspace) -> None:
    cancel = Cancel()
    cancel.fileno()
    workspace.run("true")
    before = sorted(os.listdir("/proc/self/fd"))
    for _ in range(3):
        workspace.run("true", cancel=cancel)
        workspace.run("sh", "-c", "sleep 600 &", policy=DANGER_FULL_ACCESS, cancel=cancel)
    assert sorted(os.listdir("/proc/self/fd")) == before
    cancel.close()


def test_orphans_of_others_are_adopted_only_while_a_command_runs(workspace: Workspace) -> None:
    workspace.run("true")
    script = "sh -c 'sleep 600 >/dev/null 2>&1 & echo $!'"
    pid = int(subprocess.run(["sh", "-c", script], capture_output=True, check=True).stdout)
    try:
        parent = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1]
        assert int(parent) != os.getpid()
    finally:
        os.kill(pid, signal.SIGKILL)


def test_a_fork_server_that_was_killed_is_replaced(workspace: Workspace) -> None:
    if not workspace.is_contained:
        pytest.skip("without namespaces there is none")
    assert workspace.run("true").exit_code == 0
    held = stopped_servers()
    send(held, signal.SIGKILL)
    wait_for_the_end_of(held)
    assert workspace.run("true").exit_code == 0


def test_a_command_whose_start_was_cut_short_is_not_started_twice(workspace: Workspace) -> None:
    if not workspace.is_contained:
        pytest.skip("without namespaces nothing stands between")
    assert workspace.run("true").exit_code == 0
    ends = [server.fd for server in SERVERS.running()]
    held = stopped_servers()
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(workspace.run, "sh", "-c", "echo x >> started")
        wait_until(lambda: any(map(unread_bytes, ends)), "the command's start")
        send(held, signal.SIGKILL)
        with pytest.raises(SpawnError, match="the first process of its namespace was killed"):
            running.result()
    assert not (workspace.inside / "started").exists()
    assert workspace.run("true").exit_code == 0


def stopped_servers() -> list[int]:
    """The fork servers, and then what waits below them for the next command."""
    servers = [server.pid for server in SERVERS.running()]
    stop(servers)
    waiting = [child for pid in servers for child in children_of(pid)]
    stop(waiting)
    return [*servers, *waiting]


def stop(pids: list[int]) -> None:
    send(pids, signal.SIGSTOP)
    for pid in pids:
        wait_until(partial(is_stopped_or_gone, pid), f"the stop of process {pid}")


def is_stopped_or_gone(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return True
    return stat.rpartition(")")[2].split()[0] in "TXZ"


def unread_bytes(socket: int) -> int:
    return int.from_bytes(fcntl.ioctl(socket, termios.TIOCOUTQ, bytes(4)), sys.byteorder)
