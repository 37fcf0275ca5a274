"""HistorySearch: finds earlier messages by a part of their text (Ctrl+R). Pure.

Must not touch the editor: the draft stays in it, hidden, until a match is accepted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from codex.protocol.ops import SearchHistoryRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from codex.protocol.ops import Op
    from codex.protocol.replies import SearchHistoryResponse

_AHEAD = 5
"""Number of known matches after the selected one below which older ones are requested."""


class HistorySearch:
    """One search through the message history, from Ctrl+R to Enter or Esc."""

    def __init__(
        self, send: Callable[[Op], None], *, log_id: int | None, local: Sequence[str]
    ) -> None:
        """Begin with an empty query.

        Args: log_id: the history file to search; None for no file. local: the texts written in this
            program, oldest first.
        """
        self._send = send
        self._log_id = log_id
        self._local = tuple(reversed(local))
        self.query = ""
        self._remote: dict[int, str] = {}
        self._is_complete = log_id is None
        self._waits_for: str | None = None
        """Query of the one request that the engine has not answered yet; None if there is none."""
        self._found: list[str] = []
        self._selected = 0

    @property
    def shown(self) -> str | None:
        """The selected match; None if there is none."""
        return self._found[self._selected] if self._found else None

    @property
    def status(self) -> str:
        """Text shown beside the query: `searching`, `no match`, or `2/7` for match 2 of 7.

        A `+` follows if there may be more matches. Empty without a query.
        """
        if not self.query:
            return ""
        if not self._found:
            return "searching" if self._is_waiting else "no match"
        more = "" if self._is_complete else "+"
        return f"{self._selected + 1}/{len(self._found)}{more}"

    @property
    def _is_waiting(self) -> bool:
        return self._waits_for is not None

    def set_query(self, query: str) -> None:
        """Search for another text: keep the matches that still fit, ask the engine for more."""
        if query == self.query:
            return
        narrows = query.lower().startswith(self.query.lower()) and bool(self.query)
        self.query = query
        wanted = query.lower()
        kept = self._remote if narrows else {}
        self._remote = {at: text for at, text in kept.items() if wanted in text.lower()}
        self._is_complete = self._log_id is None or not query
        self._selected = 0
        self._collect()
        self._ask(None)

    def older(self) -> None:
        """Select the next older match (Ctrl+R); request more from the engine ahead of need."""
        if self._selected + 1 < len(self._found):
            self._selected += 1
        if self._selected + _AHEAD >= len(self._found) and self._remote:
            self._ask(min(self._remote))

    def newer(self) -> None:
        """Select the next newer match (Ctrl+S)."""
        self._selected = max(0, self._selected - 1)

    def handle(self, msg: SearchHistoryResponse) -> None:
        """Handle a response of the engine; if it is for an earlier query, send the current one."""
        if msg.log_id != self._log_id or msg.query != self._waits_for:
            return
        self._waits_for = None
        if msg.query != self.query:
            self._ask(None)
            return
        self._remote.update((match.offset, match.entry.text) for match in msg.matches)
        self._is_complete = msg.is_complete or not msg.matches
        self._collect()

    def open_log(self, log_id: int) -> None:
        """Search again in the history file `log_id`, which is another one or has grown."""
        self._log_id = log_id
        self._waits_for = None
        self._remote.clear()
        self._is_complete = not self.query
        self._collect()
        self._ask(None)

    def _ask(self, before: int | None) -> None:
        if self._log_id is None or self._is_complete or self._is_waiting:
            return
        self._waits_for = self.query
        self._send(SearchHistoryRequest(self._log_id, self.query, before))

    def _collect(self) -> None:
        """List the matches, newest first, each text once; keep the selection."""
        selected = self.shown
        wanted = self.query.lower()
        local = [text for text in self._local if wanted in text.lower()] if wanted else []
        remote = [text for _, text in sorted(self._remote.items(), reverse=True)]
        self._found = list(dict.fromkeys(local + remote))
        if selected in self._found and self._selected:
            self._selected = self._found.index(selected)
        self._selected = min(self._selected, max(0, len(self._found) - 1))
