"""Modal: the interface of everything that can receive the keys instead of the composer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from codex.tui.drawing.text import Line


class Modal(Protocol):
    """A dialog, a list or a pager."""

    is_armed: bool
    """Whether keys go to the modal. False at first for a modal that the user did not open: a key
    that was meant for the composer must not answer it."""

    def key(self, name: str, data: str) -> None:
        """Handle a key or a paste.

        Args: name: the key's name in prompt_toolkit, such as `c-m` or `<bracketed-paste>`. data:
            text that it enters.
        """

    def height(self, width: int, rows: int) -> int:
        """Return the number of rows that the modal wants, at most `rows`."""

    def lines(self, width: int, height: int) -> list[Line]:
        """Return the rows to show, at most `height` rows of at most `width` columns."""
