"""The messages that the thread `codex-history` receives, and the time limits for ending it."""

from __future__ import annotations

from queue import SimpleQueue
from typing import NamedTuple

from codex.protocol.events import EventMsg
from codex.protocol.ops import (
    AddToHistory,
    GetHistoryEntriesRequest,
    GetHistoryEntryRequest,
    ReloadHistory,
    SearchHistoryRequest,
)
from codex.protocol.replies import (
    GetHistoryEntriesResponse,
    GetHistoryEntryResponse,
    HistoryReloaded,
    SearchHistoryResponse,
)

CLOSE_PATIENCE_S = 5.0
"""Seconds to wait for a lock when the engine ends, counted from the file's latest change."""
LONGEST_CLOSE_S = 30.0
"""Seconds to wait for a lock in all when the engine ends, even while the file changes."""

HistoryRequest = (
    GetHistoryEntryRequest | GetHistoryEntriesRequest | SearchHistoryRequest | ReloadHistory
)
HistoryOp = AddToHistory | HistoryRequest


class HistoryState(NamedTuple):
    """Id of the history file and its number of entries, for requests; 0 and 0 without a history."""

    log_id: int = 0
    entry_count: int = 0


class Take(NamedTuple):
    """An operation on the history that a client submitted."""

    event_id: str
    """Id of the submission, for the events that answer it."""
    session_id: str
    """Session that a message to add belongs to."""
    op: HistoryOp


class Describe(NamedTuple):
    """A request to open the history and report its state; its warnings wait for `Described`."""

    event_id: str
    """Id that the warnings carry."""
    answers: SimpleQueue[HistoryState]
    """Queue that receives the state."""


class Described(NamedTuple):
    """Notice that the client has received the state, so that warnings may follow."""

    event_id: str


HistoryMessage = Take | Describe | Described | None
"""A message to the thread `codex-history`; None ends it after a last attempt to write entries."""


def nothing(op: HistoryRequest) -> EventMsg:
    """Return the empty response to a request, for when there is no history."""
    match op:
        case GetHistoryEntryRequest(offset, log_id):
            return GetHistoryEntryResponse(offset, log_id)
        case GetHistoryEntriesRequest(log_id, offset, _):
            return GetHistoryEntriesResponse(log_id, offset, ())
        case SearchHistoryRequest(log_id, query):
            return SearchHistoryResponse(log_id, query, (), is_complete=True)
        case ReloadHistory():
            return HistoryReloaded(0, 0)
