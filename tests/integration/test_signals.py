"""Stop signals reach a main thread that does nothing but wait on its queue."""

from __future__ import annotations

import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

WAITER = """
import os, queue, signal, sys, threading
import codex.base.signals
from codex.base.signals import die_by, let_signals_kill, stop_signals_to
inbox = queue.SimpleQueue()
if "ignore" in sys.argv:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
with stop_signals_to(inbox.put):
    if "elsewhere" in sys.argv:
        to_myself = lambda: signal.pthread_kill(threading.get_ident(), signal.SIGINT)
        threading.Timer(0.1, to_myself).start()
    print("ready", flush=True)
    print(inbox.get().number, flush=True)
    if "stuck" in sys.argv:
        codex.base.signals.STOP_GRACE_S = 0.05
        print("ready", flush=True)
        reader, writer = os.pipe()
        while True:
            os.write(writer, bytes(65536))
    if "kill" in sys.argv:
        let_signals_kill()
        print("ready", flush=True)
        inbox.get()
if "die" in sys.argv:
    die_by(signal.SIGTERM)
"""

Program = subprocess.Popen[str]
PATIENCE_S = 30.0


@pytest.fixture
def start() -> Iterator[Callable[..., Program]]:
    """Start the waiter with some words; it is ready once this returns."""
    programs: list[Program] = []

    def start(*words: str) -> Program:
        program = subprocess.Popen(
            [sys.executable, "-c", WAITER, *words], stdout=subprocess.PIPE, text=True
        )
        programs.append(program)
        assert line(program) == "ready"
        return program

    yield start
    for program in programs:
        program.kill()
        program.communicate()


def line(program: Program) -> str:
    assert program.stdout is not None
    return program.stdout.readline().strip()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_becomes_a_value_on_the_queue(start: Callable[..., Program], number: int) -> None:
    program = start()
    program.send_signal(number)
    assert line(program) == str(int(number))
    assert program.wait() == 0


def test_a_signal_that_does_not_interrupt_the_main_thread_is_delivered_all_the_same(
    start: Callable[..., Program],
) -> None:
    # Like a signal just before the main thread begins to wait: it does not end that wait.
    program = start("elsewhere")
    out, _ = program.communicate(timeout=PATIENCE_S)
    assert out == "2\n"


def test_a_signal_ignored_from_outside_stays_ignored(start: Callable[..., Program]) -> None:
    program = start("ignore")
    program.send_signal(signal.SIGHUP)
    program.send_signal(signal.SIGTERM)
    assert line(program) == str(int(signal.SIGTERM))


def test_after_the_decision_to_end_a_signal_kills(start: Callable[..., Program]) -> None:
    program = start("kill")
    program.send_signal(signal.SIGINT)
    assert line(program) == str(int(signal.SIGINT))
    assert line(program) == "ready"
    program.send_signal(signal.SIGINT)
    assert program.wait() == -signal.SIGINT


def test_a_main_thread_stuck_in_a_write_dies_all_the_same(start: Callable[..., Program]) -> None:
    program = start("stuck")
    program.send_signal(signal.SIGINT)
    assert line(program) == str(int(signal.SIGINT))
    assert line(program) == "ready"
    program.send_signal(signal.SIGTERM)
    assert program.wait() == -signal.SIGTERM


def test_the_parent_sees_the_signal_that_ended_the_program(start: Callable[..., Program]) -> None:
    program = start("die")
    program.send_signal(signal.SIGTERM)
    assert line(program) == str(int(signal.SIGTERM))
    assert program.wait() == -signal.SIGTERM
