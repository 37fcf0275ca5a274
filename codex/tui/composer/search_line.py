"""SearchLine: the row above the editor with the query of Ctrl+R and the state of the search.

Must not touch the draft: the composer decides what to do with a match.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from prompt_toolkit.application.current import get_app
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.filters import Condition
from prompt_toolkit.layout.containers import ConditionalContainer, VSplit, Window
from prompt_toolkit.layout.controls import BufferControl

from codex.tui.composer.editor_view import MatchPreview, RowsControl
from codex.tui.composer.popup import fit

if TYPE_CHECKING:
    from prompt_toolkit.key_binding import KeyBindings

    from codex.tui.composer.history_search import HistorySearch
    from codex.tui.composer.popup import Fragments

LABEL = "history: "


class SearchLine:
    """The row of the history search, and the open search. Args: keys: the row's key bindings."""

    def __init__(self, keys: KeyBindings) -> None:
        self.search: HistorySearch | None = None
        """Open search; None while the row is hidden."""
        self._query = Buffer(multiline=False)
        self._query.on_text_changed += lambda _: self._changed()
        self.window = Window(
            BufferControl(self._query, key_bindings=keys), height=1, style="class:composer.query"
        )
        label = RowsControl(lambda width, _: [[("class:composer.search", fit(LABEL, width))]])
        line = VSplit(
            [
                Window(label, width=len(LABEL), height=1),
                self.window,
                Window(RowsControl(self._status), width=self._status_width, height=1),
            ]
        )
        self.container = ConditionalContainer(line, Condition(lambda: self.search is not None))

    @property
    def shown(self) -> MatchPreview | None:
        """The selected match, for the editor to show; None if there is none."""
        if self.search is None or self.search.shown is None:
            return None
        return MatchPreview(self.search.shown, self.search.query)

    def open(self, search: HistorySearch) -> None:
        """Show the row for a new search and give it the keyboard focus."""
        self._query.reset()
        self.search = search
        get_app().layout.focus(self.window)

    def close(self, back_to: Window) -> None:
        """Close the search; move the focus to `back_to`, unless a dialog has taken it."""
        self.search = None
        layout = get_app().layout
        if layout.has_focus(self.window):
            layout.focus(back_to)

    def _changed(self) -> None:
        if self.search is not None:
            self.search.set_query(self._query.text)

    def _status_width(self) -> int:
        return len(self.search.status) + 2 if self.search is not None else 0

    def _status(self, width: int, _: int) -> list[Fragments]:
        status = "" if self.search is None else self.search.status
        return [[("class:composer.search", fit(f"  {status}", width))]]
