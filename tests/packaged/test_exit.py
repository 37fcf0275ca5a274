"""Exact exit codes and signals: one process, which ends the way its caller is told."""

from __future__ import annotations

import contextlib
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.packaged.program import PATIENCE_S, Program, provider_config
from tests.support.fake_model import FakeModel, Reply, Stall

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

EXEC = ("exec", "--skip-git-repo-check")


@pytest.fixture
def model() -> Iterator[FakeModel]:
    with FakeModel() as model:
        yield model


def test_done_is_0_and_the_answer_is_all_of_stdout(program: Program, model: FakeModel) -> None:
    program.configure(provider_config(model.base_url))
    model.add(Reply.text("the answer — ü"))
    done = program.run(*EXEC, "a question")
    assert (done.returncode, done.stdout) == (0, "the answer — ü\n"), done.stderr


def test_failed_is_1(program: Program, model: FakeModel) -> None:
    program.configure(provider_config(model.base_url))
    model.add(Reply.error(400, "no such model"))
    done = program.run(*EXEC, "a question")
    assert (done.returncode, done.stdout) == (1, "")
    assert "no such model" in done.stderr


@pytest.mark.parametrize("arguments", [("exec", "--no-such-flag"), ("exec", "-s", "none")])
def test_a_wrong_command_line_is_2(program: Program, arguments: tuple[str, ...]) -> None:
    done = program.run(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert arguments[-1] in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("number", "expected"),
    [(signal.SIGINT, 130), (signal.SIGTERM, -signal.SIGTERM), (signal.SIGKILL, -signal.SIGKILL)],
)
def test_a_signal_while_the_model_speaks(
    program: Program, model: FakeModel, number: signal.Signals, expected: int
) -> None:
    program.configure(provider_config(model.base_url))
    stall = Stall()
    model.add(Reply.text("half an answer").stall_at(20, stall))
    with program.started(*EXEC, "a question") as process:
        assert stall.reached.wait(PATIENCE_S)
        process.send_signal(number)
        process.communicate(timeout=PATIENCE_S)
    assert process.returncode == expected


@pytest.mark.parametrize(
    ("number", "command"),
    [
        (signal.SIGINT, "sleep {0} & sleep {0}"),
        (signal.SIGTERM, "sleep {0} & sleep {0}"),
        # Nothing can clean up after SIGKILL but the kernel, which ends the command itself.
        (signal.SIGKILL, "exec sleep {0}"),
    ],
)
def test_no_process_is_left_of_a_command(
    program: Program, model: FakeModel, number: signal.Signals, command: str
) -> None:
    program.configure(provider_config(model.base_url))
    mark = f"86399.{time.time_ns() % 1_000_000_000}"
    started = program.work / "started"
    script = f"echo started > {started}; {command.format(mark)}"
    model.add(Reply.call("shell", {"command": ["sh", "-c", script], "timeout": 600_000}))
    with program.started(*EXEC, "--full-auto", "a question") as process:
        wait_until(lambda: started.exists() or process.poll() is not None, "the command starts")
        assert started.exists(), process.communicate()
        process.send_signal(number)
        process.communicate(timeout=PATIENCE_S)
    wait_until(lambda: not is_running(mark), "the command and its background process are gone")


def is_running(mark: str) -> bool:
    """Whether a `sleep` of `mark` seconds is there."""
    wanted = f"sleep\0{mark}\0".encode()
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            if file.read_bytes() == wanted:
                return True
    return False


def wait_until(holds: Callable[[], bool], what: str) -> None:
    """Look again and again; an external process gives no other sign."""
    end = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < end, f"waited in vain: {what}"
        time.sleep(0.01)
