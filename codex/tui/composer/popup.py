"""Popup: a list to choose from, drawn above the editor. Pure: rows and width to styled text."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.utils import get_cwidth

if TYPE_CHECKING:
    from collections.abc import Sequence

Fragments = StyleAndTextTuples
"""One row for prompt_toolkit: pairs of a style and a text."""

_MAX_ROWS = 8
PROMPT_MARK = "\u203a "
"""Marker drawn before the selected row and before the draft."""
_GAP = 2


class PopupRow(NamedTuple):
    """One row of the list."""

    label: str
    detail: str = ""
    is_path: bool = False
    """Whether a label that is too long loses its beginning, so that the file's name stays."""


class Popup:
    """The rows of a popup and the selected one."""

    def __init__(self, choices: Sequence[PopupRow], *, empty: str) -> None:
        """Select the first row.

        Args: empty: the text shown if there are no rows.
        """
        self.choices = tuple(choices)
        self.selected = 0
        self._empty = empty

    def move(self, by: int) -> None:
        """Select the row that is `by` rows further down; from either end, continue at the other."""
        if self.choices:
            self.selected = (self.selected + by) % len(self.choices)

    def height(self, room: int) -> int:
        """Return the number of rows that the popup takes of `room` free ones: 1 to _MAX_ROWS."""
        return max(1, min(len(self.choices), _MAX_ROWS, room))

    def rows(self, width: int, height: int) -> list[Fragments]:
        """Return `height` rows, with the selected one, and a scroll bar if there are more rows."""
        if not self.choices:
            return [[("class:popup.empty", fit(self._empty, width))]]
        first = max(0, min(self.selected - height // 2, len(self.choices) - height))
        shown = self.choices[first : first + height]
        label_width = min(
            max(get_cwidth(choice.label) for choice in self.choices), max(1, width - 3)
        )
        bar = _bar(first, height, len(self.choices))
        return [
            [*self._row(choice, width - 1, label_width), ("class:popup.bar", bar[index])]
            for index, choice in enumerate(shown)
        ]

    def _row(self, choice: PopupRow, width: int, label_width: int) -> Fragments:
        is_selected = choice is self.choices[self.selected]
        style = "class:popup.selected" if is_selected else "class:popup"
        cut = fit_end if choice.is_path else fit
        label = pad(cut(choice.label, label_width), label_width)
        room = width - 2 - label_width - _GAP
        detail = fit(choice.detail, room) if room >= 8 and choice.detail else ""
        body = f"{label}{' ' * _GAP}" if detail else label
        row: Fragments = [
            (style, PROMPT_MARK if is_selected else "  "),
            (f"{style} class:popup.label", body),
            (f"{style} class:popup.detail", detail),
        ]
        used = sum(get_cwidth(part[1]) for part in row)
        return [*row, (style, " " * (width - used))]


def _bar(first: int, height: int, count: int) -> list[str]:
    """Return the scroll bar, one character for each row; blanks if every row is visible."""
    if count <= height:
        return [" "] * height
    size = max(1, height * height // count)
    top = first * (height - size) // max(1, count - height)
    return ["█" if top <= row < top + size else "│" for row in range(height)]


def pad(text: str, width: int) -> str:
    """Return a text, filled with spaces up to a width in cells."""
    return text + " " * (width - get_cwidth(text))


def fit(text: str, width: int) -> str:
    """Return a text, cut at its end to at most `width` cells, the ellipsis included."""
    if get_cwidth(text) <= width:
        return text
    kept = ""
    used = 1
    for char in text:
        used += get_cwidth(char)
        if used > width:
            break
        kept += char
    return f"{kept}…" if width > 0 else ""


def fit_end(text: str, width: int) -> str:
    """Return a text, cut at its beginning to at most `width` cells, the ellipsis included."""
    if get_cwidth(text) <= width:
        return text
    return fit(text[::-1], width)[::-1]
