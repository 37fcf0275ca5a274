"""EventBridge: a queue that carries events from the engine's threads to the event loop.

The first waiting event wakes the loop. The loop handles the events in portions, so that it can read
keys and draw frames in between.
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
"""Seconds that the loop may spend on one portion of events: half a frame."""


class EventBridge:
    """Passes one engine's events from its threads to the event loop."""

    def __init__(self, loop: AbstractEventLoop, take: Callable[[Event], None]) -> None:
        """Args: take: called in the event loop with each event, in order."""
        self._waiting: SimpleQueue[Event] = SimpleQueue()
        self._loop = loop
        self._take = take
        self._is_woken = False
        self._is_closed = False

    def put(self, event: Event) -> None:
        """Queue an event for the event loop; may be called from any thread."""
        self._waiting.put(event)
        if not (self._is_woken or self._is_closed):
            self._is_woken = True
            try:
                self._loop.call_soon_threadsafe(self._drain)
            except RuntimeError:  # the loop has ended
                self._is_closed = True

    def close(self) -> None:
        """Deliver no more events, neither queued nor later ones: the engine is being closed."""
        self._is_closed = True

    def _drain(self) -> None:
        # Cleared first, so that an event put after the last look at the queue wakes the loop again.
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
