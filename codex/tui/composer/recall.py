"""Recall: walking through earlier messages with Up and Down. Pure: texts in, texts and Ops out.

The walk goes from the draft through what was written in this program (`local`, newest first) to
what the history file holds. Must not touch the editor: whoever does says with each call what it
holds, so that an answer of the engine that comes late can be told from one that is still wanted.

Source: spec of the message history, section 7; what is different: the draft is kept and given
back, walking ends when the text is edited, duplicates are shown once, pages are fetched ahead.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from codex.protocol.events import (
    GetHistoryEntriesResponse,
    HistoryEntry,
    HistoryReloaded,
    SessionConfigured,
)
from codex.protocol.ops import GetHistoryEntriesRequest, ReloadHistory

if TYPE_CHECKING:
    from collections.abc import Callable

    from codex.protocol.ops import Op

PAGE = 50
"""Entries that one request asks for."""
AHEAD = 20
"""A page is asked for when the walk comes this near to it."""


class Recall:
    """Where the walk is, and what is known of the entries.

    Positions: 0 and up are local, oldest first; -1 is the newest entry of the file, -2 the one
    before it. They hold still while either end grows.
    """

    def __init__(self, send: Callable[[Op], None]) -> None:
        self._send = send
        self.log_id: int | None = None
        self._count = 0
        self._fetched: dict[int, str | None] = {}
        """Offset in the file -> text; None for an entry that is not to be had or shown."""
        self._asked: dict[int, int] = {}
        """Offset of a page that was asked for -> its size."""
        self._given_up: int | None = None
        """The log that gave no entries, after which a fresh one was asked for."""
        self._sessions: set[str] = set()
        self._recorded: set[str] = set()
        """What this program has sent to the file: shown as local entries, not a second time."""
        self._local: list[str] = []
        self._draft = ""
        self._at: int | None = None
        """None: at the draft."""
        self._shown = ""
        """What the editor held when the walk last stopped."""
        self._owed = 0
        """Steps (older: negative) that wait for an answer of the engine."""

    @property
    def local(self) -> tuple[str, ...]:
        """What was written here, oldest first."""
        return tuple(self._local)

    @property
    def draft(self) -> str:
        """What the editor held when the walk began, and holds again at its end."""
        return self._draft

    def is_browsing(self, text: str) -> bool:
        """The editor, which holds `text`, shows an entry as it was placed."""
        return self._at is not None and text == self._shown

    def older(self, text: str) -> str | None:
        """Up. Returns: the text to place, or None: there is none, or it comes with an answer."""
        return self._step(-1, text)

    def newer(self, text: str) -> str | None:
        """Down. Past the newest entry comes the draft."""
        return self._step(1, text)

    def stop_waiting(self) -> None:
        """The user has gone on: what is still on its way is no longer to be placed."""
        self._owed = 0

    def submitted(self, text: str, recorded: str | None = None) -> None:
        """`text` was sent. Ends the walk; a draft that it was begun from becomes an entry.

        Args: recorded: the form in which it goes into the file; None: it does not.
        """
        self._leave()
        self.keep(text)
        if recorded is not None:
            self._recorded.add(recorded)

    def displaced(self, text: str) -> None:
        """Another text takes the place of `text` in the editor: it becomes an entry."""
        is_entry = self.is_browsing(text)
        self._leave()
        if not is_entry:
            self.keep(text)

    def keep(self, text: str) -> None:
        """Make a text the newest local entry, unless it is blank or already that."""
        if text.strip() and self._local[-1:] != [text]:
            self._local.append(text)

    def handle(
        self,
        msg: SessionConfigured | HistoryReloaded | GetHistoryEntriesResponse,
        text: str,
    ) -> str | None:
        """Take an answer. Returns: the text to place, if the editor still waits for one."""
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
        """End the walk if the text was edited since it last stopped."""
        if text != self._shown:
            self._leave()

    def _leave(self) -> None:
        if self._at is not None:
            self.keep(self._draft)
        self._at = None
        self._draft = ""
        self._owed = 0

    def _walk(self) -> str | None:
        """Make the steps that are owed, as far as the entries are known."""
        placed: str | None = None
        while self._owed:
            direction = 1 if self._owed > 0 else -1
            if self._at is None and direction > 0:  # Up and Down before anything came
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
        """The next entry that says something else than what is shown, or None past the end.

        An entry that is still on its way has no text.
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
        """Is the entry known? Asks for its page, and for the next one in good time."""
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
            # Stay where we are: the same log only grows. In another one, begin at its newest.
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
        """The file is another by now: ask once for the new one, then do without."""
        if self._given_up == self.log_id:
            self._count = 0
            return
        self._given_up = self.log_id
        self._send(ReloadHistory())
