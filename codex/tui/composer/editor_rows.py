"""Breaks the editor's text into rows of a given width, between words if possible. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from prompt_toolkit.utils import get_cwidth

from codex.tui.composer.popup import fit

if TYPE_CHECKING:
    from collections.abc import Callable

_TAB = "    "
_MAX_CACHED = 1_000_000
"""Largest total number of characters of the lines in the cache."""


class Row(NamedTuple):
    """One row on the screen: the text from index `start` to before `end`, without a newline."""

    start: int
    end: int


class Layout(NamedTuple):
    """A text with the rows that it takes on the screen."""

    text: str
    rows: list[Row]
    room: int
    """Number of screen cells in a row that text may take."""

    def row_of(self, position: int) -> int:
        """Return the index of the row of a cursor position; where two rows touch, of the second."""
        low, high = 0, len(self.rows) - 1
        while low < high:
            middle = (low + high + 1) // 2
            if self.rows[middle].start <= position:
                low = middle
            else:
                high = middle - 1
        return low


class Wrapper:
    """Breaks texts into rows; caches each line's rows, since a keystroke changes only one line."""

    def __init__(self, label: Callable[[str], str | None]) -> None:
        """Args: label: returns the text drawn for an attachment's character; None for others."""
        self._label = label
        self._cache: dict[tuple[str, int], list[Row]] = {}
        self._cached = 0

    def drawn(self, char: str, room: int) -> str:
        """Return the text drawn for one character, in a row with `room` cells."""
        if char == "\t":
            return _TAB[:room]
        if char.isprintable():
            return char if room > 1 else fit(char, room)
        return fit(self._label(char) or "", room)

    def layout(self, text: str, width: int) -> Layout:
        """Return a text in rows, at least one; the last column stays free for the cursor."""
        rows: list[Row] = []
        start = 0
        room = max(1, width - 1)
        for line in text.split("\n"):
            rows.extend(Row(start + row.start, start + row.end) for row in self._line(line, room))
            start += len(line) + 1
        return Layout(text, rows, room)

    def column(self, layout: Layout, row: int, position: int) -> int:
        """Return the number of screen cells to the left of a text position in a row."""
        text = layout.text[layout.rows[row].start : position]
        return sum(get_cwidth(self.drawn(char, layout.room)) for char in text)

    def position(self, layout: Layout, row: int, column: int) -> int:
        """Return the text position at a column of a row; if the row is shorter, at its end."""
        start, end = layout.rows[row]
        used = 0
        for at in range(start, end):
            used += get_cwidth(self.drawn(layout.text[at], layout.room))
            if used > column:
                return at
        # The end of a wrapped row is the start of the next one.
        is_wrapped = row + 1 < len(layout.rows) and layout.rows[row + 1].start == end
        return max(start, end - 1) if is_wrapped else end

    def _line(self, line: str, room: int) -> list[Row]:
        key = (line, room)
        rows = self._cache.get(key)
        if rows is None:
            self._cached += len(line) + 1
            if self._cached > _MAX_CACHED:
                self._cache.clear()
                self._cached = len(line) + 1
            rows = self._cache[key] = self._broken(line, room)
        return rows

    def _broken(self, line: str, room: int) -> list[Row]:
        rows: list[Row] = []
        start = after_space = used = 0
        for at, char in enumerate(line):
            cells = get_cwidth(self.drawn(char, room))
            used += cells
            # A space may take the column that is free for the cursor.
            while used > room and at > start and not (char == " " and used == room + 1):
                cut = after_space if after_space > start else at
                rows.append(Row(start, cut))
                start = cut
                used = sum(get_cwidth(self.drawn(kept, room)) for kept in line[cut : at + 1])
            if char in " \t":
                after_space = at + 1
        rows.append(Row(start, len(line)))
        return rows
