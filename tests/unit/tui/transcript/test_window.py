from __future__ import annotations

import pytest

from codex.tui.drawing.text import Line, Span, Style, plain
from codex.tui.transcript.cells import Cell, NoticeCell
from codex.tui.transcript.window import MAX_DRAWN, Position, Transcript, marked


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


def shown(transcript: Transcript, height: int = 4) -> list[str]:
    return [plain(row) for row in transcript.view(40, height)]


@pytest.fixture
def cells() -> list[Rows]:
    return [Rows("a", 3), Rows("b", 2), Rows("c", 3)]


def test_it_follows_what_is_new(cells: list[Rows]) -> None:
    transcript = Transcript(cells)
    assert shown(transcript) == ["c0", "c1", "c2", ""]
    cells[2].grow(4)
    assert shown(transcript) == ["c1", "c2", "c3", ""]
    cells.append(Rows("d", 1))
    assert shown(transcript) == ["c3", "", "d0", ""]
    assert transcript.is_at_bottom


def test_a_short_transcript_is_shown_whole(cells: list[Rows]) -> None:
    transcript = Transcript(cells[:1])
    assert shown(transcript, 10) == ["a0", "a1", "a2", ""]
    transcript.scroll(-5, width=40, height=10)
    assert transcript.is_at_bottom
    assert Transcript([]).view(40, 5) == []


def test_what_is_read_stays_where_it_is(cells: list[Rows]) -> None:
    transcript = Transcript(cells)
    transcript.scroll(-5, width=40, height=4)
    before = shown(transcript)
    assert before == ["a2", "", "b0", "b1"]
    cells[2].grow(30)
    cells.append(Rows("d", 9))
    assert shown(transcript) == before
    assert not transcript.is_at_bottom


def test_scrolling_to_the_end_follows_again(cells: list[Rows]) -> None:
    transcript = Transcript(cells)
    transcript.scroll(-3, width=40, height=4)
    transcript.scroll(+2, width=40, height=4)
    assert not transcript.is_at_bottom
    transcript.scroll(+1, width=40, height=4)
    assert transcript.is_at_bottom


def test_up_and_down_are_alike(cells: list[Rows]) -> None:
    transcript = Transcript(cells)
    transcript.to_top()
    assert shown(transcript) == ["a0", "a1", "a2", ""]
    transcript.scroll(-9, width=40, height=4)
    transcript.scroll(+5, width=40, height=4)
    transcript.scroll(-2, width=40, height=4)
    assert shown(transcript)[0] == ""
    transcript.to_bottom()
    assert transcript.is_at_bottom


def test_a_place_in_a_cell_that_shrinks_is_its_last_row(cells: list[Rows]) -> None:
    transcript = Transcript(cells)
    transcript.show(Position(0, 2))
    assert shown(transcript)[0] == "a2"
    cells[0].grow(1)
    assert shown(transcript)[0] == ""
    transcript.show(Position(9, 9))
    assert shown(transcript) == ["c0", "c1", "c2", ""]
    assert transcript.is_at_bottom


def test_rows_can_be_counted_from_the_beginning(cells: list[Rows]) -> None:
    transcript = Transcript(cells)
    transcript.view(40, 100)
    assert transcript.total(40) == 11
    assert [plain(row) for row in transcript.lines(40, 2, 4)] == ["a2", "", "b0", "b1"]
    assert transcript.lines(40, 11, 4) == []
    assert transcript.top(40, 4) == 7
    transcript.to_top()
    assert transcript.top(40, 4) == 0


def test_cells_that_change_out_of_sight_are_counted_anew(cells: list[Rows]) -> None:
    transcript = Transcript(cells)
    transcript.to_top()
    before = transcript.total(40)
    cells[2].grow(500)
    assert transcript.total(40) > before + 400
    cells[2].is_live = False
    assert transcript.total(40) > before + 400


def test_cells_come_and_go_at_the_end(cells: list[Rows]) -> None:
    transcript = Transcript(cells)
    shown(transcript)
    waiting = cells.pop()
    cells += [Rows("d", 1), waiting]
    assert shown(transcript, 6) == ["d0", "", "c0", "c1", "c2", ""]
    del cells[1:]
    assert shown(transcript, 6) == ["a0", "a1", "a2", ""]
    cells.clear()
    assert shown(transcript, 6) == []
    assert transcript.total(40) == 0


def test_cells_without_rows_take_no_room() -> None:
    transcript = Transcript([Rows("a", 1), Rows("b", 0), Rows("c", 1)])
    assert shown(transcript, 9) == ["a0", "", "c0", ""]


def test_only_cells_in_sight_are_drawn() -> None:
    cells = [Rows(f"{number}.", 3) for number in range(2 * MAX_DRAWN)]
    transcript = Transcript(cells)
    for width in (40, 30, 30, 30):
        transcript.view(width, 40)
    assert sum(cell.draws > 0 for cell in cells) <= 12
    assert max(cell.draws for cell in cells) <= 2


def test_few_drawn_cells_are_kept() -> None:
    cells = [Rows(f"{number}.", 1) for number in range(2 * MAX_DRAWN)]
    transcript = Transcript(cells)
    assert len(transcript.view(40, 10_000)) == 4 * MAX_DRAWN
    transcript.view(40, 4)
    draws = [cell.draws for cell in cells]
    transcript.view(40, 4)
    assert [cell.draws for cell in cells] == draws
    transcript.to_top()
    transcript.view(40, 4)
    assert cells[0].draws == draws[0] + 1


def test_a_cell_that_cannot_be_drawn_says_so() -> None:
    transcript = Transcript([Broken(), NoticeCell("fine")])
    assert shown(transcript)[0] == "cannot draw this entry: ValueError: no …"
    assert shown(transcript)[2] == "fine"


def test_search_finds_rows_in_both_directions(cells: list[Rows]) -> None:
    transcript = Transcript(cells)
    assert list(transcript.search("1", width=40)) == [(0, 1), (1, 1), (2, 1)]
    assert list(transcript.search("B", width=40)) == [(1, 0), (1, 1)]
    assert list(transcript.search("", width=40)) == []
    assert list(transcript.search("x", width=40)) == []
    at = Position(1, 1)
    assert list(transcript.search("1", width=40, start=at)) == [(2, 1)]
    assert list(transcript.search("1", width=40, start=at, is_backward=True)) == [(0, 1)]
    assert next(transcript.search("1", width=40, is_backward=True)) == (2, 1)


def test_a_match_over_the_edge_of_a_row_is_found_at_its_cell() -> None:
    transcript = Transcript([NoticeCell("x"), NoticeCell("one two three four")])
    assert list(transcript.search("two three", width=8)) == [(1, 0)]


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
    transcript = Transcript([NoticeCell("abc")])
    assert any(span.style.reverse for span in transcript.view(40, 2, mark="b")[0])
