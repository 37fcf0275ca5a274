"""Picker: a list of sessions, models or presets to choose from, filtered by typing.

Pure: it receives keys by name, returns Lines, and passes the choice to a callback.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from codex.tui.drawing.text import (
    BOLD,
    DIM,
    PLAIN,
    Line,
    Span,
    Style,
    clip,
    line,
    line_width,
    wrapped,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_CHOSEN = Style(fg="cyan", bold=True)
_MAX_ROWS = 12
"""Largest number of the list's rows that are visible at one time."""

_STEPS = {
    "up": -1, "c-p": -1, "<scroll-up>": -1, "down": 1, "c-n": 1, "<scroll-down>": 1,
    "pageup": -_MAX_ROWS, "pagedown": _MAX_ROWS,
}  # fmt: skip


class PickerRow(NamedTuple):
    """One row of the list."""

    label: str
    detail: str = ""
    """Dim text beside the label; it is searched, too."""
    is_current: bool = False
    """Whether the row stands for what is in use, which the list marks and selects at first."""


class Picker:
    """A list from which the user chooses a row."""

    def __init__(
        self,
        title: str,
        rows: Sequence[PickerRow],
        done: Callable[[int | None], None],
        *,
        note: str = "",
    ) -> None:
        """Make a list in which the current row is selected, or the first one if none is current.

        Args: done: called with the index of the chosen row, or None if the user chose none.
            note: a line below the title; empty for none.
        """
        self.is_armed = True
        self._title = title
        self._rows = rows
        self._done = done
        self._note = note
        self._typed = ""
        self._at = next((i for i, row in enumerate(rows) if row.is_current), 0)

    def _matches(self) -> list[int]:
        words = self._typed.casefold().split()
        return [
            index
            for index, row in enumerate(self._rows)
            if all(word in f"{row.label} {row.detail}".casefold() for word in words)
        ]

    def key(self, name: str, data: str) -> None:
        """Select a row, choose it, search, or close the list.

        Args: name: the key's name in prompt_toolkit, such as `c-m`. data: text that the key enters.
        """
        matches = self._matches()
        if name in _STEPS:
            self._move(_STEPS[name], matches)
        elif name in ("escape", "c-c", "c-d"):
            self._done(None)
        elif name in ("c-m", "c-j"):
            if matches:
                self._done(matches[min(self._at, len(matches) - 1)])
        elif name in ("home", "end"):
            self._at = 0 if name == "home" else max(0, len(matches) - 1)
        elif name in ("c-h", "c-u"):
            self._type(self._typed[:-1] if name == "c-h" else "")
        elif len(name) == 1 and data.isprintable():
            self._type(self._typed + data)

    def _move(self, rows: int, matches: list[int]) -> None:
        last = max(0, len(matches) - 1)
        target = self._at + rows
        if abs(rows) == 1 and not 0 <= target <= last:
            target = last if target < 0 else 0
        self._at = max(0, min(target, last))

    def _type(self, text: str) -> None:
        self._typed = text
        self._at = 0

    def height(self, width: int, rows: int) -> int:
        """Return the number of rows that the list wants, at most `rows`."""
        return min(rows, len(self.lines(width, rows)))

    def lines(self, width: int, height: int) -> list[Line]:
        """Return the title, the rows around the selected one, and the keys."""
        matches = self._matches()
        self._at = max(0, min(self._at, len(matches) - 1))
        head: list[Line] = [(Span(self._title, BOLD), Span(f"  {self._typed}", Style(fg="cyan")))]
        if self._note:
            head.append(line(self._note, DIM))
        head = wrapped(head, width)
        keys = "Enter chooses · type to search · Esc closes"
        room = max(1, min(_MAX_ROWS, height - len(head) - 1))
        first = max(0, min(self._at - room // 2, len(matches) - room))
        shown = [
            self._drawn(self._rows[index], is_chosen=at == self._at)
            for at, index in enumerate(matches[first : first + room], first)
        ] or [(Span("  nothing matches", DIM),)]
        if len(matches) > room:
            keys = f"{self._at + 1}/{len(matches)} · {keys}"
        return [clip(row, width) for row in (*head, *shown, (Span(keys, DIM),))]

    def _drawn(self, row: PickerRow, *, is_chosen: bool) -> Line:
        style = _CHOSEN if is_chosen else PLAIN
        drawn = (Span("> " if is_chosen else "  ", style), *line(row.label, style))
        if row.is_current:
            drawn = (*drawn, Span(" (current)", DIM))
        if row.detail:
            widest = max(len(other.label) for other in self._rows)
            gap = max(2, min(36, 4 + widest) - line_width(drawn))
            drawn = (*drawn, Span(" " * gap), *line(row.detail, DIM))
        return drawn
