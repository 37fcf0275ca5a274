"""Attempts to reach the user's other processes, keys, terminals and memory, on the real kernel.

`Workspace.refusal` makes sure that each attempt succeeds without the sandbox.
"""

from __future__ import annotations

import contextlib
import os
import platform
import subprocess
import sys
from collections.abc import Iterator

import pytest

from codex.protocol.policy import DANGER_FULL_ACCESS
from codex.sandbox.linux.landlock import SCOPED_SIGNALS_ABI
from codex.sandbox.params import ExecResult
from tests.support.commands import Workspace, is_alive

LIBRARY = (sys.executable, "-I", "-c")
PRELUDE = (
    "import ctypes, os, sys; libc = ctypes.CDLL(None, use_errno=True)\n"
    "target = int(sys.argv[1])\n"
    "def call(*args):\n"
    "    result = libc.syscall(*args)\n"
    "    if result < 0: sys.exit(os.strerror(ctypes.get_errno()))\n"
    "    return result\n"
)


def numbers(**by_machine: tuple[int, int]) -> dict[str, int]:
    """System calls by name: their numbers on x86_64 and aarch64 -> on this machine."""
    index = 0 if platform.machine() == "x86_64" else 1
    return {name: pair[index] for name, pair in by_machine.items()}


N = numbers(
    add_key=(248, 217),
    keyctl=(250, 219),
    msgget=(68, 186),
    shmget=(29, 194),
    semget=(64, 190),
    mq_open=(240, 180),
    ptrace=(101, 117),
    process_vm_readv=(310, 270),
    pidfd_open=(434, 434),
    pidfd_getfd=(438, 438),
    kcmp=(312, 272),
    perf_event_open=(298, 241),
    io_uring_setup=(425, 425),
    sched_setscheduler=(144, 119),
    ioprio_set=(251, 30),
    setpriority=(141, 140),
    prlimit64=(302, 261),
)
PTRACE_SEIZE, USER_KEYRING = 0x4206, -4

ON_A_BYSTANDER = {
    "trace": f"call({N['ptrace']}, {PTRACE_SEIZE}, target, 0, 0)",
    "read memory": "open(f'/proc/{target}/mem', 'rb')",
    "read the environment": "open(f'/proc/{target}/environ').read()",
    "follow its root": "os.listdir(f'/proc/{target}/root')",
    "follow its folder": "os.listdir(f'/proc/{target}/cwd')",
    "open its descriptors": "os.open(f'/proc/{target}/fd/0', os.O_RDONLY)",
    "take a descriptor": (f"call({N['pidfd_getfd']}, call({N['pidfd_open']}, target, 0), 0, 0)"),
    "compare": f"call({N['kcmp']}, target, target, 0, 0, 0)",
    "terminate": "os.kill(target, 15)",
    "ask after": "os.kill(target, 0)",
    "terminate its group": "os.killpg(target, 15)",
    "slow down": f"call({N['setpriority']}, 0, target, 19)",
    "limit": f"call({N['prlimit64']}, target, 7, (ctypes.c_ulong * 2)(9, 9), None)",
    "keep from the disk": f"call({N['ioprio_set']}, 1, target, 3 << 13)",
    "schedule": f"call({N['sched_setscheduler']}, target, 3, ctypes.byref(ctypes.c_int(0)))",
    "pin": "os.sched_setaffinity(target, {0})",
    "score for the killer": "open(f'/proc/{target}/oom_score_adj', 'w').write('900')",
}


@contextlib.contextmanager
def bystander() -> Iterator[int]:
    """A process of the user's that no command started."""
    with subprocess.Popen(["sleep", "600"], start_new_session=True) as process:
        try:
            yield process.pid
        finally:
            process.kill()


@pytest.mark.parametrize("attempt", ON_A_BYSTANDER.values(), ids=ON_A_BYSTANDER)
def test_a_process_of_the_user_is_out_of_reach(workspace: Workspace, attempt: str) -> None:
    def run(target: int, *, is_free: bool) -> ExecResult:
        argv = (*LIBRARY, f"{PRELUDE}{attempt}", str(target))
        if is_free:
            return workspace.run(*argv, policy=DANGER_FULL_ACCESS)
        return workspace.run(*argv)

    with bystander() as target:
        free = run(target, is_free=True)
    assert free.exit_code == 0, free.output
    with bystander() as target:
        held = run(target, is_free=False)
    assert held.exit_code != 0, f"not refused: {held}"


ON_THE_KERNEL = {
    "the user's keyring": f"call({N['keyctl']}, 0, {USER_KEYRING}, 1)",
    "a new key": f"call({N['add_key']}, b'user', b'codex', b'x', 1, {USER_KEYRING})",
    "io_uring": f"call({N['io_uring_setup']}, 1, ctypes.create_string_buffer(256))",
}


@pytest.mark.parametrize("attempt", ON_THE_KERNEL.values(), ids=ON_THE_KERNEL)
def test_what_the_kernel_keeps_for_the_user_is_out_of_reach(
    workspace: Workspace, attempt: str
) -> None:
    argv = (*LIBRARY, f"{PRELUDE}{attempt}", "0")
    free = workspace.run(*argv, policy=DANGER_FULL_ACCESS)
    if free.exit_code != 0:
        pytest.skip(f"it is not to be had on this machine at all: {free.output}")
    assert workspace.run(*argv).exit_code != 0


KEY = 0x636F6478
IPC = {
    "a queue": (f"call({N['msgget']}, {KEY}, 0o1600)", f"call({N['msgget']}, {KEY}, 0)"),
    "memory": (f"call({N['shmget']}, {KEY}, 9, 0o1600)", f"call({N['shmget']}, {KEY}, 9, 0)"),
    "semaphores": (f"call({N['semget']}, {KEY}, 1, 0o1600)", f"call({N['semget']}, {KEY}, 1, 0)"),
    "a POSIX queue": (
        f"call({N['mq_open']}, b'codex-test', 0o102, 0o600, None)",
        f"call({N['mq_open']}, b'codex-test', 2, 0, None)",
    ),
    "POSIX memory": (
        "open('/dev/shm/codex-test', 'w').write('secret')",
        "open('/dev/shm/codex-test', 'r+')",
    ),
}


@pytest.fixture
def no_ipc_left() -> Iterator[None]:
    yield
    subprocess.run(["ipcrm", "-Q", hex(KEY)], capture_output=True, check=False)
    subprocess.run(["ipcrm", "-M", hex(KEY)], capture_output=True, check=False)
    subprocess.run(["ipcrm", "-S", hex(KEY)], capture_output=True, check=False)
    for path in ("/dev/mqueue/codex-test", "/dev/shm/codex-test"):
        with contextlib.suppress(OSError):
            os.unlink(path)


@pytest.mark.usefixtures("no_ipc_left")
@pytest.mark.parametrize(("make", "reach"), IPC.values(), ids=IPC)
def test_ipc_objects_of_the_user_are_out_of_reach(
    workspace: Workspace, make: str, reach: str
) -> None:
    def free(text: str) -> ExecResult:
        return workspace.run(*LIBRARY, f"{PRELUDE}{text}", "0", policy=DANGER_FULL_ACCESS)

    made = free(make)
    if made.exit_code != 0:
        pytest.skip(f"it cannot be made on this machine: {made.output}")
    assert free(reach).exit_code == 0
    assert workspace.run(*LIBRARY, f"{PRELUDE}{reach}", "0").exit_code != 0


def test_no_lease_on_a_file_of_the_user_makes_others_wait(workspace: Workspace) -> None:
    (workspace.outside / "file").write_text("theirs")
    words = workspace.refusal(
        "import fcntl, os, sys\n"
        "fd = os.open(sys.argv[1], os.O_RDONLY)\n"
        "fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_RDLCK)\n",
        str(workspace.outside / "file"),
    )
    assert words == "PermissionError: [Errno 1] Operation not permitted"


def test_a_signal_to_everybody_reaches_nobody_outside(workspace: Workspace, abi: int) -> None:
    if not workspace.is_contained and abi < SCOPED_SIGNALS_ABI:
        pytest.skip("this kernel does not hold signals, so it would reach all of the user's")
    with bystander() as target:
        text = "import os, signal; signal.signal(15, signal.SIG_IGN); os.kill(-1, 15)"
        workspace.python(text)
        assert is_alive(target)


def test_a_terminal_of_the_user_is_out_of_reach(workspace: Workspace) -> None:
    ours, theirs = os.openpty()
    try:
        name = os.ttyname(theirs)
        text = f"import os; os.write(os.open({name!r}, os.O_RDWR | os.O_NOCTTY), b'x')"
        assert workspace.python(text, policy=DANGER_FULL_ACCESS).exit_code == 0
        os.read(ours, 1)
        assert workspace.python(text).exit_code != 0
        inject = (
            f"import fcntl, os; fd = os.open({name!r}, os.O_RDONLY | os.O_NOCTTY)\n"
            "fcntl.ioctl(fd, 0x5412, b'x')"
        )
        assert workspace.run(*LIBRARY, inject).exit_code != 0
    finally:
        os.close(ours)
        os.close(theirs)


def test_tty_injection_fails_on_a_terminal_of_its_own_too(workspace: Workspace) -> None:
    if not workspace.is_contained:
        pytest.skip("without namespaces there are no terminals")
    text = (
        "import fcntl, os\n"
        "a, b = os.openpty(); os.login_tty(b) if hasattr(os, 'login_tty') else None\n"
        "for request in (0x5412, 0x5412 | 1 << 40, 0x541C):\n"
        "    try: fcntl.ioctl(b, request & 0xffffffff, b'x')\n"
        "    except PermissionError: continue\n"
        "    os._exit(1)\n"
    )
    assert workspace.run(*LIBRARY, text).exit_code == 0


def test_the_first_process_takes_no_signal_and_shows_nothing(workspace: Workspace) -> None:
    if not workspace.is_contained:
        pytest.skip("without namespaces there is no such process")
    script = (
        "kill -TERM 1; kill -KILL 1; kill -CHLD 1; cat /proc/1/environ /proc/1/maps;"
        " readlink /proc/1/fd/0; ls /proc/1/root; echo still here"
    )
    result = workspace.shell(script)
    assert result.stdout == "still here\n"
    assert result.exit_code == 0
