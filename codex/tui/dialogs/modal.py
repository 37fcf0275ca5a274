"""Modal: what may take the keys from the composer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from codex.tui.drawing.text import Line


class Modal(Protocol):
    """A dialog, a list or a pager."""

    is_armed: bool
    """Whether keys go to the modal. False at first for one that the user did not ask for: a key
    that was meant for the composer must not answer it."""

    def key(self, name: str, data: str) -> None:
        """Handle a key. Args: name: in prompt_toolkit, as `c-m`. data: the text it enters."""

    def height(self, width: int, rows: int) -> int:
        """The number of rows it wants out of `rows`."""

    def lines(self, width: int, height: int) -> list[Line]:
        """The rows to show, at most `height` of at most `width` columns."""
