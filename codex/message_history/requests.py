"""The message history of one engine: keeps the user's messages of every session, and finds them.

Messages to keep and requests go to the thread `codex-history` (worker.py) in the order of
submission, so neither a slow disk nor another process's lock delays the session. Messages that
cannot be written wait in memory, and are tried again.
"""

from __future__ import annotations

import threading
from queue import SimpleQueue
from typing import TYPE_CHECKING, NamedTuple

from codex.config.types import HistoryPersistence
from codex.protocol.events import (
    Event,
    EventMsg,
    GetHistoryEntriesResponse,
    GetHistoryEntryResponse,
    HistoryReloaded,
    SearchHistoryResponse,
)
from codex.protocol.ops import (
    AddToHistory,
    GetHistoryEntriesRequest,
    GetHistoryEntryRequest,
    ReloadHistory,
    SearchHistoryRequest,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from codex.config.types import HistorySettings

CLOSE_PATIENCE_S = 5.0
"""How long the end of the engine waits for a lock behind which nothing changes."""
LONGEST_CLOSE_S = 30.0
"""How long it waits while others add entries."""

HistoryRequest = (
    GetHistoryEntryRequest | GetHistoryEntriesRequest | SearchHistoryRequest | ReloadHistory
)
HistoryOp = AddToHistory | HistoryRequest


class HistoryState(NamedTuple):
    """What a client must know to ask for entries; as it is where there is no history."""

    log_id: int = 0
    entry_count: int = 0


class Take(NamedTuple):
    """A submission."""

    event_id: str
    session_id: str
    op: HistoryOp


class Describe(NamedTuple):
    """The engine asks for the state of the history, to tell its client; warnings wait for that."""

    event_id: str
    answers: SimpleQueue[HistoryState]


class Described(NamedTuple):
    """The client has been told."""

    event_id: str


Message = Take | Describe | Described | None
"""None ends the thread, once everything is written."""


class MessageHistory:
    """Takes the history's operations, and sends their results as events."""

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
        self._folder = folder
        self._settings = settings
        self._clock = clock
        self._messages: SimpleQueue[Message] = SimpleQueue()
        self._thread: threading.Thread | None = None

    def take(self, submission_id: str, session_id: str, op: HistoryOp) -> None:
        """Take an operation and return at once. Its events carry `submission_id`.

        No method here is thread-safe. Args: session_id: the session that an entry belongs to.
        """
        if self._is_on:
            self._send(Take(submission_id, session_id, op))
        elif not isinstance(op, AddToHistory):
            self._put(Event(submission_id, nothing(op)))

    def describe(self, event_id: str) -> SimpleQueue[HistoryState]:
        """Open the current history; its state will arrive on the queue.

        Args: event_id: id for warnings about it, which follow once `described` is called.
        """
        answers: SimpleQueue[HistoryState] = SimpleQueue()
        if self._is_on:
            self._send(Describe(event_id, answers))
        else:
            answers.put(HistoryState())
        return answers

    def described(self, event_id: str) -> None:
        """Report that the client knows the state."""
        if self._is_on:
            self._send(Described(event_id))

    def close(self) -> None:
        """Write the pending entries, and end the thread."""
        if self._thread is not None:
            self._messages.put(None)
            # Longer than the thread waits for a lock; if the disk hangs, the thread is abandoned.
            self._thread.join(LONGEST_CLOSE_S + 1.0)

    def _send(self, message: Message) -> None:
        if self._thread is None:
            # Imported on first use: a headless run never needs it.
            from codex.message_history.worker import HistoryWorker

            worker = HistoryWorker(self._folder, self._settings, self._clock, self._put)
            self._thread = threading.Thread(
                target=worker.run, args=(self._messages,), name="codex-history", daemon=True
            )
            self._thread.start()
        self._messages.put(message)


def nothing(op: HistoryRequest) -> EventMsg:
    """What answers a request when there is no such history."""
    match op:
        case GetHistoryEntryRequest(offset, log_id):
            return GetHistoryEntryResponse(offset, log_id)
        case GetHistoryEntriesRequest(log_id, offset, _):
            return GetHistoryEntriesResponse(log_id, offset, ())
        case SearchHistoryRequest(log_id, query):
            return SearchHistoryResponse(log_id, query, (), is_complete=True)
        case ReloadHistory():
            return HistoryReloaded(0, 0)
