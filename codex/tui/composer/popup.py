"""Popup: a list to choose from, drawn above the editor. Pure: choices and width to styled rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.utils import get_cwidth

if TYPE_CHECKING:
    from collections.abc import Sequence

Fragments = StyleAndTextTuples
"""One row: styles and texts, as prompt_toolkit takes them."""

_MAX_ROWS = 8
PROMPT_MARK = "\u203a "
"""Stands before what is selected, and before what is written."""
_GAP = 2


class PopupRow(NamedTuple):
    """One row of the list."""

    label: str
    detail: str = ""
    is_path: bool = False
    """When there is no room, what is left out is its beginning: the file's name stays."""


class Popup:
    """The choices and which of them is selected."""

    def __init__(self, choices: Sequence[PopupRow], *, empty: str) -> None:
        """Select the first.

        Args: empty: what to say when there are no choices.
        """
        self.choices = tuple(choices)
        self.selected = 0
        self._empty = empty

    def move(self, by: int) -> None:
        """Select another; past either end comes the other end."""
        if self.choices:
            self.selected = (self.selected + by) % len(self.choices)

    def height(self, room: int) -> int:
        """How many rows it takes of `room`."""
        return max(1, min(len(self.choices), _MAX_ROWS, room))

    def rows(self, width: int, height: int) -> list[Fragments]:
        """The rows around the selected one; a bar at the right shows that there are more."""
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
    """The scroll bar, one character a row; blanks when everything is visible."""
    if count <= height:
        return [" "] * height
    size = max(1, height * height // count)
    top = first * (height - size) // max(1, count - height)
    return ["█" if top <= row < top + size else "│" for row in range(height)]


def pad(text: str, width: int) -> str:
    """Spaces up to a width in cells."""
    return text + " " * (width - get_cwidth(text))


def fit(text: str, width: int) -> str:
    """The beginning of a text, as many cells of it as there is room for."""
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
    """The end of a text."""
    if get_cwidth(text) <= width:
        return text
    return fit(text[::-1], width)[::-1]
