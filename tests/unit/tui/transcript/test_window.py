from __future__ import annotations

import pytest

from codex.tui.drawing.text import Line, Span, Style, plain
from codex.tui.transcript.cells import Cell, NoticeCell
from codex.tui.transcript.window import MAX_DRAWN, Position, Window, marked


class Rows(Cell):
    """As many rows as it is told."""

    def __init__(self, name: str, count: int) -> None:
        super().__init__()
        self.name = name
        self.count = count
        self.is_live = True
        self.draws = 0

    def lines(self, width: int, *, full: bool = False) -> list[Line]:
        self.draws += 1
        return [(Span(f"{self.name}{row}"),) for row in range(self.count)]

    def text(self) -> str:
        return "\n".join(f"{self.name}{row}" for row in range(self.count))

    def grow(self, count: int) -> None:
        self.count = count
        self.touch()


class Broken(Cell):
    """Cannot draw itself."""

    def lines(self, width: int, *, full: bool = False) -> list[Line]:
        raise ValueError("no\x1b[31m way")

    def text(self) -> str:
        return "broken"


def shown(window: Window, height: int = 4) -> list[str]:
    return [plain(row) for row in window.view(40, height)]


@pytest.fixture
def cells() -> list[Rows]:
    return [Rows("a", 3), Rows("b", 2), Rows("c", 3)]


def test_it_follows_what_is_new(cells: list[Rows]) -> None:
    window = Window(cells)
    assert shown(window) == ["c0", "c1", "c2", ""]
    cells[2].grow(4)
    assert shown(window) == ["c1", "c2", "c3", ""]
    cells.append(Rows("d", 1))
    assert shown(window) == ["c3", "", "d0", ""]
    assert window.is_at_bottom


def test_a_short_transcript_is_shown_whole(cells: list[Rows]) -> None:
    window = Window(cells[:1])
    assert shown(window, 10) == ["a0", "a1", "a2", ""]
    window.scroll(-5, width=40, height=10)
    assert window.is_at_bottom
    assert Window([]).view(40, 5) == []


def test_what_is_read_stays_where_it_is(cells: list[Rows]) -> None:
    window = Window(cells)
    window.scroll(-5, width=40, height=4)
    before = shown(window)
    assert before == ["a2", "", "b0", "b1"]
    cells[2].grow(30)
    cells.append(Rows("d", 9))
    assert shown(window) == before
    assert not window.is_at_bottom


def test_scrolling_to_the_end_follows_again(cells: list[Rows]) -> None:
    window = Window(cells)
    window.scroll(-3, width=40, height=4)
    window.scroll(+2, width=40, height=4)
    assert not window.is_at_bottom
    window.scroll(+1, width=40, height=4)
    assert window.is_at_bottom


def test_up_and_down_are_alike(cells: list[Rows]) -> None:
    window = Window(cells)
    window.to_top()
    assert shown(window) == ["a0", "a1", "a2", ""]
    window.scroll(-9, width=40, height=4)
    window.scroll(+5, width=40, height=4)
    window.scroll(-2, width=40, height=4)
    assert shown(window)[0] == ""
    window.to_bottom()
    assert window.is_at_bottom


def test_a_place_in_a_cell_that_shrinks_is_its_last_row(cells: list[Rows]) -> None:
    window = Window(cells)
    window.show(Position(0, 2))
    assert shown(window)[0] == "a2"
    cells[0].grow(1)
    assert shown(window)[0] == ""
    window.show(Position(9, 9))
    assert shown(window) == ["c0", "c1", "c2", ""]
    assert window.is_at_bottom


def test_rows_can_be_counted_from_the_beginning(cells: list[Rows]) -> None:
    window = Window(cells)
    window.view(40, 100)
    assert window.total(40) == 11
    assert [plain(row) for row in window.lines(40, 2, 4)] == ["a2", "", "b0", "b1"]
    assert window.lines(40, 11, 4) == []
    assert window.top(40, 4) == 7
    window.to_top()
    assert window.top(40, 4) == 0


def test_cells_that_change_out_of_sight_are_counted_anew(cells: list[Rows]) -> None:
    window = Window(cells)
    window.to_top()
    before = window.total(40)
    cells[2].grow(500)
    assert window.total(40) > before + 400
    cells[2].is_live = False
    assert window.total(40) > before + 400


def test_cells_come_and_go_at_the_end(cells: list[Rows]) -> None:
    window = Window(cells)
    shown(window)
    waiting = cells.pop()
    cells += [Rows("d", 1), waiting]
    assert shown(window, 6) == ["d0", "", "c0", "c1", "c2", ""]
    del cells[1:]
    assert shown(window, 6) == ["a0", "a1", "a2", ""]
    cells.clear()
    assert shown(window, 6) == []
    assert window.total(40) == 0


def test_cells_without_rows_take_no_room() -> None:
    window = Window([Rows("a", 1), Rows("b", 0), Rows("c", 1)])
    assert shown(window, 9) == ["a0", "", "c0", ""]


def test_only_cells_in_sight_are_drawn() -> None:
    cells = [Rows(f"{number}.", 3) for number in range(2 * MAX_DRAWN)]
    window = Window(cells)
    for width in (40, 30, 30, 30):
        window.view(width, 40)
    assert sum(cell.draws > 0 for cell in cells) <= 12
    assert max(cell.draws for cell in cells) <= 2


def test_few_drawn_cells_are_kept() -> None:
    cells = [Rows(f"{number}.", 1) for number in range(2 * MAX_DRAWN)]
    window = Window(cells)
    assert len(window.view(40, 10_000)) == 4 * MAX_DRAWN
    window.view(40, 4)
    draws = [cell.draws for cell in cells]
    window.view(40, 4)
    assert [cell.draws for cell in cells] == draws
    window.to_top()
    window.view(40, 4)
    assert cells[0].draws == draws[0] + 1


def test_a_cell_that_cannot_be_drawn_says_so() -> None:
    window = Window([Broken(), NoticeCell("fine")])
    assert shown(window)[0] == "cannot draw this entry: ValueError: no …"
    assert shown(window)[2] == "fine"


def test_search_finds_rows_in_both_directions(cells: list[Rows]) -> None:
    window = Window(cells)
    assert list(window.search("1", width=40)) == [(0, 1), (1, 1), (2, 1)]
    assert list(window.search("B", width=40)) == [(1, 0), (1, 1)]
    assert list(window.search("", width=40)) == []
    assert list(window.search("x", width=40)) == []
    at = Position(1, 1)
    assert list(window.search("1", width=40, start=at)) == [(2, 1)]
    assert list(window.search("1", width=40, start=at, is_backward=True)) == [(0, 1)]
    assert next(window.search("1", width=40, is_backward=True)) == (2, 1)


def test_a_match_over_the_edge_of_a_row_is_found_at_its_cell() -> None:
    window = Window([NoticeCell("x"), NoticeCell("one two three four")])
    assert list(window.search("two three", width=8)) == [(1, 0)]


def test_matches_are_marked() -> None:
    red = Style(fg="red")
    row = (Span("one t"), Span("wo Two", red))
    assert marked(row, "two") == (
        Span("one "),
        Span("t", Style(reverse=True)),
        Span("wo", Style(fg="red", reverse=True)),
        Span(" ", red),
        Span("Two", Style(fg="red", reverse=True)),
    )
    assert marked(row, "three") == row
    assert marked(row, "") == row
    window = Window([NoticeCell("abc")])
    assert any(span.style.reverse for span in window.view(40, 2, mark="b")[0])
