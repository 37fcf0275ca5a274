"""Lines on prompt_toolkit's screen: a container that draws what a function of its size returns."""

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
"""Stands in the second column of a wide character."""


class Rows(Container):
    """Part of the screen that shows Lines.

    prompt_toolkit's own Window measures and wraps again what is wrapped already, at ten times the
    cost of a frame.
    """

    def __init__(
        self,
        get_lines: Callable[[int, int], list[Line]],
        get_height: Callable[[int, int], int] | None = None,
        *,
        has_color: bool = True,
    ) -> None:
        """Make one.

        Args: get_lines: of width and height. get_height: the rows that are wanted, of the width and
        the rows there are; None takes what is left.
        """
        self._get_lines = get_lines
        self._get_height = get_height
        self._has_color = has_color

    def reset(self) -> None:
        """There is no state."""

    def preferred_width(self, max_available_width: int) -> Dimension:
        """All there is."""
        return Dimension(preferred=max_available_width)

    def preferred_height(self, width: int, max_available_height: int) -> Dimension:
        """What is wanted, exactly, or anything."""
        if self._get_height is None:
            return Dimension(min=0, weight=1)
        return Dimension.exact(self._get_height(width, max_available_height))

    def is_modal(self) -> bool:
        """Keys are the application's."""
        return False

    def get_key_bindings(self) -> KeyBindingsBase | None:
        """Keys are the application's."""
        return None

    def get_children(self) -> list[Container]:
        """None."""
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
        """Draw."""
        place = write_position
        rows = self._get_lines(place.width, place.height)
        screen.width = max(screen.width, place.xpos + place.width)
        screen.height = max(screen.height, place.ypos + place.height)
        for y, row in enumerate(rows[: place.height], place.ypos):
            x = place.xpos
            for span in row:
                x = self._write(screen, span, x, y, place.xpos + place.width)

    def _write(self, screen: Screen, span: Span, x: int, y: int, end: int) -> int:
        """Draw a span from a column on; the column after it."""
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
    """Add a character that takes no column to the one before it."""
    for column in (x - 1, x - 2):
        before = cells.get(column)
        if before is not None and before is not EMPTY:
            cells[column] = CHARACTERS[before.char + text, before.style]
            return
