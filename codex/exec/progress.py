"""Progress: the line on a terminal that says what a silent run is waiting for. Pure.

It appears below the output and is erased before anything else is printed: it never reaches a file.
"""

from __future__ import annotations

from codex.protocol.events import (
    EventMsg,
    ExecCommandBegin,
    ExecCommandEnd,
    McpToolCallBegin,
    McpToolCallEnd,
    SessionConfigured,
    StreamError,
    TaskStarted,
)

_QUIET_S = 2.0
"""Seconds of waiting for the same thing after which the line appears."""
CLEAR = "\r\x1b[K"


class Progress:
    """Tracks what the run is waiting for, and since when."""

    def __init__(self) -> None:
        self._doing: str | None = None
        self._since = 0.0
        self._is_shown = False

    def update(self, msg: EventMsg, now: float) -> None:
        """Note what the run waits for from an event on; most events change nothing.

        Args: now: seconds on the host's clock.
        """
        match msg:
            case (
                SessionConfigured()
                | TaskStarted()
                | StreamError()
                | ExecCommandEnd()
                | McpToolCallEnd()
            ):
                self._doing = "waiting for the model"
            case ExecCommandBegin() | McpToolCallBegin():
                self._doing = "running"
            case _:
                return
        self._since = now

    def line(self, now: float) -> str:
        """Return the line to show at `now`; empty if the run has waited for less than _QUIET_S."""
        waited_s = int(now - self._since)
        if self._doing is None or waited_s < _QUIET_S:
            return ""
        self._is_shown = True
        minutes, seconds = divmod(waited_s, 60)
        waited = f"{minutes}m{seconds:02}s" if minutes else f"{seconds}s"
        return f"{CLEAR}... {self._doing} ({waited})"

    def erase(self) -> str:
        """Return the text that erases the line before other output; empty if no line is shown."""
        was_shown, self._is_shown = self._is_shown, False
        return CLEAR if was_shown else ""
