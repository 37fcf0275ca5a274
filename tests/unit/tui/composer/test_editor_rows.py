from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prompt_toolkit.utils import get_cwidth

from codex.tui.composer.editor_rows import Wrapper

wrapper = Wrapper({"\U0010f000": "[label]"}.get)


@pytest.mark.parametrize(
    ("text", "width", "rows"),
    [
        ("", 10, [""]),
        ("short", 10, ["short"]),
        ("a\n\nb\n", 10, ["a", "", "b", ""]),
        ("hello world", 6, ["hello ", "world"]),
        ("hello  world", 6, ["hello ", " ", "world"]),
        ("abcdefghij", 5, ["abcd", "efgh", "ij"]),
        ("to abcdefghij", 5, ["to ", "abcd", "efgh", "ij"]),
        ("日本語", 5, ["日本", "語"]),
        ("a\tb", 6, ["a\t", "b"]),
        ("x\U0010f000y", 9, ["x\U0010f000", "y"]),
        ("ab", 1, ["a", "b"]),
    ],
)
def test_lines_are_broken_between_words(text: str, width: int, rows: list[str]) -> None:
    layout = wrapper.layout(text, width)
    assert [text[row.start : row.end] for row in layout.rows] == rows


@given(st.text(st.sampled_from("ab  \n\t日é\U0010f000"), max_size=60), st.integers(2, 12))
def test_rows_hold_every_character_once_and_fit(text: str, width: int) -> None:
    layout = wrapper.layout(text, width)
    assert "".join(text[row.start : row.end] for row in layout.rows) == text.replace("\n", "")
    for row in layout.rows:
        cells = sum(
            get_cwidth(wrapper.drawn(char, layout.room)) for char in text[row.start : row.end]
        )
        assert cells <= width
    for position in range(len(text) + 1):
        row = layout.rows[layout.row_of(position)]
        assert row.start <= position <= row.end


def test_a_column_is_found_again_in_another_row() -> None:
    layout = wrapper.layout("日本語 text\nab", 20)
    column = wrapper.column(layout, 0, 2)
    assert column == 4
    assert wrapper.position(layout, 1, column) == layout.rows[1].end
    assert wrapper.position(layout, 0, 3) == 1


def test_the_end_of_a_row_that_goes_on_is_not_the_next_row() -> None:
    layout = wrapper.layout("hello world", 6)
    at = wrapper.position(layout, 0, 99)
    assert layout.row_of(at) == 0
