"""The signals that stop a front end, turned into values on the one queue it waits on.

The thread `codex-signals` puts them there; the front end's loop decides what a signal means, in
order with everything else that arrives.

A Python handler cannot do this, although a SimpleQueue is re-entrant: it runs in the main thread,
and if the signal arrives between the interpreter's last check for signals and the wait for the
queue, the wait continues and the handler runs only after the next event. Under load that was one
Control-C in a hundred. The interpreter's wake-up descriptor is written immediately, whatever the
threads do.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

STOP_GRACE_S = 1.5
"""Time limit for the cleanup after SIGTERM, SIGHUP or SIGQUIT; MCP clients kill after 2 s."""
_STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)


class StopSignal(NamedTuple):
    """SIGINT, SIGTERM, SIGHUP or SIGQUIT arrived."""

    number: int

    @property
    def is_from_keyboard(self) -> bool:
        """Whether it is Control-C, which may stop the task only; other signals stop the program."""
        return self.number == signal.SIGINT


@contextlib.contextmanager
def stop_signals_to(put: Callable[[StopSignal], None]) -> Iterator[None]:
    """Pass each stop signal to `put` while the block runs. Main thread only.

    A process that has not ended `STOP_GRACE_S` after SIGTERM, SIGHUP or SIGQUIT is killed by that
    signal. A signal that is already ignored (nohup, a script's background job) stays ignored.

    Args: put: the method of a queue; called in the thread `codex-signals`.
    """
    ending: list[int] = []
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    thread = threading.Thread(
        target=_forward, args=(reader, put, ending), name="codex-signals", daemon=True
    )
    thread.start()
    handled = [number for number in _STOPPING if signal.getsignal(number) != signal.SIG_IGN]
    old_writer = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    # Never restored: the alarm may still be running when the block ends.
    signal.signal(signal.SIGALRM, lambda number, _frame: die_by(ending[0] if ending else number))
    previous = {number: signal.signal(number, _do_nothing) for number in handled}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(old_writer)
        os.close(writer)
        thread.join()
        os.close(reader)


def _do_nothing(_number: int, _frame: FrameType | None) -> None:
    """Do nothing about a signal: only signals with a handler reach the wake-up descriptor."""


def _forward(reader: int, put: Callable[[StopSignal], None], ending: list[int]) -> None:
    """Put every stop signal on the queue until the other end of the pipe is closed.

    Args: ending: receives the signals that end the program.
    """
    while numbers := os.read(reader, 64):
        for number in numbers:
            if number not in _STOPPING:
                continue
            stop = StopSignal(number)
            put(stop)
            if not stop.is_from_keyboard:
                # Limit the cleanup: the main thread may be stuck in a write without a reader.
                ending.append(number)
                signal.setitimer(signal.ITIMER_REAL, STOP_GRACE_S)


def let_signals_kill() -> None:
    """Make a further stop signal end the process immediately, unless it is ignored.

    To be called when the cleanup begins. Main thread only.
    """
    for number in _STOPPING:
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)


def die_by(number: int) -> None:
    """End this process by the signal `number`, so that its parent sees that status.

    Main thread only. Nothing else runs: no `finally` block, and no flush of the streams.
    """
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
