"""Text on a screen: Style, Span and Line; how to measure, wrap and clip them. Pure.

A Line holds what one row shows: no newline, tab or control character. Text from outside becomes
Lines through `clean`, `line` or `lines`, so that what is measured here is what a terminal draws.

Each character is measured alone, as prompt_toolkit draws it. Terminals disagree about the width of
emoji that are joined from several, so joiners, presentation selectors and skin tones are left out.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from codex.base.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterable

TAB = 8
"""Columns between tab stops, as terminals have them."""
CODE_TAB = 4
"""Columns between tab stops in code and diffs."""


class Style(NamedTuple):
    """The look of a span; a colour is a palette name (`brightblack`), `#rrggbb` or `0` to `255`."""

    fg: str | None = None
    """Foreground; None for the terminal's own."""
    bg: str | None = None
    bold: bool = False
    dim: bool = False
    italic: bool = False
    underline: bool = False
    reverse: bool = False
    strike: bool = False
    link: str | None = None
    """URL that the text leads to; None if it is no link."""

    def over(self, base: Style) -> Style:
        """Return this style on top of another: `base` fills in what this style leaves unset."""
        if base == PLAIN:
            return self
        return Style(
            self.fg or base.fg,
            self.bg or base.bg,
            self.bold or base.bold,
            self.dim or base.dim,
            self.italic or base.italic,
            self.underline or base.underline,
            self.reverse or base.reverse,
            self.strike or base.strike,
            self.link or base.link,
        )


PLAIN = Style()
BOLD = Style(bold=True)
DIM = Style(dim=True)


class Span(NamedTuple):
    """A run of text in one style."""

    text: str
    style: Style = PLAIN


Line = tuple[Span, ...]

# Terminals disagree whether the parts of a joined emoji take two columns together or two each.
_SELECTOR = "\ufe0f"
_EMOJI = "\u203c-\u3299\U0001f000-\U0001faff"
_SEQUENCE = re.compile(f"(?<=[{_EMOJI}])[\u200d\U0001f3fb-\U0001f3ff]+(?=[{_EMOJI}]|)")


def clean(text: str, *, tab: int = TAB) -> str:
    """Return text that is safe to measure and draw: newlines are its only control characters.

    Escape sequences are dropped, tabs become blanks, a CR becomes a newline, other controls are
    spelled out (`\\x07`). Emoji lose joiners and skin tones; nothing else that is visible is lost.

    Args: tab: number of columns between tab stops.
    """
    text = printable(text)
    if "\t" in text:
        text = "\n".join(_untabbed(row, tab) for row in text.split("\n"))
    if not text.isascii():
        text = _SEQUENCE.sub("", text.replace(_SELECTOR, ""))
    return text


def _untabbed(row: str, tab: int) -> str:
    if row.isascii():
        return row.expandtabs(tab)
    first, *rest = row.split("\t")
    parts, column = [first], cell_width(first)
    for part in rest:
        blanks = tab - column % tab
        parts += [" " * blanks, part]
        column += blanks + cell_width(part)
    return "".join(parts)


def line(text: str, style: Style = PLAIN) -> Line:
    """Return text from outside, cleaned, as one line; newlines become blanks."""
    text = clean(text).replace("\n", " ")
    return (Span(text, style),) if text else ()


def lines(text: str, style: Style = PLAIN, *, tab: int = TAB) -> list[Line]:
    """Return text from outside, cleaned, as one or more lines; a newline at the end begins none."""
    rows = clean(text, tab=tab).removesuffix("\n").split("\n")
    return [(Span(row, style),) if row else () for row in rows]


def plain(row: Line) -> str:
    """Return the text of a line without styles."""
    return "".join(span.text for span in row)


def restyled(row: Line, base: Style) -> Line:
    """Return the line with `base` filling in what the style of each span leaves unset."""
    return tuple(Span(span.text, span.style.over(base)) for span in row)


@lru_cache(maxsize=4096)
def _char_width(character: str) -> int:
    from wcwidth import wcwidth

    return max(0, wcwidth(character))


def cell_width(text: str) -> int:
    """Return the number of columns that cleaned text takes."""
    if text.isascii():
        return len(text)
    return sum(map(_char_width, text))


def line_width(row: Line) -> int:
    """Return the number of columns that the line takes."""
    return sum(cell_width(span.text) for span in row)


def wrap(row: Line, width: int, *, indent: Line = ()) -> list[Line]:
    """Return the line as rows of at most `width` columns, broken at blanks if possible.

    No character is lost except a blank that no longer fits at the end of its row. Long words are
    broken; a wide character, or one with its combining characters, is not.

    Args: width: a value below 2 counts as 2. indent: beginning of each row but the first; left out
        if it would take more than half of the row.
    """
    width = max(2, width)
    if line_width(row) <= width:
        return [row]
    indent_width = line_width(indent)
    if indent_width > width // 2 or width - indent_width < 2:
        indent, indent_width = (), 0
    text = plain(row)
    find = _ascii_breaks if text.isascii() else _breaks
    rows = [_cut(row, start, end) for start, end in find(text, width, width - indent_width)]
    return [rows[0], *(indent + rest for rest in rows[1:])]


def wrapped(rows: Iterable[Line], width: int, *, indent: Line = ()) -> list[Line]:
    """Return the rows of all lines, each of which is wrapped as `wrap` does it."""
    return [part for row in rows for part in wrap(row, width, indent=indent)]


def _ascii_breaks(text: str, width: int, rest_width: int) -> list[tuple[int, int]]:
    """Return each row's start and end. Args: rest_width: the width of every row but the first."""
    found: list[tuple[int, int]] = []
    at, room = 0, width
    while len(text) - at > room:
        end = following = at + room
        if text[end] == " ":
            following += 1
        else:
            blank = text.rfind(" ", at, end)
            if blank >= 0 and not text[at:blank].isspace() and blank > at:
                end = following = blank + 1
        found.append((at, end))
        at, room = following, rest_width
    if at < len(text):
        found.append((at, len(text)))
    return found


def _breaks(text: str, width: int, rest_width: int) -> list[tuple[int, int]]:
    """Like `_ascii_breaks`, for any text; a row may also end before or after a wide character."""
    found: list[tuple[int, int]] = []
    at, room = 0, width
    while at < len(text):
        end = _row_end(text, at, room)
        found.append((at, end))
        # A blank after a full row hangs over the edge, unseen.
        is_hanging = text[end : end + 1] == " " and cell_width(text[at:end]) == room
        at, room = end + is_hanging, rest_width
    return found


def _row_end(text: str, start: int, room: int) -> int:
    """Return the end of the row that begins at `start`: the last possible break that fits."""
    used, allowed, has_word, previous = 0, start, False, 0
    for at in range(start, len(text)):
        size = _char_width(text[at])
        if size and has_word and (text[at - 1] == " " or 2 in (size, previous)):
            allowed = at
        if used + size > room and at > start:
            is_blank = text[at] == " " and used == room
            return allowed if allowed > start and not is_blank else at
        used += size
        has_word = has_word or text[at] != " "
        previous = size or previous
    return len(text)


def _cut(row: Line, start: int, end: int) -> Line:
    """Return the characters `start:end` of the line."""
    parts: list[Span] = []
    at = 0
    for span in row:
        piece = span.text[max(0, start - at) : max(0, end - at)]
        if piece:
            parts.append(Span(piece, span.style))
        at += len(span.text)
        if at >= end:
            break
    return tuple(parts)


def clip(row: Line, width: int) -> Line:
    """Return the line, cut and ending in `…` if it does not fit into `width` columns."""
    if line_width(row) <= width:
        return row
    if width <= 0:
        return ()
    parts: list[Span] = []
    room = width - 1
    for span in row:
        size = cell_width(span.text)
        if size > room:
            parts.append(Span(_head(span.text, room) + "…", span.style))
            break
        parts.append(span)
        room -= size
    return tuple(parts)


def _head(text: str, width: int) -> str:
    used = 0
    for at, character in enumerate(text):
        used += _char_width(character)
        if used > width:
            return text[:at]
    return text
