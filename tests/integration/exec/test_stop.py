"""Stopping `codex exec`: the status, the time, and nothing left behind."""

from __future__ import annotations

import os
import select
import signal
from pathlib import Path

import pytest

from tests.support.fake_model import FakeModel, Reply, Stall
from tests.support.program import PATIENCE_S, Program

STUBBORN = 'trap "" TERM INT HUP; echo up > ready; while :; do sleep 1; done'
COMMAND = ["sh", "-c", f"sh -c '{STUBBORN}' & wait"]
"""A command with a grandchild that ignores signals and holds the pipes open."""


def wait_for_writer(fifo: Path) -> None:
    """Wait until somebody wrote to a named pipe."""
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    try:
        assert select.select([reader], [], [], PATIENCE_S)[0]
    finally:
        os.close(reader)


def processes_in(folder: Path) -> list[str]:
    """The command lines of the processes whose working directory is a folder.

    One whose memory is gone already, and which only waits to be reaped, has none and does not
    count.
    """
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            if os.readlink(f"/proc/{pid}/cwd") == str(folder):
                found.append(Path(f"/proc/{pid}/cmdline").read_text(encoding="utf-8"))
        except OSError:
            continue
    return list(filter(None, found))


@pytest.mark.parametrize(
    ("number", "status"),
    [(signal.SIGINT, 130), (signal.SIGTERM, -signal.SIGTERM), (signal.SIGHUP, -signal.SIGHUP)],
)
def test_a_signal_while_the_model_is_silent(tmp_path: Path, number: int, status: int) -> None:
    stall = Stall()
    with (
        FakeModel([Reply.text("never", before_head=stall)]) as model,
        Program(tmp_path, model.base_url) as program,
    ):
        process = program.start("exec", "go")
        assert stall.reached.wait(PATIENCE_S)
        process.send_signal(number)
        out, err = process.communicate(timeout=PATIENCE_S)
    assert (process.returncode, out) == (status, "")
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, -signal.SIGTERM)]
)
def test_a_signal_while_a_command_runs_leaves_no_process(
    tmp_path: Path, number: int, status: int
) -> None:
    script = [Reply.call("shell", {"command": COMMAND})]
    with FakeModel(script) as model, Program(tmp_path, model.base_url) as program:
        os.mkfifo(program.repo / "ready")
        process = program.start("exec", "go")
        wait_for_writer(program.repo / "ready")
        assert len(processes_in(program.repo)) >= 3
        process.send_signal(number)
        process.communicate(timeout=PATIENCE_S)
        assert process.returncode == status
        assert processes_in(program.repo) == []


def test_a_second_control_c_does_not_wait(tmp_path: Path) -> None:
    stall = Stall()
    with (
        FakeModel([Reply.text("never", before_head=stall)]) as model,
        Program(tmp_path, model.base_url) as program,
    ):
        process = program.start("exec", "go")
        assert stall.reached.wait(PATIENCE_S)
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=PATIENCE_S)
    assert process.returncode in (130, -signal.SIGINT)
