"""Exact exit codes and signals: one process, which ends the way its caller is told."""

from __future__ import annotations

import signal
import subprocess
import time
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


@pytest.mark.parametrize("arguments", [("--no-such-flag",), ("exec", "--no-such-flag")])
def test_a_wrong_command_line_is_2(program: Program, arguments: tuple[str, ...]) -> None:
    done = program.run(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert "--no-such-flag" in done.stderr
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


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_no_process_is_left_of_a_command(
    program: Program, model: FakeModel, number: signal.Signals
) -> None:
    program.configure(provider_config(model.base_url))
    mark = f"86399.{time.time_ns() % 1_000_000_000}"
    script = f"echo started > {program.work}/started; sleep {mark} & sleep {mark}"
    model.add(Reply.call("shell", {"command": ["sh", "-c", script], "timeout": 600_000}))
    with program.started(*EXEC, "--full-auto", "a question") as process:
        started = program.work / "started"
        wait_until(lambda: started.exists() or process.poll() is not None, "the command starts")
        assert started.exists(), process.communicate()
        process.send_signal(number)
        process.communicate(timeout=PATIENCE_S)
    wait_until(lambda: not is_running(mark), "the command and its background process are gone")


def is_running(mark: str) -> bool:
    """Whether a process has `mark` in its command line."""
    return subprocess.run(["pgrep", "-f", f"sleep {mark}"], capture_output=True).returncode == 0


def wait_until(holds: Callable[[], bool], what: str) -> None:
    """Look again and again; an external process gives no other sign."""
    end = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < end, f"waited in vain: {what}"
        time.sleep(0.01)
