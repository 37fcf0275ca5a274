"""Draws Markdown while it arrives: each frame draws only the last open block again. Pure.

The text is cut where a new block certainly begins (after a blank line outside of code, before each
item of a list), and inside a block that becomes too long. What precedes a cut is drawn once for
each width. A complete message is drawn by `markdown.render`, which is more exact in rare cases.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from codex.tui.drawing.markdown import render

if TYPE_CHECKING:
    from collections.abc import Callable

    from codex.tui.drawing.text import Line

MAX_OPEN_CODE = 60
"""Number of lines of a code block after which the next line begins a new piece."""
MAX_OPEN = 4_000
"""Number of characters of any other block after which the next line begins a new piece."""

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})(.*)")
_ITEM = re.compile(r"([-*+]|\d{1,9}[.)]) ")


class _Piece(NamedTuple):
    """A piece of the text: from one cut to the next, or from the last cut on."""

    text: str
    fence: str
    """Opening line of the code block that the piece continues; empty if it continues none."""
    is_code_open: bool
    """Whether the cut at the end of the piece is inside code."""
    is_close: bool
    """Whether no blank line precedes the piece."""


class MarkdownStream:
    """Markdown that grows at its end. Args: prepare: changes the Markdown before it is drawn."""

    def __init__(self, prepare: Callable[[str], str]) -> None:
        self._prepare = prepare
        self._pieces: list[_Piece] = []
        self._open: list[str] = []
        """Complete lines since the last cut."""
        self._open_size = 0
        self._rest = ""
        """Line that is not complete yet."""
        self._fence = ""
        """Opening line of the code block that the next line is in; empty outside of code."""
        self._open_fence = ""
        """Value of `_fence` at the last cut."""
        self._is_close = True
        self._width = 0
        self._drawn: list[Line] = []
        self._drawn_count = 0

    def append(self, delta: str) -> None:
        """Append the next characters of the Markdown."""
        if "\n" not in delta:
            self._rest += delta
            return
        *whole, self._rest = (self._rest + delta).split("\n")
        for row in whole:
            self._append_row(row)

    def lines(self, width: int) -> list[Line]:
        """Return all lines of the text so far, of at most `width` columns."""
        if width != self._width:
            self._width, self._drawn, self._drawn_count = width, [], 0
        for piece in self._pieces[self._drawn_count :]:
            self._drawn += self._draw(piece, has_any=bool(self._drawn))
        self._drawn_count = len(self._pieces)
        text = "\n".join([*self._open, self._rest])
        rest = _Piece(text, self._open_fence, is_code_open=False, is_close=self._is_close)
        return self._drawn + self._draw(rest, has_any=bool(self._drawn))

    def _draw(self, piece: _Piece, *, has_any: bool) -> list[Line]:
        text = f"{piece.fence}\n{piece.text}" if piece.fence else piece.text
        if not text.strip():
            return []
        rows = render(self._prepare(text), self._width)
        if piece.fence:
            del rows[: len(render(f"{piece.fence}\n", self._width)) // 2]
        if piece.is_code_open:
            del rows[-1:]
        return rows if piece.is_close or not has_any or not rows else [(), *rows]

    def _append_row(self, row: str) -> None:
        is_in_code = bool(self._fence)
        if not is_in_code and self._open and self._begins_block(row):
            is_item = bool(_ITEM.match(row)) and bool(_ITEM.match(self._open[0]))
            self._cut(is_close=is_item and _kind(row) == _kind(self._open[0]))
        self._open.append(row)
        self._open_size += len(row) + 1
        self._note_fence(row)
        if self._fence:
            is_long = is_in_code and len(self._open) >= MAX_OPEN_CODE
        else:
            is_long = self._open_size >= MAX_OPEN
        if is_long:
            self._cut(is_close=True)

    def _begins_block(self, row: str) -> bool:
        if not row or row[0].isspace():
            return False
        is_after_blank = not self._open[-1].strip()
        return is_after_blank or bool(_ITEM.match(row) and _ITEM.match(self._open[0]))

    def _note_fence(self, row: str) -> None:
        match = _FENCE.match(row)
        if not match:
            return
        if not self._fence:
            if not (match[1][0] == "`" and "`" in match[2]):
                self._fence = row
            return
        opening = _FENCE.match(self._fence)
        if opening and match[1].startswith(opening[1]) and not match[2].strip():
            self._fence = ""

    def _cut(self, *, is_close: bool) -> None:
        text = "\n".join(self._open)
        self._pieces.append(_Piece(text, self._open_fence, bool(self._fence), self._is_close))
        self._open, self._open_size = [], 0
        self._open_fence, self._is_close = self._fence, is_close


def _kind(row: str) -> str:
    """Return the last character of a list item's marker; the items of one list have the same."""
    mark = row.split(" ", 1)[0]
    return mark[-1]
