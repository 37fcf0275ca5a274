"""The messages to the thread `codex-history`, and how long the end of the engine waits for it."""

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
    """A submission of the client's."""

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


HistoryMessage = Take | Describe | Described | None
"""None ends the thread, once everything is written."""


def nothing(op: HistoryRequest) -> EventMsg:
    """The answer to a request for a history that is not there."""
    match op:
        case GetHistoryEntryRequest(offset, log_id):
            return GetHistoryEntryResponse(offset, log_id)
        case GetHistoryEntriesRequest(log_id, offset, _):
            return GetHistoryEntriesResponse(log_id, offset, ())
        case SearchHistoryRequest(log_id, query):
            return SearchHistoryResponse(log_id, query, (), is_complete=True)
        case ReloadHistory():
            return HistoryReloaded(0, 0)
