"""The work of the thread `codex-history`: append, look up, search, and report each problem once.

Entries that cannot be written yet wait in memory, in order, and are tried again: continually while
another process holds the lock; after a failure, when the next entry is added or the history is
opened. No entry is given up before the engine ends, and none silently. Requests get their responses
meanwhile, one for each.
"""

from __future__ import annotations

import logging
import time
from functools import partial
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, TypeVar

from codex.base.jsonio import dumps
from codex.message_history.file import HistoryError, HistoryFile, NotShortenedError
from codex.message_history.messages import (
    CLOSE_PATIENCE_S,
    LONGEST_CLOSE_S,
    Describe,
    HistoryMessage,
    HistoryRequest,
    HistoryState,
    Take,
    nothing,
)
from codex.protocol.events import Error, Event, EventMsg, Warning
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

if TYPE_CHECKING:
    from collections.abc import Callable

    from codex.config.types import HistorySettings
    from codex.message_history.index import HistoryIndex
    from codex.message_history.sensitive import SensitivePatterns

T = TypeVar("T")
logger = logging.getLogger(__name__)

MAX_PAGE = 1000
"""Most entries in one response."""
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.001, 0.005
"""Pauses between attempts while another process holds the lock."""
TOLD_AFTER_S = 5.0
"""Seconds of waiting after which the user is told that another process holds the lock."""


class HistoryWorker:
    """Owns the history file and its index; runs in the thread `codex-history`."""

    def __init__(
        self,
        folder: str,
        settings: HistorySettings,
        clock: Callable[[], float],
        put: Callable[[Event], None],
    ) -> None:
        self._file = HistoryFile(folder, settings.max_bytes)
        self._expressions = settings.sensitive_patterns
        self._sensitive: SensitivePatterns | None = None
        self._clock = clock
        self._put = put
        self._index: HistoryIndex | None = None
        self._pending: list[bytes] = []
        self._event_id = ""
        """Id of the latest submission, which warnings carry."""
        self._busy_since: float | None = None
        self._pause_s = _FIRST_PAUSE_S
        self._told: set[str] = set()
        self._warnings: list[Event] = []
        """Warnings for the user, sent after the response to the request that caused them."""

    def run(self, messages: SimpleQueue[HistoryMessage]) -> None:
        """Process messages in order until None arrives; then try to write the pending entries.

        It waits up to LONGEST_CLOSE_S for a lock, not at all after another failure.
        """
        while (message := self._next(messages)) is not None:
            self._event_id = message.event_id
            if isinstance(message, Describe):
                message.answers.put(self._guarded(self._open) or HistoryState())
                continue
            if isinstance(message, Take):
                self._take(message)
            self._deliver_warnings()
        self._guarded(self._finish)
        self._deliver_warnings()

    def _take(self, message: Take) -> None:
        op = message.op
        if isinstance(op, AddToHistory):
            self._guarded(partial(self._add, message.session_id, op.text))
        else:
            answer = self._guarded(partial(self._found, op)) or nothing(op)
            self._put(Event(message.event_id, answer))

    def _guarded(self, action: Callable[[], T]) -> T | None:
        """Return the result of `action`; if it fails, report a Warning or Error and return None."""
        try:
            return action()
        except (HistoryError, OSError) as error:
            self._tell_trouble(error)
        except Exception as error:
            logger.debug("message history failed", exc_info=True)
            text = f"internal error: {type(error).__name__}: {error}"
            self._warnings.append(Event(self._event_id, Error(text, kind="internal")))
        return None

    def _next(self, messages: SimpleQueue[HistoryMessage]) -> HistoryMessage:
        while self._busy_since is not None:
            try:
                return messages.get(timeout=self._pause_s)
            except Empty:
                self._flush()
                self._deliver_warnings()
        return messages.get()

    # Writing

    def _add(self, session_id: str, text: str) -> None:
        if text.startswith(" "):
            return
        if self._sensitive is None:
            from codex.message_history.sensitive import SensitivePatterns

            self._sensitive = SensitivePatterns.of(self._expressions)
        if (secret := self._sensitive.find(text)) is not None:
            self._tell_once(
                "sensitive",
                f"a message was not added to the message history because it seems to hold {secret}"
                " (history.sensitive_patterns); later ones will be skipped without a notice",
            )
            return
        entry = {"session_id": session_id, "ts": int(self._clock()), "text": text}
        self._pending.append(dumps(entry) + b"\n")
        self._flush()

    def _flush(self) -> None:
        """Write the pending entries, unless another process holds the lock."""
        if not self._pending:
            return
        try:
            is_written = self._append(b"".join(self._pending))
        except HistoryError as error:
            self._busy_since = None
            self._tell_trouble(error)
            self._flush_singly()
            return
        if is_written:
            self._pending.clear()
            self._busy_since = None
            self._pause_s = _FIRST_PAUSE_S
        else:
            self._wait_longer()

    def _flush_singly(self) -> None:
        """Write the pending entries singly: one too long for the disk must not block the others."""
        if len(self._pending) == 1:
            return
        waiting, self._pending = self._pending, []
        for line in waiting:
            try:
                is_written = self._append(line)
            except HistoryError:
                is_written = False
            if not is_written:
                self._pending.append(line)

    def _append(self, lines: bytes) -> bool:
        """Append lines; return False if a lock is busy. Warn of problems that do not prevent it."""
        try:
            is_written = self._file.append(lines)
        except NotShortenedError as error:
            self._tell_once("size", f"message history: {error}")
            is_written = True
        if not self._file.has_locks:
            self._tell_once(
                "locks",
                f'the file system of "{self._file.path}" has no locks: sessions that run at the'
                " same time may damage the message history",
            )
        return is_written

    def _wait_longer(self) -> None:
        now = time.monotonic()
        if self._busy_since is None:
            self._busy_since = now
        self._pause_s = min(self._pause_s * 2, _LONGEST_PAUSE_S)
        if now - self._busy_since > TOLD_AFTER_S:
            self._tell_once(
                "busy",
                f'another program holds the lock of "{self._file.path}": messages are added to the'
                " history once it releases the lock",
            )

    def _finish(self) -> None:
        self._flush()
        started = changed = time.monotonic()
        state = self._file.state()
        # A process that adds entries releases the lock in between; one that only holds it may not.
        while self._busy_since is not None:
            now = time.monotonic()
            if (latest := self._file.state()) != state:
                state, changed = latest, now
            if now - changed > CLOSE_PATIENCE_S or now - started > LONGEST_CLOSE_S:
                break
            time.sleep(_FIRST_PAUSE_S)
            self._flush()
        if self._busy_since is not None:
            self._warn(
                f"the last messages of this session ({len(self._pending)}) are not in the message"
                f' history: another program holds the lock of "{self._file.path}"'
            )
        if self._index is not None:
            self._index.close()

    # Reading

    def _found(self, op: HistoryRequest) -> EventMsg | None:
        match op:
            case ReloadHistory():
                return HistoryReloaded(*self._open())
            case GetHistoryEntryRequest(offset, log_id) if index := self._index_of(log_id, offset):
                (entry,) = index.entries(offset, 1) or (None,)
                return GetHistoryEntryResponse(offset, log_id, entry)
            case GetHistoryEntriesRequest(log_id, offset, count) if index := self._index_of(
                log_id, offset
            ):
                entries = index.entries(offset, min(count, MAX_PAGE))
                return GetHistoryEntriesResponse(log_id, offset, entries)
            case SearchHistoryRequest(log_id, query, before, count) if index := self._index_of(
                log_id
            ):
                from codex.message_history.search import search

                found = search(index, query, before=before, count=min(count, MAX_PAGE))
                return SearchHistoryResponse(log_id, query, found.matches, found.is_complete)
            case _:
                return None

    def _open(self) -> HistoryState:
        """Open the current history instead of the one that was open; return its state."""
        from codex.message_history.index import open_index

        self._flush()
        if self._index is not None:
            self._index.close()
            self._index = None
        self._index = open_index(self._file.path)
        if self._index is None:
            return HistoryState()
        return HistoryState(self._index.log_id, self._index.count)

    def _index_of(self, log_id: int, offset: int = 0) -> HistoryIndex | None:
        """Return the index, if it has this log id and its file has not been replaced; else None.

        Args: offset: number of the wanted line; if it is not indexed, new lines are indexed first.
        """
        index = self._index
        if index is None or index.log_id != log_id or not index.is_current():
            return None
        if offset >= index.count:
            index.refresh()
        return index

    # Warnings

    def _tell_trouble(self, error: Exception) -> None:
        self._tell_once(
            "trouble",
            f"message history: {error}; the session continues, but messages are neither added to"
            " the history nor found in it until this is fixed",
        )

    def _tell_once(self, kind: str, text: str) -> None:
        if kind not in self._told:
            self._told.add(kind)
            self._warn(text)

    def _warn(self, text: str) -> None:
        self._warnings.append(Event(self._event_id, Warning(text)))

    def _deliver_warnings(self) -> None:
        for event in self._warnings:
            self._put(event)
        self._warnings.clear()
