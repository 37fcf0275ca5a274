"""Window: which rows of which cells are visible in the scrolled transcript. Pure.

Only cells near the window are drawn; of the others only the height is stored, measured at this
width or guessed. A position is therefore a cell and a row in it, never a row counted from the top,
so that what the user reads stays in place when another cell grows.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from codex.tui.drawing.text import Line, Span, clean
from codex.tui.transcript.cells import draw

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from codex.tui.transcript.cells import Cell

MAX_DRAWN = 256
"""Largest number of cells whose lines are cached for the next frame."""


class Position(NamedTuple):
    """The position of a row in the transcript."""

    cell: int
    """Index of the cell among all cells."""
    row: int
    """Index of the row within the cell, from 0 at its top."""


class Window:
    """The visible part of cells: at the bottom, where it follows new rows, or fixed at a position.

    The sequence of cells may grow and change at its end, like `Chat.cells`.

    Args: is_full: draw the cells in full instead of compact.
    """

    def __init__(self, cells: Sequence[Cell], *, is_full: bool = False) -> None:
        self._cells = cells
        self._is_full = is_full
        self._width = 0
        self._seen: list[Cell] = []
        self._heights: list[int] = []
        self._total = 0
        self._live: dict[Cell, int] = {}
        """Versions, as last seen, of the cells that may still change."""
        self._drawn: OrderedDict[Cell, tuple[int, list[Line]]] = OrderedDict()
        self._anchor: Position | None = None
        """First row of the window; None if the window is at the bottom."""

    @property
    def is_at_bottom(self) -> bool:
        """Whether the window is at the bottom and follows new rows."""
        return self._anchor is None

    def to_bottom(self) -> None:
        """Scroll to the bottom and follow new rows."""
        self._anchor = None

    def to_top(self) -> None:
        """Scroll to the first row."""
        self._anchor = Position(0, 0)

    def show(self, position: Position) -> None:
        """Scroll so that the window begins at a row, or at the bottom if too few rows follow it."""
        self._anchor = position

    def scroll(self, rows: int, *, width: int, height: int) -> None:
        """Move the window of `height` rows up (negative) or down; at the end, follow new rows."""
        self._sync(width)
        top = self._top(height)
        moved = self._moved(top, rows)
        at_bottom = self._moved(Position(len(self._cells), 0), -height)
        self._anchor = None if moved >= at_bottom else moved

    def view(self, width: int, height: int, *, mark: str = "") -> list[Line]:
        """Return the visible rows: `height`, or fewer if there are no more.

        Args: mark: text whose occurrences are shown reversed; empty for none.
        """
        self._sync(width)
        top = self._top(height)
        if self._anchor is not None and top != self._anchor:
            self._anchor = None  # the last row has come into view
        rows = self._rows(top, height)
        return [marked(row, mark) for row in rows] if mark else rows

    def lines(self, width: int, top: int, height: int) -> list[Line]:
        """Return up to `height` rows from row `top` on; above it, cells not drawn are guesses."""
        self._sync(width)
        cell, row = 0, max(0, top)
        while cell < len(self._cells) and row >= self._heights[cell]:
            row -= self._heights[cell]
            cell += 1
        return self._rows(self._moved(Position(cell, row), 0), height)

    def total(self, width: int) -> int:
        """Return the number of rows of all cells; a guess for those not drawn at this width."""
        self._sync(width)
        return self._total

    def top(self, width: int, height: int) -> int:
        """Return the number of rows above the window, for a scroll bar."""
        self._sync(width)
        cell, row = self._top(height)
        return sum(self._heights[:cell]) + row

    def search(
        self, query: str, *, width: int, start: Position | None = None, is_backward: bool = False
    ) -> Iterator[Position]:
        """Yield, in order, the positions of rows that contain the query, ignoring case.

        Only cells whose `text` contains it are searched, so a title such as `codex` is not found.
        If none of such a cell's rows contains it, the cell is found at its first row.

        Args: start: limits the search to rows after it, or before it when going backward; None:
            no limit. is_backward: begin with the last row.
        """
        self._sync(width)
        query = clean(query).casefold()
        indexes = range(len(self._cells))
        for index in reversed(indexes) if is_backward else indexes:
            if start is not None and (index > start.cell if is_backward else index < start.cell):
                continue
            if not query or query not in clean(self._cells[index].text()).casefold():
                continue
            rows = [at for at, row in enumerate(self._draw(index)) if _has(row, query)] or [0]
            for row in reversed(rows) if is_backward else rows:
                found = Position(index, row)
                if start is None or (found < start if is_backward else found > start):
                    yield found

    def _sync(self, width: int) -> None:
        """Update the stored heights for new, changed and removed cells and for another width."""
        if width != self._width:
            self._width = width
            self._seen, self._heights, self._total = [], [], 0
            self._live.clear()
            self._drawn.clear()
        while self._seen and (
            len(self._seen) > len(self._cells)
            or self._seen[-1] is not self._cells[len(self._seen) - 1]
        ):
            gone = self._seen.pop()
            self._total -= self._heights.pop()
            self._live.pop(gone, None)
            self._drawn.pop(gone, None)
        for index in range(len(self._seen), len(self._cells)):
            cell = self._cells[index]
            self._seen.append(cell)
            self._heights.append(cell.guess(width, full=self._is_full))
            self._total += self._heights[-1]
            self._live[cell] = -1
        self._recount()

    def _recount(self) -> None:
        """Guess the heights of the cells that changed; stop watching those that are final."""
        if not self._live:
            return
        first = len(self._seen) - 1
        waiting = dict(self._live)
        while waiting and first >= 0:
            cell = self._seen[first]
            version = waiting.pop(cell, None)
            if version is not None:
                if version not in (-1, cell.version):
                    self._set_height(first, cell.guess(self._width, full=self._is_full))
                self._live[cell] = cell.version
                if not cell.is_live:
                    del self._live[cell]
            first -= 1

    def _set_height(self, index: int, height: int) -> None:
        self._total += height - self._heights[index]
        self._heights[index] = height

    def _draw(self, index: int) -> list[Line]:
        """Return the rows of a cell and the blank one that ends it; update the cell's height."""
        cell = self._cells[index]
        known = self._drawn.get(cell)
        if known is not None and known[0] == cell.version:
            self._drawn.move_to_end(cell)
            return known[1]
        rows = [*draw(cell, self._width, full=self._is_full), ()]
        if len(rows) == 1:
            rows = []  # nothing to show, so nothing to separate
        self._drawn[cell] = (cell.version, rows)
        self._drawn.move_to_end(cell)
        if len(self._drawn) > MAX_DRAWN:
            self._drawn.popitem(last=False)
        self._set_height(index, len(rows))
        return rows

    def _top(self, height: int) -> Position:
        """Return the first row of the window, which never extends past the last cell."""
        at_bottom = self._moved(Position(len(self._cells), 0), -height)
        return at_bottom if self._anchor is None else min(self._clamped(self._anchor), at_bottom)

    def _clamped(self, position: Position) -> Position:
        """Return the position, or the last row of its cell if the cell has become shorter."""
        if position.cell >= len(self._cells):
            return Position(len(self._cells), 0)
        return Position(
            position.cell, min(position.row, max(0, len(self._draw(position.cell)) - 1))
        )

    def _moved(self, position: Position, rows: int) -> Position:
        """Return the position `rows` rows further down, or up (negative), within the transcript."""
        cell, row = position
        row += rows
        while row < 0 and cell > 0:
            cell -= 1
            row += len(self._draw(cell))
        while cell < len(self._cells) and row >= len(self._draw(cell)):
            row -= len(self._draw(cell))
            cell += 1
        return Position(cell, max(0, row) if cell < len(self._cells) else 0)

    def _rows(self, top: Position, height: int) -> list[Line]:
        found: list[Line] = []
        cell, row = top
        while cell < len(self._cells) and len(found) < height:
            found += self._draw(cell)[row : row + height - len(found)]
            cell, row = cell + 1, 0
        return found


def _has(row: Line, query: str) -> bool:
    return query in "".join(span.text for span in row).casefold()


def marked(row: Line, query: str) -> Line:
    """Return the line with all occurrences of the query shown reversed, ignoring case."""
    text = "".join(span.text for span in row)
    places = [match.span() for match in re.finditer(re.escape(clean(query)), text, re.IGNORECASE)]
    if not places or not query:
        return row
    parts: list[Span] = []
    at = 0
    for span in row:
        edges = sorted(
            {0, len(span.text)}
            | {edge - at for place in places for edge in place if 0 < edge - at < len(span.text)}
        )
        for start, end in pairwise(edges):
            is_hit = any(place[0] <= at + start < place[1] for place in places)
            style = span.style._replace(reverse=not span.style.reverse) if is_hit else span.style
            parts.append(Span(span.text[start:end], style))
        at += len(span.text)
    return tuple(parts)
