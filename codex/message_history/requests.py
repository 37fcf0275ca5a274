"""The message history for one engine: adds the user's messages, and finds those of all sessions.

New messages and requests go to the thread `codex-history` (worker.py) in the order of submission,
so neither a slow disk nor another process's lock delays the session. Messages that cannot be
written wait in memory for the next attempt.
"""

from __future__ import annotations

import threading
from queue import SimpleQueue
from typing import TYPE_CHECKING

from codex.config.types import HistoryPersistence
from codex.message_history.messages import (
    LONGEST_CLOSE_S,
    Describe,
    Described,
    HistoryMessage,
    HistoryOp,
    HistoryState,
    Take,
    nothing,
)
from codex.protocol.events import Event
from codex.protocol.ops import AddToHistory

if TYPE_CHECKING:
    from collections.abc import Callable

    from codex.config.types import HistorySettings


class MessageHistory:
    """Passes operations on the history to its thread, which sends their results as events."""

    def __init__(
        self,
        folder: str,
        settings: HistorySettings,
        *,
        clock: Callable[[], float],
        put: Callable[[Event], None],
    ) -> None:
        """Create the history; its thread starts when it is first needed.

        Args: folder: CODEX_HOME. clock: returns the seconds since the epoch. put: called with each
            event, also in the thread `codex-history`.
        """
        self._is_on = settings.persistence is HistoryPersistence.SAVE_ALL
        self._put = put
        self._folder = folder
        self._settings = settings
        self._clock = clock
        self._messages: SimpleQueue[HistoryMessage] = SimpleQueue()
        self._thread: threading.Thread | None = None

    def take(self, submission_id: str, session_id: str, op: HistoryOp) -> None:
        """Pass on an operation, without waiting for it. Its events carry `submission_id`.

        If the user has switched the history off, a message to add is ignored, and a request gets
        the empty response at once. No method here is thread-safe.

        Args: session_id: the session that a message to add belongs to.
        """
        if self._is_on:
            self._send(Take(submission_id, session_id, op))
        elif not isinstance(op, AddToHistory):
            self._put(Event(submission_id, nothing(op)))

    def describe(self, event_id: str) -> SimpleQueue[HistoryState]:
        """Open the current history; return a queue, on which its state will arrive.

        Args: event_id: id for warnings about the history, which follow after `described`.
        """
        answers: SimpleQueue[HistoryState] = SimpleQueue()
        if self._is_on:
            self._send(Describe(event_id, answers))
        else:
            answers.put(HistoryState())
        return answers

    def described(self, event_id: str) -> None:
        """Report that the client has received the state, so that warnings may follow."""
        if self._is_on:
            self._send(Described(event_id))

    def close(self) -> None:
        """Let the thread write the pending entries and end; wait for it, 31 s at most."""
        if self._thread is not None:
            self._messages.put(None)
            # Longer than the thread waits for a lock; if the disk hangs, the thread is abandoned.
            self._thread.join(LONGEST_CLOSE_S + 1.0)

    def _send(self, message: HistoryMessage) -> None:
        if self._thread is None:
            # Imported on first use: a headless run never needs it.
            from codex.message_history.worker import HistoryWorker

            worker = HistoryWorker(self._folder, self._settings, self._clock, self._put)
            self._thread = threading.Thread(
                target=worker.run, args=(self._messages,), name="codex-history", daemon=True
            )
            self._thread.start()
        self._messages.put(message)
