"""Recall: the walk through earlier messages with Up and Down. Pure: texts in, texts and Ops out.

Up leads from the draft through the texts written in this program (`local`, newest first) to the
entries of the history file, which are fetched in pages ahead of need. The walk ends when the user
edits the text, or when Down returns to the draft. Consecutive duplicates are shown once.

Must not touch the editor. Each call passes the editor's text, so that a response of the engine that
arrives after an edit is not placed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from codex.protocol.events import SessionConfigured
from codex.protocol.ops import GetHistoryEntriesRequest, ReloadHistory
from codex.protocol.replies import GetHistoryEntriesResponse, HistoryEntry, HistoryReloaded

if TYPE_CHECKING:
    from collections.abc import Callable

    from codex.protocol.ops import Op

PAGE = 50
"""Number of history entries in one request."""
AHEAD = 20
"""Number of entries ahead of the walk at which it requests the page that contains them."""


class Recall:
    """The position of the walk, and the entries known so far.

    Positions: 0 and up are local, oldest first; -1 is the newest entry of the file, -2 the one
    before it. Neither a new local entry nor a fetched page changes them.
    """

    def __init__(self, send: Callable[[Op], None]) -> None:
        self._send = send
        self.log_id: int | None = None
        """Id of the history file; None until the session has started."""
        self._count = 0
        self._fetched: dict[int, str | None] = {}
        """Texts by offset in the file; None for an entry that is missing or must not be shown."""
        self._asked: dict[int, int] = {}
        """Sizes of the requested pages by offset."""
        self._given_up: int | None = None
        """Id of the log that returned no entries, so that the current log was requested."""
        self._sessions: set[str] = set()
        self._recorded: set[str] = set()
        """Texts that this program has sent to the history file. There, entries of its own sessions
        with such a text are skipped, since the local entries have shown them."""
        self._local: list[str] = []
        self._draft = ""
        self._at: int | None = None
        """Position of the walk; None at the draft."""
        self._shown = ""
        """Text of the editor when the walk last stopped."""
        self._owed = 0
        """Number of steps that wait for the engine's response; negative towards older entries."""

    @property
    def local(self) -> tuple[str, ...]:
        """The texts written in this program, oldest first."""
        return tuple(self._local)

    @property
    def draft(self) -> str:
        """The text of the editor when the walk began, which Down past the newest entry restores."""
        return self._draft

    def is_browsing(self, text: str) -> bool:
        """Whether the editor, which holds `text`, shows an entry unchanged."""
        return self._at is not None and text == self._shown

    def older(self, text: str) -> str | None:
        """Go to an older entry from the editor's `text`.

        Returns: the text to place; None if there is none, or if it must be requested: `handle`
            returns it then.
        """
        return self._step(-1, text)

    def newer(self, text: str) -> str | None:
        """Go from the editor's `text` to a newer entry or, past the newest one, to the draft.

        Returns: the text to place; None if there is none, or if it must be requested: `handle`
            returns it then.
        """
        return self._step(1, text)

    def stop_waiting(self) -> None:
        """Cancel the steps that wait for the engine: the user has done something else."""
        self._owed = 0

    def submitted(self, text: str, recorded: str | None = None) -> None:
        """End the walk and make `text`, which was sent, the newest local entry.

        The draft that the walk began from becomes the entry before it.

        Args: recorded: the text as the history file keeps it; None if the file does not keep it.
        """
        self._leave()
        self.keep(text)
        if recorded is not None:
            self._recorded.add(recorded)

    def displaced(self, text: str) -> None:
        """End the walk and make `text` a local entry, unless it is one: the editor gets another."""
        is_entry = self.is_browsing(text)
        self._leave()
        if not is_entry:
            self.keep(text)

    def keep(self, text: str) -> None:
        """Make a text the newest local entry, unless it is blank or already the newest."""
        if text.strip() and self._local[-1:] != [text]:
            self._local.append(text)

    def handle(
        self,
        msg: SessionConfigured | HistoryReloaded | GetHistoryEntriesResponse,
        text: str,
    ) -> str | None:
        """Handle a history event; `text` is the editor's. Return the text to place, or None."""
        self._settle(text)
        match msg:
            case SessionConfigured():
                self._sessions.add(msg.session_id)
                self._open_log(msg.history_log_id, msg.history_entry_count)
            case HistoryReloaded():
                self._open_log(msg.log_id, msg.entry_count)
            case GetHistoryEntriesResponse():
                self._take_page(msg)
        return self._walk()

    def _step(self, direction: int, text: str) -> str | None:
        self._settle(text)
        if self._at is None and not self._owed:
            if direction > 0:
                return None
            self._draft = self._shown = text
        self._owed += direction
        return self._walk()

    def _settle(self, text: str) -> None:
        """End the walk if the text has been edited since it last stopped."""
        if text != self._shown:
            self._leave()

    def _leave(self) -> None:
        if self._at is not None:
            self.keep(self._draft)
        self._at = None
        self._draft = ""
        self._owed = 0

    def _walk(self) -> str | None:
        """Make the owed steps as far as the entries are known; return the text to place, if any."""
        placed: str | None = None
        while self._owed:
            direction = 1 if self._owed > 0 else -1
            if self._at is None and direction > 0:  # Up, then Down, before any entry came
                self._owed = 0
                break
            target = self._next(direction)
            if target is None:
                if direction > 0:
                    placed = self._back_to_draft()
                self._owed = 0
                break
            at, text = target
            if text is None:
                break
            self._at, self._shown, placed = at, text, text
            self._owed -= direction
        return placed

    def _next(self, direction: int) -> tuple[int, str | None] | None:
        """Return position and text of the next entry that differs from the shown one.

        None past the end; the text is None if the entry has not been fetched yet.
        """
        at = len(self._local) if self._at is None else self._at
        at += direction
        while -self._count <= at < len(self._local):
            if at < 0 and not self._has(at):
                return at, None
            text = self._text(at)
            if text is not None and text != self._shown:
                return at, text
            at += direction
        return None

    def _text(self, at: int) -> str | None:
        return self._local[at] if at >= 0 else self._fetched[self._count + at]

    def _back_to_draft(self) -> str:
        draft, self._draft = self._draft, ""
        self._at = None
        self._shown = draft
        return draft

    def _has(self, at: int) -> bool:
        """Whether an entry has been fetched; requests its page, and the next page ahead of need."""
        self._ask(at)
        self._ask(max(at - AHEAD, -self._count))
        return self._count + at in self._fetched

    def _ask(self, at: int) -> None:
        end = self._count - (-at - 1) // PAGE * PAGE
        start = max(0, end - PAGE)
        if self.log_id is not None and start not in self._asked:
            self._asked[start] = end - start
            self._send(GetHistoryEntriesRequest(self.log_id, start, end - start))

    def _open_log(self, log_id: int, count: int) -> None:
        if self._at is not None and self._at < 0:
            # Keep the position: the same log only grows. In another one, begin at its newest entry.
            grown = count - self._count
            self._at = min(0, max(self._at - grown, -count)) if log_id == self.log_id else 0
        self.log_id = log_id
        self._count = count
        self._fetched.clear()
        self._asked.clear()

    def _take_page(self, msg: GetHistoryEntriesResponse) -> None:
        if msg.log_id != self.log_id or msg.offset not in self._asked:
            return
        if not msg.entries:
            self._lose_log()
            return
        texts = [self._text_of(entry) for entry in msg.entries]
        missing = self._asked[msg.offset] - len(texts)
        self._fetched.update(enumerate(texts + [None] * missing, msg.offset))

    def _text_of(self, entry: HistoryEntry | None) -> str | None:
        if entry is None:
            return None
        is_ours = entry.session_id in self._sessions and entry.text in self._recorded
        return None if is_ours else entry.text

    def _lose_log(self) -> None:
        """Request the current log, since this one is void; after a second failure, use no log."""
        if self._given_up == self.log_id:
            self._count = 0
            return
        self._given_up = self.log_id
        self._send(ReloadHistory())
