"""The program in a real pseudo-terminal: start, resize, every way to leave, the modes after it."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.model.fake_model import FakeModel, Reply, Stall
from tests.support.program import Program, provider_config
from tests.support.screen.terminal import TerminalProgram

LEFT = ("\x1b[?1049l", "\x1b[?2004l", "\x1b[?1004l", "\x1b[?1007l", "\x1b[<u")
"""What ends the modes that were on."""


@pytest.fixture
def model() -> Iterator[FakeModel]:
    with FakeModel() as model:
        yield model


def start(
    program: Program, model: FakeModel, *arguments: str, size: tuple[int, int] = (80, 24)
) -> TerminalProgram:
    program.configure(provider_config(model.base_url))
    argv = [*program.argv, *arguments]
    return TerminalProgram(argv, cwd=program.repo, environ=program.environ, size=size)


def assert_restored(terminal: TerminalProgram) -> None:
    assert terminal.modes() == terminal.modes_before
    for sequence in LEFT:
        assert sequence in terminal.shown.raw
    assert terminal.shown.raw.rindex("\x1b[?25h") > terminal.shown.raw.rfind("\x1b[?25l")


def test_it_starts_takes_a_prompt_and_quits(
    program_argv: tuple[str, ...], model: FakeModel, tmp_path: Path
) -> None:
    model.add(Reply.text("the answer"))
    with Program(program_argv, tmp_path) as program, start(program, model) as terminal:
        terminal.wait_for("fake-model (Fake)")
        terminal.send("hello\r")
        terminal.wait_for("the answer")
        terminal.wait_for("tokens in")
        terminal.send("\x04")
        assert terminal.wait() == 0
        assert_restored(terminal)


def test_who_leaves_is_told_how_to_go_on(
    program_argv: tuple[str, ...], model: FakeModel, tmp_path: Path
) -> None:
    model.add(Reply.text("the answer"))
    with Program(program_argv, tmp_path) as program, start(program, model, "hello") as terminal:
        terminal.wait_for("tokens in")
        terminal.send("\x04")
        assert terminal.wait() == 0
        session_id = json.loads(program.run("sessions", "--json").stdout)["id"]
        assert f"to resume: codex resume {session_id}" in terminal.text()
        assert_restored(terminal)


def test_where_nothing_was_said_there_is_nothing_to_go_on_with(
    program_argv: tuple[str, ...], model: FakeModel, tmp_path: Path
) -> None:
    with Program(program_argv, tmp_path) as program, start(program, model) as terminal:
        terminal.wait_for("fake-model (Fake)")
        terminal.send("\x04")
        assert terminal.wait() == 0
        assert "to resume" not in terminal.text()


def test_ctrl_c_twice_quits(
    program_argv: tuple[str, ...], model: FakeModel, tmp_path: Path
) -> None:
    with Program(program_argv, tmp_path) as program, start(program, model) as terminal:
        terminal.wait_for("fake-model (Fake)")
        terminal.send("\x03")
        terminal.wait_for("Ctrl+C again")
        terminal.send("\x03")
        assert terminal.wait() == 0
        assert_restored(terminal)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT])
def test_a_signal_ends_it_and_the_terminal_is_as_before(
    program_argv: tuple[str, ...], model: FakeModel, tmp_path: Path, number: signal.Signals
) -> None:
    stall = Stall()
    model.add(Reply.text("never whole").stall_at(200, stall))
    with Program(program_argv, tmp_path) as program, start(program, model, "go") as terminal:
        assert stall.reached.wait(60)
        os.kill(terminal.process.pid, number)
        assert terminal.wait() == -number
        assert_restored(terminal)


def test_a_session_that_is_killed_is_recorded(
    program_argv: tuple[str, ...], model: FakeModel, tmp_path: Path
) -> None:
    stall = Stall()
    model.add(Reply.text("never whole").stall_at(200, stall))
    with Program(program_argv, tmp_path) as program:
        with start(program, model, "remember me") as terminal:
            assert stall.reached.wait(60)
            terminal.process.kill()
            terminal.process.wait()
        (rollout,) = program.home.glob("sessions/*/*/*/rollout-*.jsonl")
        assert "remember me" in rollout.read_text(encoding="utf-8")
        stall.release.set()
        model.add(Reply.text("I do"))
        with start(program, model, "resume", "--last") as terminal:
            terminal.wait_for("> remember me")
            terminal.send("do you?\r")
            terminal.wait_for("I do")


def test_another_size_is_drawn(
    program_argv: tuple[str, ...], model: FakeModel, tmp_path: Path
) -> None:
    with Program(program_argv, tmp_path) as program, start(program, model) as terminal:
        terminal.wait_for("fake-model (Fake)")
        terminal.resize(40, 12)
        terminal.send("in a small window")
        screen = terminal.wait_for("in a small window")
        assert all(len(row) <= 40 for row in screen.split("\n"))
        terminal.resize(20, 6)
        terminal.wait_for("window")


def test_outside_a_repository_nothing_runs_before_the_answer(
    program_argv: tuple[str, ...], model: FakeModel, tmp_path: Path
) -> None:
    with Program(program_argv, tmp_path) as program:
        (program.repo / ".git").rmdir()
        with start(program, model, "hello") as terminal:
            terminal.wait_for("Not a Git repository")
            terminal.wait_for("> n  quit")
            assert not list(program.home.glob("sessions/**/*.jsonl"))
            terminal.send("n")
            assert terminal.wait() == 0
            assert not model.requests
            assert_restored(terminal)


def test_without_a_terminal_it_says_what_to_do(
    program_argv: tuple[str, ...], tmp_path: Path
) -> None:
    with Program(program_argv, tmp_path) as program:
        done = program.run("hello")
        assert done.returncode == 2
        assert "codex exec" in done.stderr
