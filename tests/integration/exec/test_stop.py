"""Stopping `codex exec` at every moment: the exit code, and nothing left behind."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from tests.support.kernel.lifeline import HOLD, UP, Lifeline
from tests.support.listeners import FullListener
from tests.support.model.fake_model import FakeModel, Reply, Stall
from tests.support.program import PATIENCE_S, Program, provider_config

if TYPE_CHECKING:
    import subprocess

STUBBORN = f'trap "" TERM INT HUP; {UP} while :; do sleep 1; done'
COMMANDS = {
    "grandchild": f"{HOLD} sh -c '{STUBBORN}' & wait",
    "daemon": f"{HOLD} (setsid sh -c '{STUBBORN}' &); exec sleep 600",
}
"""Commands whose descendant ignores signals and holds the pipes, in the group or outside."""
IGNORING = ("/bin/sh", "-c", 'trap "" HUP; exec "$0" "$@"')


def stop(process: subprocess.Popen[str], number: int = signal.SIGINT) -> tuple[int, str, str]:
    """Send a signal; return status, stdout and stderr."""
    process.send_signal(number)
    out, err = process.communicate(timeout=PATIENCE_S)
    assert "Traceback" not in err
    return process.returncode, out, err


def line_of(process: subprocess.Popen[str], words: str) -> str:
    """Read stderr up to a line with some words in it."""
    assert process.stderr is not None
    for line in process.stderr:
        if words in line:
            return line
    raise AssertionError(f"no line has '{words}' in it")


def test_control_c_while_connecting(program: Program) -> None:
    with FullListener() as listener:
        program.configure(provider_config(f"http://127.0.0.1:{listener.port}/v1"))
        process = program.start("exec", "go")
        listener.wait_until_tried()
        status, out, err = stop(process)
    assert (status, out) == (130, "")
    assert "interrupted" in err


@pytest.mark.parametrize(
    ("number", "status"),
    [(signal.SIGINT, 130), (signal.SIGTERM, -signal.SIGTERM), (signal.SIGHUP, -signal.SIGHUP)],
)
def test_a_signal_while_the_model_is_silent(program: Program, number: int, status: int) -> None:
    stall = Stall()
    with FakeModel([Reply.text("never", before_head=stall)]) as model:
        program.configure(provider_config(model.base_url))
        process = program.start("exec", "go")
        assert stall.reached.wait(PATIENCE_S)
        assert stop(process, number)[:2] == (status, "")


def test_control_c_in_the_middle_of_the_answer(program: Program) -> None:
    stall = Stall()
    with FakeModel([Reply.text("one two three").stall_at(300, stall)]) as model:
        program.configure(provider_config(model.base_url))
        process = program.start("exec", "go")
        assert stall.reached.wait(PATIENCE_S)
        assert stop(process)[:2] == (130, "")


def test_control_c_between_two_tries(program: Program) -> None:
    with FakeModel([Reply.error(429, "busy", headers={"Retry-After": "50"})]) as model:
        program.configure(provider_config(model.base_url, retries=1))
        process = program.start("exec", "go")
        line_of(process, "retrying 1/1 in 50.0 s")
        assert stop(process)[:2] == (130, "")
        assert len(model.requests) == 1


@pytest.mark.parametrize(
    ("number", "status"),
    [
        (signal.SIGINT, 130),
        (signal.SIGTERM, -signal.SIGTERM),
        (signal.SIGQUIT, -signal.SIGQUIT),
    ],
)
@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_a_signal_while_a_command_runs_leaves_no_process(
    program: Program, command: str, number: int, status: int
) -> None:
    script = [Reply.call("shell", {"command": ["sh", "-c", command]})]
    with FakeModel(script) as model, Lifeline(program.repo) as lifeline:
        program.configure(provider_config(model.base_url))
        process = program.start("exec", "go")
        lifeline.wait_until_held()
        assert stop(process, number)[0] == status
        assert lifeline.is_let_go()


def test_a_second_control_c_does_not_wait(program: Program) -> None:
    stall = Stall()
    with FakeModel([Reply.text("never", before_head=stall)]) as model:
        program.configure(provider_config(model.base_url))
        process = program.start("exec", "go")
        assert stall.reached.wait(PATIENCE_S)
        process.send_signal(signal.SIGINT)
        assert stop(process)[0] in (130, -signal.SIGINT)


def test_a_hang_up_that_the_caller_ignores_stays_ignored(program: Program) -> None:
    stall = Stall()
    with FakeModel([Reply.text("all done", before_head=stall)]) as model:
        program.configure(provider_config(model.base_url))
        process = program.start("exec", "go", launcher=IGNORING)
        assert stall.reached.wait(PATIENCE_S)
        process.send_signal(signal.SIGHUP)
        stall.release.set()
        out, _ = process.communicate(timeout=PATIENCE_S)
    assert (process.returncode, out) == (0, "all done\n")
