"""Cells of what the model says and thinks: whole, or as it arrives. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codex.tui.drawing.text import DIM, Line, Span, Style, restyled, wrap
from codex.tui.transcript.cells import AGENT, MORE, Cell

if TYPE_CHECKING:
    from collections.abc import Callable

    from codex.tui.drawing.streaming import MarkdownStream

THINKING = Style(fg="magenta", italic=True)
THOUGHT = Style(dim=True, italic=True)


class TextCell(Cell):
    """Markdown under a title; while it streams it grows, and the whole text replaces it.

    Args: prepare: what is done to the Markdown before it is drawn, such as links for citations.
    """

    def __init__(self, title: Line, prepare: Callable[[str], str]) -> None:
        super().__init__()
        self._title = title
        self._prepare = prepare
        self._parts: list[str] = []
        self._size = 0
        self._stream: MarkdownStream | None = None
        self.is_live = True

    def append(self, delta: str) -> None:
        """The next piece has arrived."""
        from codex.tui.drawing.streaming import MarkdownStream

        if self._stream is None:
            self._stream = MarkdownStream(self._prepare)
        self._stream.append(delta)
        self._parts.append(delta)
        self._size += len(delta)
        self.touch()

    def finish(self, whole: str | None = None) -> None:
        """No piece follows. Args: whole: the full text; None: what arrived is all there is."""
        self._parts = [self.text() if whole is None else whole]
        self._size = len(self._parts[0])
        self._stream = None
        self.is_live = False
        self.touch()

    def lines(self, width: int, *, full: bool = False) -> list[Line]:
        """The title and the text."""
        return [*wrap(self._title, width), *self._body(width)]

    def _body(self, width: int) -> list[Line]:
        if self._stream is not None:
            return self._stream.lines(width)
        from codex.tui.drawing.markdown import render

        return render(self._prepare(self.text()), width)

    def text(self) -> str:
        """The Markdown as the model wrote it."""
        if len(self._parts) > 1:
            self._parts = ["".join(self._parts)]
        return self._parts[0] if self._parts else ""

    def guess(self, width: int, *, full: bool) -> int:
        """From the number of characters alone while it grows."""
        return super().guess(width, full=full) if not self.is_live else self._size // width + 3


class MessageCell(TextCell):
    """What the model says."""

    def __init__(self, prepare: Callable[[str], str]) -> None:
        super().__init__((Span("codex", AGENT),), prepare)


class ReasoningCell(TextCell):
    """What the model thinks. Args: is_hidden: shown only in full."""

    def __init__(self, prepare: Callable[[str], str], *, is_hidden: bool) -> None:
        super().__init__((Span("thinking", THINKING),), prepare)
        self._is_hidden = is_hidden

    def lines(self, width: int, *, full: bool = False) -> list[Line]:
        """The title and the text, or one line in the place of hidden reasoning."""
        if self._is_hidden and not full:
            return wrap((*self._title, Span(f" ({MORE})", DIM)), width)
        title, *body = super().lines(width, full=full)
        return [title, *(restyled(row, THOUGHT) for row in body)]

    def guess(self, width: int, *, full: bool) -> int:
        """Two when hidden."""
        return 2 if self._is_hidden and not full else super().guess(width, full=full)
