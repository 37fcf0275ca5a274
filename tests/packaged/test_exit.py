"""The executable ends with exact exit codes and signals, and leaves no process behind."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from tests.support.kernel.lifeline import HOLD, UP, Lifeline
from tests.support.model.fake_model import FakeModel, Reply, Stall
from tests.support.program import PATIENCE_S, Program, provider_config

if TYPE_CHECKING:
    from collections.abc import Iterator

ENDS = [(signal.SIGINT, 130)] + [
    (number, -number) for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGKILL)
]


@pytest.fixture
def model(program: Program) -> Iterator[FakeModel]:
    with FakeModel() as model:
        program.configure(provider_config(model.base_url))
        yield model


def test_done_is_0_and_the_answer_is_all_of_stdout(program: Program, model: FakeModel) -> None:
    model.add(Reply.text("the answer — ü"))
    done = program.run("exec", "a question")
    assert (done.returncode, done.stdout) == (0, "the answer — ü\n"), done.stderr


def test_failed_is_1(program: Program, model: FakeModel) -> None:
    model.add(Reply.error(400, "no such model"))
    done = program.run("exec", "a question")
    assert (done.returncode, done.stdout) == (1, "")
    assert "no such model" in done.stderr


@pytest.mark.parametrize("arguments", [("exec", "--no-such-flag"), ("exec", "-s", "none")])
def test_a_wrong_command_line_is_2(program: Program, arguments: tuple[str, ...]) -> None:
    done = program.run(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert arguments[-1] in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(("number", "expected"), ENDS)
def test_a_signal_while_the_model_speaks(
    program: Program, model: FakeModel, number: int, expected: int
) -> None:
    stall = Stall()
    model.add(Reply.text("half an answer").stall_at(20, stall))
    process = program.start("exec", "a question")
    assert stall.reached.wait(PATIENCE_S)
    process.send_signal(number)
    process.communicate(timeout=PATIENCE_S)
    assert process.returncode == expected


@pytest.mark.parametrize(
    ("number", "command"),
    [
        (signal.SIGINT, "sleep 600 & sleep 600"),
        (signal.SIGTERM, "sleep 600 & sleep 600"),
        # Nothing can clean up after SIGKILL but the kernel, which ends the command itself.
        (signal.SIGKILL, "exec sleep 600"),
    ],
)
def test_no_process_is_left_of_a_command(
    program: Program, model: FakeModel, number: int, command: str
) -> None:
    script = ["sh", "-c", HOLD + UP + command]
    model.add(Reply.call("shell", {"command": script, "timeout": 600_000}))
    with Lifeline(program.repo) as lifeline:
        process = program.start("exec", "--full-auto", "a question")
        lifeline.wait_until_held()
        process.send_signal(number)
        process.communicate(timeout=PATIENCE_S)
        assert lifeline.is_let_go(PATIENCE_S if number == signal.SIGKILL else 0)
