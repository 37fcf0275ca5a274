"""The message history of one engine: the user's lines of every session, kept and found again.

What is to be kept and what is asked for goes to the thread `codex-history` (history_worker.py) in
the order of submission, so neither a slow disk nor another process's lock holds up the session.

Source: spec/history.md, whose gaps 1 to 8, 15 and 16 are closed here and in the history_ files.
"""

from __future__ import annotations

import threading
from queue import SimpleQueue
from typing import TYPE_CHECKING

from codex.config.types import HistoryPersistence
from codex.core.history_worker import (
    CLOSE_PATIENCE_S,
    Describe,
    HistoryState,
    HistoryWorker,
    Take,
    nothing,
)
from codex.protocol.events import Event
from codex.protocol.ops import AddToHistory

if TYPE_CHECKING:
    from collections.abc import Callable

    from codex.config.types import HistorySettings
    from codex.core.history_worker import HistoryOp, Message


class MessageHistory:
    """Takes the history's operations, and sends what they come to as events."""

    def __init__(
        self,
        folder: str,
        settings: HistorySettings,
        *,
        clock: Callable[[], float],
        put: Callable[[Event], None],
    ) -> None:
        """Args: folder: CODEX_HOME. clock: seconds since the epoch. put: takes the events."""
        self._is_on = settings.persistence is HistoryPersistence.SAVE_ALL
        self._put = put
        self._messages: SimpleQueue[Message] = SimpleQueue()
        self._worker = HistoryWorker(folder, settings, clock, put)
        self._thread: threading.Thread | None = None

    def take(self, submission_id: str, session_id: str, op: HistoryOp) -> None:
        """Take an operation; returns at once. Its events carry `submission_id`.

        Not thread-safe, like the others here. Args: session_id: what an entry is kept under.
        """
        if self._is_on:
            self._send(Take(submission_id, session_id, op))
        elif not isinstance(op, AddToHistory):
            self._put(Event(submission_id, nothing(op)))

    def describe(self, event_id: str) -> SimpleQueue[HistoryState]:
        """Open the history, or what has become of it since; its state will come on the queue.

        Args: event_id: for what the user has to hear about it.
        """
        answers: SimpleQueue[HistoryState] = SimpleQueue()
        if self._is_on:
            self._send(Describe(event_id, answers))
        else:
            answers.put(HistoryState())
        return answers

    def close(self) -> None:
        """Write what is still to be written, and end the thread."""
        if self._thread is not None:
            self._messages.put(None)
            # Longer than the thread waits for a lock; a disk that hangs is left behind.
            self._thread.join(CLOSE_PATIENCE_S + 1.0)

    def _send(self, message: Message) -> None:
        if self._thread is None:
            self._thread = threading.Thread(
                target=self._worker.run, args=(self._messages,), name="codex-history", daemon=True
            )
            self._thread.start()
        self._messages.put(message)
