"""Parses text with SGR colours into Lines, and turns Lines into such text. Pure.

Command output is parsed as a terminal would show it: `\\r`, `\\b` and erase sequences act within
their line, and colours apply. Other escape sequences are dropped, other controls are spelled out
(`\\x07`).
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from codex.tui.drawing.text import PLAIN, Line, Span, Style, cell_width, clean

if TYPE_CHECKING:
    from collections.abc import Iterable

_NAMES = ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white")
PALETTE = (*_NAMES, *(f"bright{name}" for name in _NAMES))
"""Names of the sixteen palette colours; the index is the colour's number."""

_TOKEN = re.compile(
    r"(?P<sgr>(?:\x1b\[|\x9b)[0-9;:]*m)"
    r"|(?P<erase>(?:\x1b\[|\x9b)[012]?K)"
    r"|(?P<return>\r)"
    r"|(?P<back>\x08)"
    r"|(?P<text>[^\x1b\x9b\r\x08]+)"
    # The rest is for `clean`: whole sequences, or an escape that begins no sequence.
    r"|(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"
    r"|\x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)"
    r"|\x1b[ -/]*[0-OQ-WYZ`-~]"
    r"|(?P<other>[\x1b\x9b])"
)
_SPECIAL = re.compile("[\x1b\x9b\r\x08]")
_ENDING = re.compile(r"\r*\n")
_OVERWRITES = re.compile(r"[\r\x08]|(?:\x1b\[|\x9b)[012]?K")


def parse_ansi(text: str, base: Style = PLAIN) -> list[Line]:
    """Return the lines of command output; a newline at the very end begins no new line.

    Args: base: style that fills in what the text's own style leaves unset.
    """
    return parse_ansi_part(re.sub(r"\r*\n\Z", "", text), PLAIN, base)[0]


def parse_ansi_part(text: str, style: Style, base: Style) -> tuple[list[Line], Style]:
    """Return the lines of a part of command output, and the style in which the next part begins.

    A newline at the very end begins an empty line.

    Args: style: the style in which this part begins. base: style that fills in what the text's own
        style leaves unset.
    """
    if style == PLAIN and not _SPECIAL.search(text):
        return [(Span(row, base),) if row else () for row in clean(text).split("\n")], style
    found: list[Line] = []
    for row in _ENDING.split(text):
        parse = _overwritten_row if _OVERWRITES.search(row) else _plain_row
        parsed, style = parse(row, style, base)
        found.append(parsed)
    return found, style


def _plain_row(row: str, style: Style, base: Style) -> tuple[Line, Style]:
    """Parse a row without controls but colours and tabs; return it and the style at its end."""
    spans: list[Span] = []
    column = 0
    for match in _TOKEN.finditer(row):
        if match["sgr"]:
            style = applied(style, match["sgr"])
        elif shown := match["text"] or match["other"]:
            shown = clean(" " * (column % 8) + shown)[column % 8 :]
            column += cell_width(shown)
            spans.append(Span(shown, style.over(base)))
    return tuple(spans), style


def _overwritten_row(row: str, style: Style, base: Style) -> tuple[Line, Style]:
    """Parse a row that overwrites itself; return its final content and its last style."""
    cells: list[Span] = []
    at = 0
    for match in _TOKEN.finditer(row):
        if match["sgr"]:
            style = applied(style, match["sgr"])
        elif match["return"]:
            at = 0
        elif match["back"]:
            at = max(0, at - 1)
        elif match["erase"]:
            at = _erase(cells, at, match["erase"])
        elif shown := match["text"] or match["other"]:
            shown = clean(" " * (at % 8) + shown)[at % 8 :]
            at = _write(cells, at, shown, style.over(base))
    return _joined(cells), style


def _erase(cells: list[Span], at: int, sequence: str) -> int:
    if "1" in sequence:
        end = min(at + 1, len(cells))
        cells[:end] = [Span(" ")] * end
    elif "2" in sequence:
        cells.clear()
    else:
        del cells[at:]
    return at


def _write(cells: list[Span], at: int, text: str, style: Style) -> int:
    """Write characters into `cells` from column `at` on; return the column after them.

    The second cell of a wide character holds empty text.
    """
    for character in text:
        size = cell_width(character)
        if size == 0:
            before = max(0, at - 1)
            while 0 < before < len(cells) and cells[before].text == "":
                before -= 1
            if before < len(cells):
                cells[before] = Span(cells[before].text + character, cells[before].style)
            continue
        cells += [Span(" ")] * (at - len(cells))
        if at < len(cells) and cells[at].text == "":
            cells[at - 1] = Span(" ")  # the half of a wide character that remains is a blank
        if at + size < len(cells) and cells[at + size].text == "":
            cells[at + size] = Span(" ")
        cells[at : at + size] = [Span(character, style), Span("", style)][:size]
        at += size
    return at


def _joined(cells: Iterable[Span]) -> Line:
    spans: list[Span] = []
    texts: list[str] = []
    style = PLAIN
    for cell in cells:
        if cell.style != style and texts:
            spans.append(Span("".join(texts), style))
            texts = []
        style = cell.style
        texts.append(cell.text)
    if "".join(texts):
        spans.append(Span("".join(texts), style))
    return tuple(spans)


@lru_cache(maxsize=512)
def applied(style: Style, sequence: str) -> Style:
    """Return `style` after an SGR sequence such as `ESC [ 1 m`; unknown codes change nothing."""
    codes: list[int] = []
    for part in sequence.lstrip("\x1b[\x9b").rstrip("m").split(";"):
        first, *rest = part.split(":")
        if first in ("38", "48"):
            # 38:2:SPACE:R:G:B, where the colour space is often left empty.
            codes += [int(first), *(_number(code) for code in rest if code)]
        else:
            codes.append(24 if part == "4:0" else _number(first))
    while codes:
        code = codes.pop(0)
        if code in (38, 48):
            color = _extended(codes)
            if color:
                style = style._replace(fg=color) if code == 38 else style._replace(bg=color)
        else:
            style = _coded(style, code)
    return style


def _number(code: str) -> int:
    return int(code) if code.isdecimal() and len(code) < 4 else 0


_ON = {
    1: Style(bold=True),
    2: Style(dim=True),
    3: Style(italic=True),
    4: Style(underline=True),
    7: Style(reverse=True),
    9: Style(strike=True),
    21: Style(underline=True),
}


def _coded(style: Style, code: int) -> Style:
    for first, is_bright in ((30, False), (90, True)):
        offset = code - first
        if 0 <= offset < 8:
            return style._replace(fg=PALETTE[offset + 8 * is_bright])
        if 10 <= offset < 18:
            return style._replace(bg=PALETTE[offset - 10 + 8 * is_bright])
    if code in _ON:
        return _ON[code].over(style)
    return _without(style, code)


def _without(style: Style, code: int) -> Style:
    match code:
        case 0:
            return PLAIN
        case 22:
            return style._replace(bold=False, dim=False)
        case 23:
            return style._replace(italic=False)
        case 24:
            return style._replace(underline=False)
        case 27:
            return style._replace(reverse=False)
        case 29:
            return style._replace(strike=False)
        case 39:
            return style._replace(fg=None)
        case 49:
            return style._replace(bg=None)
        case _:
            return style


def _extended(codes: list[int]) -> str | None:
    """Remove the colour that follows code 38 or 48 from `codes`; return it, or None if invalid."""
    kind = codes.pop(0) if codes else 0
    if kind == 5 and codes:
        number = codes.pop(0)
        return (PALETTE[number] if number < 16 else str(number)) if number < 256 else None
    if kind == 2 and len(codes) >= 3:
        red, green, blue = codes[:3]
        del codes[:3]
        return f"#{red & 255:02x}{green & 255:02x}{blue & 255:02x}"
    return None


def to_ansi(row: Line, *, has_color: bool = True) -> str:
    """Return the line as text with escape sequences, ending in the terminal's own style.

    Args: has_color: False leaves out colours, but neither bold, dim and the like nor links.
    """
    return "".join(_painted(span, has_color=has_color) for span in row)


def _painted(span: Span, *, has_color: bool) -> str:
    style = span.style
    codes = sgr(style, has_color=has_color)
    text = f"\x1b[{codes}m{span.text}\x1b[0m" if codes else span.text
    if style.link and (link := clean(style.link).replace("\n", "")):
        return f"\x1b]8;;{link}\x1b\\{text}\x1b]8;;\x1b\\"
    return text


@lru_cache(maxsize=512)
def sgr(style: Style, *, has_color: bool = True) -> str:
    """Return the style's SGR codes, to put between `ESC [` and `m`; empty for a plain style."""
    flags = (
        ("1", style.bold),
        ("2", style.dim),
        ("3", style.italic),
        ("4", style.underline),
        ("7", style.reverse),
        ("9", style.strike),
    )
    codes = [code for code, is_on in flags if is_on]
    if has_color:
        codes += _color_codes(style.fg, 30) + _color_codes(style.bg, 40)
    return ";".join(codes)


def _color_codes(color: str | None, first: int) -> list[str]:
    if not color:
        return []
    if color in PALETTE:
        number = PALETTE.index(color)
        return [str(first + number if number < 8 else first + 60 + number - 8)]
    if color.startswith("#"):
        parts = [str(int(color[at : at + 2], 16)) for at in (1, 3, 5)]
        return [str(first + 8), "2", *parts]
    return [str(first + 8), "5", color]
