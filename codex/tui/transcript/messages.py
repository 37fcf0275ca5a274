"""The cells of the model's messages and reasoning, whole or as they arrive. Pure."""

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
    """Markdown under a title; it grows while it streams, then the whole text replaces it.

    Args: prepare: changes the Markdown before it is drawn, such as citations into links.
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
        """Append the next piece of Markdown."""
        from codex.tui.drawing.streaming import MarkdownStream

        if self._stream is None:
            self._stream = MarkdownStream(self._prepare)
        self._stream.append(delta)
        self._parts.append(delta)
        self._size += len(delta)
        self.touch()

    def finish(self, whole: str | None = None) -> None:
        """Mark the text as complete. Args: whole: replaces what has arrived; None keeps it."""
        self._parts = [self.text() if whole is None else whole]
        self._size = len(self._parts[0])
        self._stream = None
        self.is_live = False
        self.touch()

    def lines(self, width: int, *, full: bool = False) -> list[Line]:
        """Return the title and the text."""
        return [*wrap(self._title, width), *self._body(width)]

    def _body(self, width: int) -> list[Line]:
        if self._stream is not None:
            return self._stream.lines(width)
        from codex.tui.drawing.markdown import render

        return render(self._prepare(self.text()), width)

    def text(self) -> str:
        """Return the Markdown as the model wrote it."""
        if len(self._parts) > 1:
            self._parts = ["".join(self._parts)]
        return self._parts[0] if self._parts else ""

    def guess(self, width: int, *, full: bool) -> int:
        """Return the approximate number of rows; while the text grows, from its length alone."""
        return super().guess(width, full=full) if not self.is_live else self._size // width + 3


class MessageCell(TextCell):
    """A message of the model."""

    def __init__(self, prepare: Callable[[str], str]) -> None:
        super().__init__((Span("codex", AGENT),), prepare)


class ReasoningCell(TextCell):
    """Reasoning of the model. Args: is_hidden: show it in the full form only, else one line."""

    def __init__(self, prepare: Callable[[str], str], *, is_hidden: bool) -> None:
        super().__init__((Span("thinking", THINKING),), prepare)
        self._is_hidden = is_hidden

    def lines(self, width: int, *, full: bool = False) -> list[Line]:
        """Return the title and the text, or one line in place of hidden reasoning."""
        if self._is_hidden and not full:
            return wrap((*self._title, Span(f" ({MORE})", DIM)), width)
        title, *body = super().lines(width, full=full)
        return [title, *(restyled(row, THOUGHT) for row in body)]

    def guess(self, width: int, *, full: bool) -> int:
        """Return 2 if the reasoning is hidden, else the approximate number of rows."""
        return 2 if self._is_hidden and not full else super().guess(width, full=full)
