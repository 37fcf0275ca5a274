"""Make the responses of an engine to requests about the message history."""

from __future__ import annotations

from collections.abc import Sequence

from codex.protocol.events import SessionConfigured
from codex.protocol.ops import GetHistoryEntriesRequest, Op, SearchHistoryRequest
from codex.protocol.replies import (
    GetHistoryEntriesResponse,
    HistoryEntry,
    HistoryMatch,
    SearchHistoryResponse,
)


def configured(*, log_id: int = 1, count: int = 0, session_id: str = "here") -> SessionConfigured:
    return SessionConfigured(
        session_id=session_id,
        model="m",
        cwd="/",
        provider="p",
        approval_policy="never",
        sandbox="read-only",
        history_log_id=log_id,
        history_entry_count=count,
    )


def entry(text: str, *, session_id: str = "another") -> HistoryEntry:
    return HistoryEntry(session_id, 0, text)


def page(op: Op, log: Sequence[str | None]) -> GetHistoryEntriesResponse:
    """Return the response to a request for entries, where the history file is `log`."""
    assert isinstance(op, GetHistoryEntriesRequest)
    texts = log[op.offset : op.offset + op.count]
    return GetHistoryEntriesResponse(
        op.log_id, op.offset, tuple(None if text is None else entry(text) for text in texts)
    )


def matches(op: Op, log: Sequence[str]) -> SearchHistoryResponse:
    """Return the response to a search request, where the history file is `log`."""
    assert isinstance(op, SearchHistoryRequest)
    end = len(log) if op.before is None else op.before
    fitting = [at for at in range(end) if op.query.lower() in log[at].lower()][::-1]
    found = tuple(HistoryMatch(at, entry(log[at])) for at in fitting[: op.count])
    return SearchHistoryResponse(op.log_id, op.query, found, len(found) == len(fitting))
