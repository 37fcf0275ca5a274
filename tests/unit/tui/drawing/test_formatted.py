from __future__ import annotations

import io

import pytest
from prompt_toolkit.data_structures import Size
from prompt_toolkit.formatted_text import FormattedText
from prompt_toolkit.output import ColorDepth
from prompt_toolkit.renderer import print_formatted_text
from prompt_toolkit.styles import Style as ToolkitStyle

from codex.tui.drawing.ansi import PALETTE
from codex.tui.drawing.formatted import LinkOutput, LinkStyle, fragments, joined, style_string
from codex.tui.drawing.text import BOLD, Span, Style


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


def test_lines_are_joined_by_newlines() -> None:
    rows = [(Span("a", BOLD), Span("b")), (), (Span("c"),)]
    assert fragments(rows[0]) == [("bold", "a"), ("", "b")]
    assert joined(rows) == [("bold", "a"), ("", "b"), ("", "\n"), ("", "\n"), ("", "c")]


def printed(*spans: Span, style: LinkStyle | ToolkitStyle) -> str:
    written = io.StringIO()
    output = LinkOutput(written, lambda: Size(rows=24, columns=80), term="xterm")
    text = FormattedText(fragments(spans))
    print_formatted_text(output, text, style, color_depth=ColorDepth.DEPTH_8_BIT)
    return written.getvalue()


LINKED = (
    Span("see "),
    Span("a.py:1", Style(link="vscode://file/a.py:1\x1b")),
    Span(" and "),
    Span("b", Style(bold=True, link="http://b")),
)


def test_links_are_opened_and_closed() -> None:
    base = ToolkitStyle([("x", "bold")])
    style = LinkStyle(base)
    text = printed(*LINKED, style=style)
    assert text.count("\x1b]8;;vscode://file/a.py:1\\x1b\x1b\\") == 1
    assert text.count("\x1b]8;;http://b\x1b\\") == 1
    assert text.count("\x1b]8;;\x1b\\") == 2
    assert text.index("a.py:1") < text.index(" and ") < text.index("http://b")
    assert "\x1b[0;5m" not in text
    assert style.style_rules == base.style_rules
    assert style.invalidation_hash() == base.invalidation_hash()


def test_without_the_style_links_are_text() -> None:
    text = printed(*LINKED, style=ToolkitStyle([]))
    assert "see " in text
    assert "]8;" not in text
