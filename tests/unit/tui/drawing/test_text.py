from __future__ import annotations

import pytest

from codex.tui.drawing.text import (
    BOLD,
    Span,
    Style,
    cell_width,
    clean,
    clip,
    line,
    lines,
    plain,
    restyled,
    wrap,
)


def wrapped(text: str, width: int, indent: str = "") -> list[str]:
    return [plain(row) for row in wrap(line(text), width, indent=line(indent))]


@pytest.mark.parametrize(
    ("text", "width"),
    [("", 0), ("abc", 3), ("漢字", 4), ("e\u0301", 1), ("\u200b", 0), ("🎉", 2), ("\x00", 1)],
)
def test_width_is_what_a_terminal_draws(text: str, width: int) -> None:
    assert cell_width(text) == width


def test_joined_emoji_become_ones_that_every_terminal_draws_alike() -> None:
    family = "\U0001f469\u200d\U0001f467"
    assert clean(f"{family} ❤\ufe0f \U0001f44d\U0001f3fd") == "\U0001f469\U0001f467 ❤ \U0001f44d"
    assert cell_width(clean(family)) == 4


def test_joiners_of_scripts_stay() -> None:
    assert clean("क\u094d\u200dष") == "क\u094d\u200dष"


def test_control_characters_and_sequences_are_made_harmless() -> None:
    assert clean("a\x1b[31mb\x07\x00") == "ab\\x07\\x00"


def test_tabs_end_at_columns_and_not_at_characters() -> None:
    assert clean("a\tb") == "a       b"
    assert clean("漢\tb") == "漢      b"
    assert clean("漢\t\tb", tab=4) == "漢      b"


def test_lines_end_with_newlines_of_any_kind() -> None:
    assert [plain(row) for row in lines("a\r\nb\rc\n\n")] == ["a", "b", "c", ""]


def test_a_line_has_no_newline() -> None:
    assert line("a\nb", BOLD) == (Span("a b", BOLD),)
    assert line("") == ()


def test_words_are_kept_whole_where_they_fit() -> None:
    assert wrapped("the quick brown fox", 10) == ["the quick ", "brown fox"]


def test_a_blank_beyond_the_edge_is_not_seen() -> None:
    assert wrapped("abcde fghij", 5) == ["abcde", "fghij"]
    assert wrapped("漢字 漢字", 4) == ["漢字", "漢字"]


def test_a_long_word_is_broken() -> None:
    assert wrapped("go to abcdefghijklm", 6) == ["go to ", "abcdef", "ghijkl", "m"]


def test_indentation_alone_makes_no_row() -> None:
    assert wrapped("    abcdefgh", 6) == ["    ab", "cdefgh"]
    assert wrapped("    äbcdefgh", 6) == ["    äb", "cdefgh"]


def test_wide_characters_may_be_parted_but_not_halved() -> None:
    assert wrapped("漢字漢字", 5) == ["漢字", "漢字"]
    assert wrapped("ab漢字", 3) == ["ab", "漢", "字"]


def test_what_combines_stays_with_its_character() -> None:
    assert wrapped("ae\u0301e\u0301", 2) == ["ae\u0301", "e\u0301"]


def test_rows_but_the_first_are_indented() -> None:
    assert wrapped("one two three", 8, "  ") == ["one two ", "  three"]


def test_an_indent_that_leaves_no_room_is_left_out() -> None:
    assert wrapped("one two", 4, "   ") == ["one ", "two"]


def test_styles_follow_their_text_over_the_edge() -> None:
    row = (Span("one "), Span("two three", BOLD))
    assert wrap(row, 8) == [(Span("one "), Span("two ", BOLD)), (Span("three", BOLD),)]


def test_clipped_lines_say_so() -> None:
    row = (Span("abc"), Span("漢字", BOLD))
    assert clip(row, 7) == row
    assert clip(row, 6) == (Span("abc"), Span("漢…", BOLD))
    assert clip(row, 3) == (Span("ab…"),)
    assert clip(row, 0) == ()
    assert plain(clip((Span("abc"), Span("d"), Span("ef")), 4)) == "abc…"


def test_a_style_inside_another_keeps_both() -> None:
    inner = (Span("x", Style(fg="red", italic=True)),)
    assert restyled(inner, Style(fg="cyan", bold=True)) == (
        Span("x", Style(fg="red", italic=True, bold=True)),
    )


def test_what_fills_its_rows_exactly_leaves_no_empty_one() -> None:
    assert wrapped("abcd efgh ", 4) == ["abcd", "efgh"]
    assert wrapped("abcdefgh", 4) == ["abcd", "efgh"]
    assert wrapped("äbcd efgh ", 4) == ["äbcd", "efgh"]
    assert wrapped("äbcd e", 4) == ["äbcd", "e"]
