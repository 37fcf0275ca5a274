from __future__ import annotations

import pytest
from prompt_toolkit.styles import Style as ToolkitStyle

from codex.tui.drawing.ansi import PALETTE
from codex.tui.drawing.formatted import style_string
from codex.tui.drawing.text import BOLD, Style


@pytest.mark.parametrize(
    ("style", "text"),
    [
        (Style(), ""),
        (BOLD, "bold"),
        (Style(fg="red", bg="brightblack"), "fg:ansired bg:ansibrightblack"),
        (Style(fg="white", bg="brightwhite"), "fg:ansigray bg:ansiwhite"),
        (Style(fg="#010203", underline=True), "underline fg:#010203"),
        (Style(fg="9"), "fg:ansibrightred"),
        (Style(fg="16", bg="231"), "fg:#000000 bg:#ffffff"),
        (Style(fg="232", bg="255"), "fg:#080808 bg:#eeeeee"),
        (Style(dim=True, italic=True, reverse=True, strike=True), "dim italic reverse strike"),
    ],
)
def test_styles(style: Style, text: str) -> None:
    assert style_string(style) == text


@pytest.mark.parametrize("color", [*PALETTE, *map(str, range(256)), "#a0b1c2"])
def test_prompt_toolkit_knows_every_colour(color: str) -> None:
    ToolkitStyle([]).get_attrs_for_style_str(style_string(Style(fg=color, bg=color)))


def test_without_colour_the_rest_stays() -> None:
    assert style_string(Style(fg="red", bold=True), has_color=False) == "bold"


def test_another_link_is_another_style() -> None:
    plain, *linked = (style_string(Style(link=link)) for link in (None, "x:a", "x:b", "x:a"))
    assert plain == ""
    assert linked[0] == linked[2] != linked[1]
