"""The signals that stop a front end, turned into values on the one queue it waits on.

A handler only puts on a SimpleQueue, which is re-entrant (style.md, section 4); what a signal means
is decided by the front end's loop, in order with everything else that arrives.
"""

from __future__ import annotations

import contextlib
import os
import signal
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

GRACE_S = 1.5
"""How long cleaning up may take after SIGTERM or SIGHUP; clients wait 2 s before they kill."""
_STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class StopSignal(NamedTuple):
    """SIGINT, SIGTERM or SIGHUP came."""

    number: int

    @property
    def is_from_keyboard(self) -> bool:
        """Control-C: the first one stops the task; the others stop the program."""
        return self.number == signal.SIGINT


@contextlib.contextmanager
def stop_signals_to(put: Callable[[StopSignal], None]) -> Iterator[None]:
    """Deliver stop signals for a while; main thread only.

    A signal that was ignored from outside (nohup, a background job of a script) stays ignored.

    Args: put: of a SimpleQueue; nothing else is safe inside a handler.
    """

    def deliver(number: int, _frame: FrameType | None) -> None:
        stop = StopSignal(number)
        put(stop)
        if not stop.is_from_keyboard:
            _die_soon(number)

    heeded = [number for number in _STOPPING if signal.getsignal(number) != signal.SIG_IGN]
    previous = {number: signal.signal(number, deliver) for number in heeded}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def let_signals_kill() -> None:
    """From here on a stop signal ends the process at once; for the last steps of cleaning up."""
    for number in _STOPPING:
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)


def _die_soon(number: int) -> None:
    """Bound the cleaning up: the main thread may be stuck in a write that nobody reads."""
    signal.signal(signal.SIGALRM, lambda _number, _frame: die_by(number))
    signal.setitimer(signal.ITIMER_REAL, GRACE_S)


def die_by(number: int) -> None:
    """End the process so that its parent sees the signal; the streams must be flushed."""
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
