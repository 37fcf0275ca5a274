"""Lines -> the formatted text that prompt_toolkit draws. Nothing else knows both."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from codex.tui.text import Style

if TYPE_CHECKING:
    from collections.abc import Iterable

    from codex.tui.text import Line

Fragments = list[tuple[str, str]]

# Names of the palette, and the same by number for programs that colour by number.
_NAMES = {
    "black": "ansiblack",
    "red": "ansired",
    "green": "ansigreen",
    "yellow": "ansiyellow",
    "blue": "ansiblue",
    "magenta": "ansimagenta",
    "cyan": "ansicyan",
    "white": "ansigray",
    "brightblack": "ansibrightblack",
    "brightred": "ansibrightred",
    "brightgreen": "ansibrightgreen",
    "brightyellow": "ansibrightyellow",
    "brightblue": "ansibrightblue",
    "brightmagenta": "ansibrightmagenta",
    "brightcyan": "ansibrightcyan",
    "brightwhite": "ansiwhite",
}
_FLAGS = ("bold", "dim", "italic", "underline", "reverse", "strike")
_CUBE = (0, 95, 135, 175, 215, 255)


@lru_cache(maxsize=1024)
def style_string(style: Style, *, has_color: bool = True) -> str:
    """A Style in prompt_toolkit's words. Args: has_color: false keeps bold, dim and their like."""
    words = [flag for flag in _FLAGS if getattr(style, flag)]
    if has_color and style.fg:
        words.append(f"fg:{_color(style.fg)}")
    if has_color and style.bg:
        words.append(f"bg:{_color(style.bg)}")
    return " ".join(words)


def _color(color: str) -> str:
    if not color.isdecimal():
        return _NAMES.get(color, color)
    number = int(color)
    if number < 16:
        return list(_NAMES.values())[number]
    if number >= 232:
        return "#" + f"{8 + 10 * (number - 232):02x}" * 3
    number -= 16
    red, green, blue = _CUBE[number // 36], _CUBE[number // 6 % 6], _CUBE[number % 6]
    return f"#{red:02x}{green:02x}{blue:02x}"


def fragments(row: Line, *, has_color: bool = True) -> Fragments:
    """One line."""
    return [(style_string(span.style, has_color=has_color), span.text) for span in row]


def joined(rows: Iterable[Line], *, has_color: bool = True) -> Fragments:
    """Several lines, with the newlines between them."""
    found: Fragments = []
    for index, row in enumerate(rows):
        if index:
            found.append(("", "\n"))
        found += fragments(row, has_color=has_color)
    return found
