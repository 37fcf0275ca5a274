from __future__ import annotations

import pytest

from codex.tui.drawing.ansi import parse_ansi, sgr, to_ansi
from codex.tui.drawing.text import DIM, Line, Span, Style, plain


def texts(output: str) -> list[str]:
    return [plain(row) for row in parse_ansi(output)]


@pytest.mark.parametrize(
    ("codes", "style"),
    [
        ("1;31", Style(fg="red", bold=True)),
        ("97;44", Style(fg="brightwhite", bg="blue")),
        ("105", Style(bg="brightmagenta")),
        ("38;5;9", Style(fg="brightred")),
        ("48;5;200", Style(bg="200")),
        ("38;2;1;2;255", Style(fg="#0102ff")),
        ("38:2::1:2:255", Style(fg="#0102ff")),
        ("38:5:200", Style(fg="200")),
        ("2;3;4;7;9", Style(dim=True, italic=True, underline=True, reverse=True, strike=True)),
        ("4:3", Style(underline=True)),
        ("31;39", Style()),
        ("41;49", Style()),
        ("1;2;3;4;7;9;22;23;24;27;29", Style()),
        ("4;4:0", Style()),
        ("31;", Style()),
        ("", Style()),
        ("38;5;999", Style()),
        ("38;2;1", Style(bold=True)),
        ("38", Style()),
        ("58", Style()),
    ],
)
def test_colours_are_read(codes: str, style: Style) -> None:
    assert parse_ansi(f"\x1b[{codes}mx") == [(Span("x", style),)]


def test_a_style_goes_on_over_lines() -> None:
    red = Style(fg="red")
    assert parse_ansi("\x1b[31ma\nb\x1b[0mc") == [(Span("a", red),), (Span("b", red), Span("c"))]


def test_text_without_colours_has_the_base_style() -> None:
    assert parse_ansi("a\n\nb\n", DIM) == [(Span("a", DIM),), (), (Span("b", DIM),)]
    assert parse_ansi("\x1b[31ma\x1b[0mb", DIM)[0][1] == Span("b", DIM)


@pytest.mark.parametrize(
    ("output", "rows"),
    [
        ("10%\r50%\r100%\ndone\n", ["100%", "done"]),
        ("a\r\nb\r\n", ["a", "b"]),
        ("a\r\r\nb", ["a", "b"]),
        ("long text\rshort", ["shorttext"]),
        ("long text\r\x1b[Kshort", ["short"]),
        ("abc\x1b[2Kd", ["   d"]),
        ("abcdef\b\b\b\x1b[1KX", ["   Xef"]),
        ("ab\b\b\b\bX", ["Xb"]),
        ("漢字\rX", ["X 字"]),
        ("漢字\b\bX", ["漢X "]),
        ("漢字\b\b\bX", [" X字"]),
        ("abc\r漢", ["漢c"]),
        ("ab漢\r 字", [" 字 "]),
        ("a漢b\r字", ["字 b"]),
        ("ae\u0301\rb", ["be\u0301"]),
        ("漢\u0301\r", ["漢\u0301"]),
        ("\u0301\r", [""]),
        ("\x1b[5;5Ha\x1b[?25lb\x1b]0;title\x07c\x1b(Bd", ["abcd"]),
        ("\x1b]8;;http://a\x1b\\link\x1b]8;;\x1b\\", ["link"]),
        ("a\tb\x1b[1mc\td", ["a       bc      d"]),
        ("x\x1b", ["x\\x1b"]),
        ("\x07\x1b[31m", ["\\x07"]),
    ],
)
def test_output_is_shown_as_a_terminal_would(output: str, rows: list[str]) -> None:
    assert texts(output) == rows


def test_a_written_over_line_keeps_its_colours() -> None:
    red, green = Style(fg="red"), Style(fg="green")
    assert parse_ansi("\x1b[31mabc\r\x1b[32mX") == [(Span("X", green), Span("bc", red))]


ROW: Line = (Span("a", Style(fg="red", bg="brightblue", bold=True)), Span("b"))


def test_lines_become_sequences() -> None:
    assert to_ansi(ROW) == "\x1b[1;31;104ma\x1b[0mb"
    assert sgr(Style(fg="#0102ff", bg="200")) == "38;2;1;2;255;48;5;200"


def test_without_colour_the_rest_stays() -> None:
    assert to_ansi(ROW, has_color=False) == "\x1b[1ma\x1b[0mb"


def test_links_are_links_and_cannot_break_out() -> None:
    row: Line = (Span("a", Style(link="http://a/\x1b\\b")),)
    assert to_ansi(row) == "\x1b]8;;http://a/\\x1b\\b\x1b\\a\x1b]8;;\x1b\\"
