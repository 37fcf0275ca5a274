"""The messages to the thread `codex-history`, and the time limits for its end."""

from __future__ import annotations

from queue import SimpleQueue
from typing import NamedTuple

from codex.protocol.events import (
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

CLOSE_PATIENCE_S = 5.0
"""Longest time that the engine's end waits for a lock while the file does not change."""
LONGEST_CLOSE_S = 30.0
"""Longest time that the engine's end waits while other processes add entries."""

HistoryRequest = (
    GetHistoryEntryRequest | GetHistoryEntriesRequest | SearchHistoryRequest | ReloadHistory
)
HistoryOp = AddToHistory | HistoryRequest


class HistoryState(NamedTuple):
    """The state that a client needs in order to ask for entries; by default, without a history."""

    log_id: int = 0
    entry_count: int = 0


class Take(NamedTuple):
    """A submission of the client."""

    event_id: str
    session_id: str
    op: HistoryOp


class Describe(NamedTuple):
    """A request for the history's state, for the client; warnings wait until it is described."""

    event_id: str
    answers: SimpleQueue[HistoryState]


class Described(NamedTuple):
    """News that the client knows the state."""

    event_id: str


HistoryMessage = Take | Describe | Described | None
"""A message to the thread; None ends it once everything is written."""


def nothing(op: HistoryRequest) -> EventMsg:
    """Return the answer to a request for a history that does not exist."""
    match op:
        case GetHistoryEntryRequest(offset, log_id):
            return GetHistoryEntryResponse(offset, log_id)
        case GetHistoryEntriesRequest(log_id, offset, _):
            return GetHistoryEntriesResponse(log_id, offset, ())
        case SearchHistoryRequest(log_id, query):
            return SearchHistoryResponse(log_id, query, (), is_complete=True)
        case ReloadHistory():
            return HistoryReloaded(0, 0)
