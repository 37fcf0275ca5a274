"""Lines -> the formatted text that prompt_toolkit draws. Nothing else knows both.

prompt_toolkit knows no links. A linked span carries a class that `LinkStyle` turns into the one
attribute that nothing here uses, blinking, and `LinkOutput` into an OSC 8 link; without the two it
is plain text.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from prompt_toolkit.output.vt100 import Vt100_Output
from prompt_toolkit.styles import DEFAULT_ATTRS, Attrs, BaseStyle

from codex.tui.drawing.text import Style, clean

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable

    from prompt_toolkit.output import ColorDepth

    from codex.tui.drawing.text import Line

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

_LINK = "link-"
_links: dict[str, int] = {}
"""The links drawn so far, by their numbers in class names."""


@lru_cache(maxsize=1024)
def style_string(style: Style, *, has_color: bool = True) -> str:
    """A Style in prompt_toolkit's words. Args: has_color: false keeps bold, dim and their like."""
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


class LinkStyle(BaseStyle):
    """A style in which the classes of links mean their links.

    For `Application.renderer.style`: an application takes only the rules of a style it is given.
    """

    def __init__(self, base: BaseStyle) -> None:
        self._base = base

    def get_attrs_for_style_str(self, style_str: str, default: Attrs = DEFAULT_ATTRS) -> Attrs:
        """As the base has it, with the URL in the place of `blink`."""
        attrs = self._base.get_attrs_for_style_str(style_str, default)
        _, found, rest = style_str.partition(f"class:{_LINK}")
        if not found:
            return attrs
        url: Any = list(_links)[int(rest.partition(" ")[0])]
        return attrs._replace(blink=url)

    @property
    def style_rules(self) -> list[tuple[str, str]]:
        """The base's."""
        return self._base.style_rules

    def invalidation_hash(self) -> Hashable:
        """The base's."""
        return self._base.invalidation_hash()


class LinkOutput(Vt100_Output):
    """An output that opens and closes links as it changes attributes."""

    _link: str | None = None

    def set_attributes(self, attrs: Attrs, color_depth: ColorDepth) -> None:
        """The attributes, and the link that `LinkStyle` put among them."""
        self._open(attrs.blink if isinstance(attrs.blink, str) else None)
        super().set_attributes(attrs._replace(blink=attrs.blink is True), color_depth)

    def reset_attributes(self) -> None:
        """No attributes and no link."""
        self._open(None)
        super().reset_attributes()

    def _open(self, url: str | None) -> None:
        if url != self._link:
            self._link = url
            self.write_raw(f"\x1b]8;;{url or ''}\x1b\\")
