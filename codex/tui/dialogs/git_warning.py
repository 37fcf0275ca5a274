"""GitWarning: asks at the start whether to work outside a Git repository. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codex.tui.drawing.text import BOLD, DIM, PLAIN, Line, Span, Style, line, wrapped
from codex.tui.transcript.cells import short_path

if TYPE_CHECKING:
    from collections.abc import Callable

TITLE = Style(fg="red", bold=True)
_CHOSEN = Style(reverse=True)


class GitWarning:
    """Asks whether to work in a folder outside any Git repository."""

    def __init__(self, cwd: str, home: str | None, done: Callable[[bool], None]) -> None:
        """Args: cwd: the folder. done: called with True to work there, False to quit."""
        self._place = short_path(cwd, home)
        self._done = done
        self._chosen = 1
        self.is_armed = False

    def key(self, name: str, data: str) -> None:
        """Select an answer or give it. Args: name: the key's name in prompt_toolkit."""
        if name in ("y", "Y"):
            self._done(True)  # noqa: FBT003 - its only argument
        elif name in ("n", "N", "q", "Q", "escape", "c-c", "c-d"):
            self._done(False)  # noqa: FBT003 - see above
        elif name in ("up", "down", "left", "right", "c-i", "s-tab"):
            self._chosen = 1 - self._chosen
        elif name in ("c-m", "c-j"):
            self._done(self._chosen == 0)

    def height(self, _width: int, rows: int) -> int:
        """Return `rows`: the question takes all available rows."""
        return rows

    def lines(self, width: int, height: int) -> list[Line]:
        """Return the answers, which are always shown, below as much of the text as fits."""
        text = [
            line("Not a Git repository", TITLE),
            (),
            (*line(self._place, BOLD), *line(" is not inside a Git repository.")),
            line("Without Git, changes that codex makes there cannot be reviewed or undone."),
            (),
        ]
        answers = [
            self._answer(0, "y", "work here anyway"),
            self._answer(1, "n", "quit"),
        ]
        room = max(0, height - len(answers))
        rows = [*wrapped(text, max(2, width - 2))[:room], *answers]
        above = max(0, (height - len(rows)) // 3)
        return [*([()] * above), *((Span(" "), *row) for row in rows)][:height]

    def _answer(self, index: int, key: str, label: str) -> Line:
        is_chosen = self.is_armed and index == self._chosen
        style = _CHOSEN if is_chosen else PLAIN if self.is_armed else DIM
        mark = "> " if is_chosen else "  "
        return (Span(f"{mark}{key}  {label}", style),)
