"""Pager: the whole transcript, nothing left out, to read, search and copy. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codex.tui.drawing.text import DIM, Line, Span, Style, clip, line
from codex.tui.transcript.window import Position, Window

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from codex.tui.transcript.cells import Cell

BAR = Style(reverse=True)


class Pager:
    """A modal that shows all cells in full and opens at the end."""

    def __init__(
        self,
        cells: Sequence[Cell],
        *,
        close: Callable[[], None],
        copy: Callable[[str], str],
        title: str = "Transcript",
    ) -> None:
        """Args: close: called when the user leaves the pager. copy: puts a text into the clipboard
        and returns what to tell the user.
        """
        self.is_armed = True
        self._cells = cells
        self._transcript = Window(cells, is_full=True)
        self._close = close
        self._copy = copy
        self._title = title
        self._width, self._height = 80, 24
        self._query = ""
        self._typed: str | None = None
        """Query that is being typed; None while no query is typed."""
        self._found: Position | None = None
        self._says = ""

    def key(self, name: str, data: str) -> None:
        """Scroll, search, copy or close.

        Args: name: the key's name in prompt_toolkit, such as `c-m`. data: text that the key enters.
        """
        self._says = ""
        if self._typed is not None:
            self._search_key(name, data)
            return
        page = max(1, self._height - 1)
        steps = {
            "up": -1, "k": -1, "<scroll-up>": -1, "down": 1, "j": 1, "<scroll-down>": 1,
            "pageup": -page, "b": -page, "c-b": -page,
            "pagedown": page, " ": page, "c-f": page,
            "c-u": -page // 2, "c-d": page // 2,
        }  # fmt: skip
        if name in steps:
            self._transcript.scroll(steps[name], width=self._width, height=self._height)
            return
        match name:
            case "q" | "escape" | "c-t" | "c-c":
                self._close()
            case "home" | "g":
                self._transcript.to_top()
            case "end" | "G":
                self._transcript.to_bottom()
            case "/" | "f3" if name == "/" or not self._query:
                self._typed = ""
            case "n" | "f3":
                self._next(is_backward=False)
            case "N":
                self._next(is_backward=True)
            case "y" | "c":
                self._says = self._copy("\n\n".join(cell.text() for cell in self._cells))

    def _search_key(self, name: str, data: str) -> None:
        typed = self._typed or ""
        match name:
            case "escape" | "c-c":
                self._typed = None
            case "c-m" | "c-j":
                self._query, self._typed, self._found = typed, None, None
                if typed:
                    self._next(is_backward=True)
            case "c-h":
                self._typed = typed[:-1]
            case "c-u":
                self._typed = ""
            case "<bracketed-paste>":
                self._typed = typed + data.split("\n", 1)[0]
            case _ if len(name) == 1 and data.isprintable():
                self._typed = typed + data

    def _next(self, *, is_backward: bool) -> None:
        """Scroll to the next occurrence of the query, or say that there is none."""
        if not self._query:
            return
        found = self._transcript.search(
            self._query, width=self._width, start=self._found, is_backward=is_backward
        )
        position = next(found, None)
        if position is None:
            where = "no more matches" if self._found else "not found"
            self._says = f"{where}: {self._query}"
            return
        self._found = position
        self._transcript.show(position)

    def lines(self, width: int, height: int) -> list[Line]:
        """Return the visible rows of the cells, and a line with query, message or keys."""
        self._width, self._height = width, max(1, height - 1)
        rows = self._transcript.view(width, self._height, mark=self._query)
        rows += [()] * (self._height - len(rows))
        return [*rows, clip(self._bar(), width)]

    def height(self, _width: int, rows: int) -> int:
        """Return `rows`: the pager takes all available rows."""
        return rows

    def _bar(self) -> Line:
        if self._typed is not None:
            return (Span("/", Style(fg="cyan", bold=True)), *line(self._typed), Span(" ", BAR))
        if self._says:
            return line(self._says, Style(fg="yellow"))
        total = self._transcript.total(self._width)
        last = min(total, self._transcript.top(self._width, self._height) + self._height)
        share = 100 if total <= self._height else round(100 * last / total)
        keys = "↑↓ PgUp PgDn Home End · / search, n N next · y copy all · q back"
        return (Span(f"{self._title} {share}% ", BAR), Span(f" {keys}", DIM))
