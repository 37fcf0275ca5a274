"""The bridge between the engine's threads and the loop: a queue that wakes the loop up.

However many events wait, the loop is woken once, and takes them in portions, so that keys and
frames come between them.
"""

from __future__ import annotations

import time
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

from codex.protocol.events import Event

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop
    from collections.abc import Callable

PORTION_S = 0.008
"""How long one portion may take: half of a frame."""


class EventQueue(SimpleQueue[Event]):
    """The queue of one engine's events."""

    def __init__(self, loop: AbstractEventLoop, take: Callable[[Event], None]) -> None:
        """Args: take: called in the loop with each event, in order."""
        super().__init__()
        self._loop = loop
        self._take = take
        self._is_woken = False
        self._is_closed = False

    def __new__(cls, *_: object) -> EventQueue:
        """Without the arguments, which the queue itself does not know."""
        return super().__new__(cls)

    def put(self, item: Event, block: bool = True, timeout: float | None = None) -> None:  # noqa: FBT001, FBT002 - SimpleQueue's
        """Add an event; from any thread."""
        super().put(item)
        if not (self._is_woken or self._is_closed):
            self._is_woken = True
            try:
                self._loop.call_soon_threadsafe(self._drain)
            except RuntimeError:  # the loop has ended, and nobody looks any more
                self._is_closed = True

    def close(self) -> None:
        """Hand on nothing any more: another engine has taken this one's place."""
        self._is_closed = True

    def _drain(self) -> None:
        # Cleared before looking: an event that is put after the look wakes the loop again.
        self._is_woken = False
        end = time.monotonic() + PORTION_S
        while not self._is_closed:
            try:
                event = self.get_nowait()
            except Empty:
                return
            self._take(event)
            if time.monotonic() > end:
                self._is_woken = True
                self._loop.call_soon(self._drain)
                return
