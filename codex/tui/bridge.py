"""The bridge between the engine's threads and the loop: events wait here, and wake the loop up.

However many events wait, the loop is woken once, and takes them in portions, so that keys and
frames come between them.
"""

from __future__ import annotations

import time
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop
    from collections.abc import Callable

    from codex.protocol.events import Event

PORTION_S = 0.008
"""How long one portion may take: half of a frame."""


class EventBridge:
    """The way of one engine's events into the loop."""

    def __init__(self, loop: AbstractEventLoop, take: Callable[[Event], None]) -> None:
        """Args: take: called in the loop with each event, in order."""
        self._waiting: SimpleQueue[Event] = SimpleQueue()
        self._loop = loop
        self._take = take
        self._is_woken = False
        self._is_closed = False

    def put(self, event: Event) -> None:
        """Add an event; from any thread."""
        self._waiting.put(event)
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
                event = self._waiting.get_nowait()
            except Empty:
                return
            self._take(event)
            if time.monotonic() > end:
                self._is_woken = True
                self._loop.call_soon(self._drain)
                return
