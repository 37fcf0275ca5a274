"""prompt_toolkit controls of the composer: one draws given rows, one the editor's text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from prompt_toolkit.data_structures import Point
from prompt_toolkit.layout.controls import BufferControl, UIContent, UIControl
from prompt_toolkit.mouse_events import MouseEventType

from codex.tui.composer.editor_rows import Layout, Wrapper
from codex.tui.composer.popup import PROMPT_MARK, fit

if TYPE_CHECKING:
    from collections.abc import Callable

    from prompt_toolkit.buffer import Buffer
    from prompt_toolkit.key_binding import KeyBindings
    from prompt_toolkit.key_binding.key_bindings import NotImplementedOrNone
    from prompt_toolkit.mouse_events import MouseEvent

    from codex.tui.composer.popup import Fragments

PREFIX_WIDTH = 2
STYLE: dict[str, str] = {
    "composer.prefix": "bold",
    "composer.shell": "bold ansimagenta",
    "composer.placeholder": "ansibrightblack",
    "composer.attachment": "ansicyan",
    "composer.match": "reverse",
    "composer.search": "ansibrightblack",
    "composer.query": "bold",
    "popup.label": "",
    "popup.detail": "ansibrightblack",
    "popup.selected": "reverse",
    "popup.empty": "italic ansibrightblack",
    "popup.bar": "ansibrightblack",
}
"""prompt_toolkit's style of each class that the composer draws with, in palette colours."""


class RowsControl(UIControl):
    """Draws the rows that a function returns for a width and a height; receives no keys."""

    def __init__(self, rows: Callable[[int, int], list[Fragments]]) -> None:
        self._rows = rows

    def create_content(self, width: int, height: int) -> UIContent:
        """Return the rows in the form that prompt_toolkit draws."""
        rows = self._rows(width, height)
        return UIContent(get_line=lambda at: rows[at], line_count=len(rows), show_cursor=False)


class MatchPreview:
    """The match of a history search, which the editor shows in place of its text.

    `matches` are the start and end indexes of the query in `text`, ignoring case.
    """

    def __init__(self, text: str, query: str) -> None:
        self.text = text
        self.matches = [
            match.span() for match in re.finditer(re.escape(query), text, re.IGNORECASE) if query
        ]


class EditorControl(BufferControl):
    """Draws the editor's text with word wrap, which a plain BufferControl lacks."""

    def __init__(
        self,
        buffer: Buffer,
        *,
        wrapper: Wrapper,
        label: Callable[[str], str | None],
        shown: Callable[[], MatchPreview | None],
        placeholder: str,
        key_bindings: KeyBindings,
    ) -> None:
        """Make the control.

        Args:
            label: returns the text drawn for an attachment's character; None for others.
            shown: returns the match to draw in place of the text, or None to draw the text.
            placeholder: drawn while the text is empty.
        """
        super().__init__(buffer, key_bindings=key_bindings, focus_on_click=True)
        self._wrapper = wrapper
        self._label = label
        self._shown = shown
        self._placeholder = placeholder
        self.width = 80
        """Columns of the last frame, for which Up and Down compute the rows."""

    def layout(self) -> Layout:
        """Return the text in rows, for the width of the last frame."""
        return self._wrapper.layout(self.buffer.text, self.width - PREFIX_WIDTH)

    def rows_for(self, columns: int) -> int:
        """Return the number of rows that the text or the shown match takes."""
        shown = self._shown()
        text = self.buffer.text if shown is None else shown.text
        return len(self._wrapper.layout(text, columns - PREFIX_WIDTH).rows)

    def create_content(
        self,
        width: int,
        height: int,
        preview_search: bool = False,  # noqa: FBT001, FBT002 - the library's own
    ) -> UIContent:
        """Return the rows in the form that prompt_toolkit draws."""
        self.width = width
        shown = self._shown()
        if shown is None:
            selected = (
                self.buffer.document.selection_range() if self.buffer.selection_state else None
            )
            text, cursor = self.buffer.text, self.buffer.cursor_position
            marked = [] if selected is None else [(*selected, "class:selected")]
        else:
            text, cursor = shown.text, shown.matches[0][0] if shown.matches else 0
            marked = [(*span, "class:composer.match") for span in shown.matches]
        layout = self._wrapper.layout(text, width - PREFIX_WIDTH)
        row = layout.row_of(cursor)
        before = text[layout.rows[row].start : cursor]
        return UIContent(
            get_line=lambda at: self._line(layout, at, marked, width),
            line_count=len(layout.rows),
            cursor_position=Point(
                x=PREFIX_WIDTH
                + sum(len(self._wrapper.drawn(char, layout.room)) for char in before),
                y=row,
            ),
        )

    def _line(
        self, layout: Layout, at: int, marked: list[tuple[int, int, str]], width: int
    ) -> Fragments:
        is_shell = layout.text.startswith("!")
        prefix = "  " if at else PROMPT_MARK
        line: Fragments = [("class:composer.prefix", prefix)]
        if not layout.text:
            return [
                *line,
                ("class:composer.placeholder", fit(self._placeholder, width - 2)),
                ("", " "),
            ]
        for position in range(*layout.rows[at]):
            style = next((style for start, end, style in marked if start <= position < end), "")
            if is_shell and position == 0:
                style += " class:composer.shell"
            char = layout.text[position]
            if self._label(char) is not None:
                style += " class:composer.attachment"
            line.append((style, self._wrapper.drawn(char, layout.room)))
        # A blank for the cursor after the last character.
        return [*line, ("", " ")]

    def mouse_handler(self, mouse_event: MouseEvent) -> NotImplementedOrNone:
        """Put the cursor where the user clicks."""
        layout = self.layout()
        row, column = mouse_event.position.y, mouse_event.position.x
        is_click = mouse_event.event_type == MouseEventType.MOUSE_UP
        if not is_click or row >= len(layout.rows) or self._shown() is not None:
            return NotImplemented
        start, end = layout.rows[row]
        column -= PREFIX_WIDTH
        while start < end:
            column -= len(self._wrapper.drawn(layout.text[start], layout.room))
            if column < 0:
                break
            start += 1
        self.buffer.cursor_position = start
        return None
