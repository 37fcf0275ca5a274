"""A named pipe that a command and all its descendants hold open, to tell when they are gone.

with Lifeline(folder) as lifeline:
    ...  # run HOLD + the command, in `folder`
    lifeline.wait_until_held()
    ...  # end it
    assert lifeline.is_let_go()
"""

from __future__ import annotations

import os
import select
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

NAME = "lifeline"
PATIENCE_S = 60.0
HOLD = f"exec 9>{NAME}; "
"""Shell text that makes everything after it, and whatever that starts, hold the pipe."""
UP = "echo up >&9; "
"""Shell text that reports through the pipe that the command has come this far."""


class Lifeline:
    """The reading end of the pipe; a context manager that closes it."""

    def __init__(self, folder: Path) -> None:
        """Create the pipe in `folder`."""
        os.mkfifo(folder / NAME)
        self._fd = os.open(folder / NAME, os.O_RDONLY | os.O_NONBLOCK)
        self._poll = select.poll()
        self._poll.register(self._fd, select.POLLIN)

    def wait_until_held(self) -> None:
        """Wait until a process holds the pipe and has reported that it is up."""
        events = self._poll.poll(PATIENCE_S * 1000)
        assert events, "nobody came"
        assert os.read(self._fd, 4096)

    def is_let_go(self, patience_s: float = 0.0) -> bool:
        """Return whether every process has closed the pipe, now or within `patience_s`."""
        return any(event & select.POLLHUP for _, event in self._poll.poll(patience_s * 1000))

    def __enter__(self) -> Lifeline:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        os.close(self._fd)
