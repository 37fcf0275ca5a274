"""Rows: a prompt_toolkit container that draws Lines, which a callback returns for a given size.

Each character is measured alone, as in text.py: a wide one takes two columns, a combining one none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from prompt_toolkit.layout.containers import Container
from prompt_toolkit.layout.dimension import Dimension
from prompt_toolkit.layout.screen import _CHAR_CACHE as CHARACTERS

from codex.tui.drawing.formatted import style_string
from codex.tui.drawing.text import clean

if TYPE_CHECKING:
    from collections.abc import Callable

    from prompt_toolkit.key_binding import KeyBindingsBase
    from prompt_toolkit.layout.mouse_handlers import MouseHandlers
    from prompt_toolkit.layout.screen import Char, Screen, WritePosition

    from codex.tui.drawing.text import Line, Span

EMPTY = CHARACTERS["", ""]
"""Cell that stands in the second column of a wide character."""


class Rows(Container):
    """A part of the screen that shows Lines.

    prompt_toolkit's own Window would measure and wrap again what is wrapped already, which makes a
    frame ten times as expensive.
    """

    def __init__(
        self,
        get_lines: Callable[[int, int], list[Line]],
        get_height: Callable[[int, int], int] | None = None,
        *,
        has_color: bool = True,
    ) -> None:
        """Make a container.

        Args: get_lines: returns the rows for a width and a height. get_height: returns the wanted
            number of rows for a width and the available rows; None: it gets what others leave.
        """
        self._get_lines = get_lines
        self._get_height = get_height
        self._has_color = has_color

    def reset(self) -> None:
        """Do nothing: there is no state."""

    def preferred_width(self, max_available_width: int) -> Dimension:
        """Return all available columns."""
        return Dimension(preferred=max_available_width)

    def preferred_height(self, width: int, max_available_height: int) -> Dimension:
        """Return exactly the wanted number of rows, or any number if there is no `get_height`."""
        if self._get_height is None:
            return Dimension(min=0, weight=1)
        return Dimension.exact(self._get_height(width, max_available_height))

    def is_modal(self) -> bool:
        """Return False: the application's key bindings stay active."""
        return False

    def get_key_bindings(self) -> KeyBindingsBase | None:
        """Return None: only the application has key bindings."""
        return None

    def get_children(self) -> list[Container]:
        """Return no children."""
        return []

    def write_to_screen(
        self,
        screen: Screen,
        mouse_handlers: MouseHandlers,
        write_position: WritePosition,
        parent_style: str,
        erase_bg: bool,  # noqa: FBT001 - prompt_toolkit's
        z_index: int | None,
    ) -> None:
        """Get the rows for the size of `write_position` and draw them there, clipped to it."""
        place = write_position
        rows = self._get_lines(place.width, place.height)
        screen.width = max(screen.width, place.xpos + place.width)
        screen.height = max(screen.height, place.ypos + place.height)
        for y, row in enumerate(rows[: place.height], place.ypos):
            x = place.xpos
            for span in row:
                x = self._write(screen, span, x, y, place.xpos + place.width)

    def _write(self, screen: Screen, span: Span, x: int, y: int, end: int) -> int:
        """Draw a span in row `y` from column `x` to before `end`; return the next column."""
        style = style_string(span.style, has_color=self._has_color)
        cells = screen.data_buffer[y]
        start = x
        for text in span.text:
            character = CHARACTERS[text, style]
            if character.width == 0:
                _combine(cells, x, text)
                continue
            if x + character.width > end:
                break
            cells[x] = character
            if character.width == 2:
                cells[x + 1] = EMPTY
            x += character.width
        if span.style.link:
            link = clean(span.style.link).replace("\n", "")
            for column in range(start, x):
                screen.zero_width_escapes[y][column] = f"\x1b]8;;{link}\x1b\\"
        return x


def _combine(cells: dict[int, Char], x: int, text: str) -> None:
    """Add a character that takes no column to the character before it."""
    for column in (x - 1, x - 2):
        before = cells.get(column)
        if before is not None and before is not EMPTY:
            cells[column] = CHARACTERS[before.char + text, before.style]
            return
