from __future__ import annotations

import pytest
from prompt_toolkit.utils import get_cwidth

from codex.tui.composer.popup import Fragments, Popup, PopupRow, fit, fit_end


def text(row: Fragments) -> str:
    return "".join(part[1] for part in row)


def numbered(count: int) -> Popup:
    return Popup([PopupRow(f"/{number}", "what it does") for number in range(count)], empty="none")


def test_the_selection_goes_round() -> None:
    popup = numbered(3)
    popup.move(-1)
    assert popup.selected == 2
    popup.move(1)
    assert popup.selected == 0


def test_the_selected_row_is_always_visible() -> None:
    popup = numbered(30)
    for number in range(30):
        rows = [text(row) for row in popup.rows(40, 8)]
        assert len(rows) == 8
        assert sum(row.startswith("\u203a ") for row in rows) == 1
        assert any(row.startswith(f"\u203a /{number} ") for row in rows)
        popup.move(1)


@pytest.mark.parametrize("width", range(1, 45))
def test_every_row_fits(width: int) -> None:
    popup = Popup([PopupRow("/日本語", "何か"), PopupRow("/a" * 30, "b" * 30)], empty="none")
    assert all(get_cwidth(text(row)) <= max(width, 4) for row in popup.rows(width, 2))


def test_without_choices_it_says_so() -> None:
    popup = Popup([], empty="no such command")
    popup.move(1)
    assert text(popup.rows(8, 1)[0]) == "no such…"
    assert popup.height(5) == 1


def test_it_takes_at_most_eight_rows_and_at_least_one() -> None:
    assert numbered(30).height(50) == 8
    assert numbered(30).height(3) == 3
    assert numbered(30).height(0) == 1


def test_texts_are_cut_at_either_end() -> None:
    assert fit("abcdef", 4) == "abc…"
    assert fit("日本語", 4) == "日…"
    assert fit_end("a/b/cdef", 5) == "…cdef"
    assert fit("abc", 0) == ""
    assert fit("abc", 3) == "abc"
