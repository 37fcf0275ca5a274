"""Translates Styles into prompt_toolkit's style strings. Only layout.py uses this module.

prompt_toolkit knows no links: layout.py writes a link's escape sequence before each of its
characters. The style string of a link names a class with the link's number, so that prompt_toolkit
draws a character again when only its link has changed.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from codex.tui.drawing.text import clean

if TYPE_CHECKING:
    from codex.tui.drawing.text import Style

# Names by position: the palette colours 0 to 15.
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

_LINK = "link-"
_links: dict[str, int] = {}
"""Numbers of the links drawn so far, by URL."""


@lru_cache(maxsize=1024)
def style_string(style: Style, *, has_color: bool = True) -> str:
    """Return `style` as a prompt_toolkit style string. Args: has_color: False: without colours."""
    words = [flag for flag in _FLAGS if getattr(style, flag)]
    if has_color and style.fg:
        words.append(f"fg:{_color(style.fg)}")
    if has_color and style.bg:
        words.append(f"bg:{_color(style.bg)}")
    if style.link and (url := clean(style.link).replace("\n", "")):
        words.append(f"class:{_LINK}{_links.setdefault(url, len(_links))}")
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
