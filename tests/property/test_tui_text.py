"""Lines of any text lose nothing, are never too wide, and cannot control a terminal."""

from __future__ import annotations

import re
import unicodedata

from hypothesis import example, given
from hypothesis import strategies as st

from codex.tui.drawing import ansi
from codex.tui.drawing.text import (
    Line,
    Span,
    Style,
    cell_width,
    clean,
    clip,
    line,
    line_width,
    lines,
    plain,
    wrap,
)

ANY = st.text(max_size=120)
MIXED = st.text(alphabet="ab  -漢字é\u0301\u200d👩🏽\ufe0f\t", max_size=80)
TEXT = st.one_of(ANY, MIXED)
WIDTH = st.integers(2, 40)
STYLE = st.sampled_from([Style(), Style(fg="red"), Style(bold=True, bg="#010203", link="http://a")])
SEQUENCES = [
    *("\x1b[31m", "\x1b[0m", "\x1b[1;38;5;200m", "\x1b[38;2;1;2m", "\x1b[38m", "\x1b[4:3m"),
    *("\x1b[K", "\x1b[1K", "\x1b[2K", "\x1b[2J", "\x1b[10;3H", "\x1b]0;t\x07", "\x1b]8;;u\x1b\\"),
    *("\r", "\b", "\n", "\r\n", "\t", "\x1b", "\x9b", "\x9b3", "漢", "e\u0301", "abc", "\x07"),
    "\x1b[" + "9" * 5000 + "m",
    "\x1b[²m",
]
ESCAPES = st.lists(
    st.one_of(
        st.sampled_from(SEQUENCES),
        st.text(max_size=5),
    ),
    max_size=30,
).map("".join)
CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f]")


def rejoined(rows: list[Line]) -> str:
    return "".join(map(plain, rows))


@given(st.lists(st.builds(Span, TEXT.map(lambda text: plain(line(text))), STYLE)).map(tuple), WIDTH)
def test_wrapping_keeps_every_character_but_blanks_at_the_edge(row: Line, width: int) -> None:
    rows = wrap(row, width)
    assert all(line_width(part) <= width for part in rows)
    assert rejoined(rows).replace(" ", "") == plain(row).replace(" ", "")
    styles = [span.style for part in rows for span in part for _ in span.text.replace(" ", "")]
    assert styles == [span.style for span in row for _ in span.text.replace(" ", "")]


@given(TEXT, WIDTH)
@example("ab  cd", 2)
def test_a_blank_is_dropped_only_behind_a_full_row(text: str, width: int) -> None:
    row = line(text)
    rows = wrap(row, width)
    lost = len(plain(row)) - len(rejoined(rows))
    assert 0 <= lost <= sum(line_width(part) == width for part in rows)


@given(TEXT, WIDTH, st.integers(0, 12))
def test_indented_rows_are_not_wider(text: str, width: int, indent: int) -> None:
    rows = wrap(line(text), width, indent=(Span(" " * indent),))
    assert all(line_width(row) <= width for row in rows)


@given(TEXT, st.integers(0, 40))
def test_what_is_clipped_fits(text: str, width: int) -> None:
    row = line(text)
    clipped = clip(row, width)
    assert line_width(clipped) <= width
    assert clipped == row or width == 0 or plain(clipped).endswith("…")


@given(st.text())
def test_cleaned_text_has_no_controls_and_keeps_the_rest(text: str) -> None:
    cleaned = clean(text)
    assert not CONTROLS.search(cleaned.replace("\n", ""))
    assert cell_width(cleaned) >= 0
    letters = [letter for letter in text if unicodedata.category(letter) in ("Lu", "Ll", "Lo")]
    if "\x1b" not in text and "\x9b" not in text:
        rest = iter(cleaned)
        assert all(letter in rest for letter in letters)


@given(st.text(), st.sampled_from([4, 8]))
def test_tabs_end_at_their_stops(text: str, tab: int) -> None:
    first, *rest = lines("x\t" + text, tab=tab)
    assert plain(first)[:tab] == "x".ljust(tab)
    assert not any("\t" in plain(row) for row in rest)


@given(ESCAPES)
def test_output_never_fails_and_never_leaks_a_control(output: str) -> None:
    for row in ansi.parse_ansi(output):
        assert not CONTROLS.search(plain(row))
        painted = ansi.to_ansi(row, has_color=True)
        assert not CONTROLS.search(re.sub(r"\x1b\[[0-9;]*m", "", painted))


@given(ESCAPES)
def test_colours_survive_the_way_out_and_in(output: str) -> None:
    for row in ansi.parse_ansi(output):
        again = ansi.parse_ansi(ansi.to_ansi(row))
        assert _by_character(again[0] if again else ()) == _by_character(row)


@given(ESCAPES)
def test_without_colour_no_colour_is_written(output: str) -> None:
    for row in ansi.parse_ansi(output):
        for codes in re.findall(r"\x1b\[([0-9;]*)m", ansi.to_ansi(row, has_color=False)):
            assert all(code in "0123479" for code in codes.split(";"))


def _by_character(row: Line) -> list[tuple[str, Style]]:
    return [(character, span.style) for span in row for character in span.text]
