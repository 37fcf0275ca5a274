"""Scrollback: prints finished cells permanently, when the alternate screen is not used.

Finished cells go into the terminal's own scrollback, where they can be scrolled and copied like any
output. Cells that may still change are drawn above the composer. Pure, except that `follow_reflow`
changes where prompt_toolkit's renderer believes its cursor is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from prompt_toolkit.data_structures import Point

from codex.tui.drawing.ansi import to_ansi
from codex.tui.transcript.cells import draw
from codex.tui.transcript.window import Window

if TYPE_CHECKING:
    from collections.abc import Mapping

    from prompt_toolkit.renderer import Renderer

    from codex.tui.drawing.text import Line
    from codex.tui.transcript.chat import Chat


class Scrollback:
    """Knows which cells of a conversation are printed, and makes the text of the next ones."""

    def __init__(self, chat: Chat, *, has_color: bool) -> None:
        self._chat = chat
        self._has_color = has_color
        self._count = 0
        """Number of printed cells."""

    def restart(self) -> None:
        """Start again at the first cell, because the cells have been replaced."""
        self._count = 0

    def _finished(self) -> int:
        """Return the index of the first cell that may still change or move."""
        end = self._count
        cells = self._chat.cells
        while end < len(cells) and not cells[end].is_live:
            end += 1
        return end

    def has_finished(self) -> bool:
        """Whether a finished cell is not printed yet."""
        return self._finished() > self._count

    def take(self, width: int, *, is_last: bool = False) -> str:
        """Return the finished cells that are not printed yet, as text, and count them as printed.

        Args: is_last: take unfinished cells too, because the program ends or gives the terminal
            back for a while; what changes in them afterwards is never printed.
        """
        end = len(self._chat.cells) if is_last else self._finished()
        cells = self._chat.cells[self._count : end]
        self._count = end
        rows = [row for cell in cells for row in (*draw(cell, width), ())]
        return "".join(f"{to_ansi(row, has_color=self._has_color)}\r\n" for row in rows)

    def live(self, width: int, height: int) -> list[Line]:
        """Return the last rows, at most `height`, of the cells that are not printed yet."""
        if height <= 0:
            return []
        return Window(self._chat.cells[self._count :]).view(width, height)


def has_reflow(environ: Mapping[str, str]) -> bool:
    """Whether the terminal rewraps its rows when its window becomes narrower, as most do."""
    is_xterm = "XTERM_VERSION" in environ and "TMUX" not in environ
    return not is_xterm and environ.get("TERM", "") not in ("linux", "screen")


def follow_reflow(renderer: Renderer, columns: int) -> None:
    """Tell the renderer where its cursor is after the terminal has rewrapped its rows to `columns`.

    The renderer moves up to its first row before it draws. Without this call it would stop too low
    and leave the rewrapped rows above.
    """
    screen = renderer.last_rendered_screen
    if screen is None or columns >= screen.width:
        return
    place = renderer._cursor_pos
    rows = [max(screen.data_buffer[y], default=0) // columns for y in range(place.y)]
    renderer._cursor_pos = Point(x=place.x % columns, y=place.y + sum(rows) + place.x // columns)
