"""Draws Markdown tables as Lines: in columns if they fit, otherwise as records. Pure."""

from __future__ import annotations

from itertools import zip_longest
from typing import NamedTuple

from codex.tui.drawing.text import BOLD, DIM, Line, Span, line_width, plain, restyled, wrap

MIN_COLUMN = 6
"""Width, in screen columns, below which no column of a table is reduced to fit."""
_GAP = 3
"""Screen columns between two cells: a bar with a blank on each side."""


class MarkdownTable(NamedTuple):
    """A Markdown table."""

    rows: list[list[Line]]
    """Cells by row; the first row is the heading."""
    aligned: list[str]
    """Alignment of each column: `left`, `center`, `right`, or empty if none is given."""


def draw_table(table: MarkdownTable, width: int) -> list[Line]:
    """Return the table as lines of at most `width` screen columns; as records if it is too wide."""
    heading, *rows = table.rows
    widths = _widths(table.rows, width - _GAP * (len(heading) - 1))
    if not widths:
        return _records(heading, rows, width)
    found = _drawn([restyled(cell, BOLD) for cell in heading], widths, table.aligned)
    found.append((Span("─┼─".join("─" * size for size in widths), DIM),))
    for row in rows:
        found += _drawn(row, widths, table.aligned)
    return found


def _widths(rows: list[list[Line]], room: int) -> list[int]:
    """Return the columns' widths, the widest reduced first; empty if they do not fit `room`."""
    wanted = [max(1, *map(line_width, column)) for column in zip_longest(*rows, fillvalue=())]
    for limit in range(room, MIN_COLUMN - 1, -1):
        widths = [min(size, limit) for size in wanted]
        if sum(widths) <= room:
            return widths
    return []


def _drawn(row: list[Line], widths: list[int], aligned: list[str]) -> list[Line]:
    """Return the lines of one table row, as many as its tallest cell needs."""
    cells = [wrap(cell, size) for cell, size in zip(row, widths, strict=False)]
    found: list[Line] = []
    for parts in zip_longest(*cells, fillvalue=()):
        spans: list[Span] = []
        for index, part in enumerate(parts):
            if index:
                spans.append(Span(" │ ", DIM))
            spans += _padded(part, widths[index], aligned[index] if index < len(aligned) else "")
        found.append(tuple(spans))
    return found


def _padded(part: Line, size: int, alignment: str) -> Line:
    blanks = max(0, size - line_width(part))
    before = {"right": blanks, "center": blanks // 2}.get(alignment, 0)
    padded = (Span(" " * before), *part, Span(" " * (blanks - before)))
    return tuple(span for span in padded if span.text)


def _records(heading: list[Line], rows: list[list[Line]], width: int) -> list[Line]:
    """Return a line `heading: value` for each cell, with a rule between two table rows."""
    found: list[Line] = []
    if not rows:
        found += [part for name in heading for part in wrap(restyled(name, BOLD), width)]
    for row in rows:
        if found:
            found.append((Span("─" * min(width, 20), DIM),))
        for name, value in zip(heading, row, strict=False):
            title = (*restyled(name, BOLD), Span(": ")) if plain(name) else ()
            if title or value:
                found += wrap((*title, *value), width, indent=(Span("  "),))
    return found
