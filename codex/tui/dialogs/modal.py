"""Modal: what may take the keys from the composer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from codex.tui.drawing.text import Line


class Modal(Protocol):
    """A dialog, a list or a pager."""

    is_armed: bool
    """Keys are its own. False at first for one that the user did not ask for: a key that was meant
    for the composer must not answer it."""

    def key(self, name: str, data: str) -> None:
        """Take a key. Args: name: prompt_toolkit's, as `c-m`. data: what it types or pastes."""

    def height(self, width: int, rows: int) -> int:
        """How many of the rows there are it wants."""

    def lines(self, width: int, height: int) -> list[Line]:
        """What it shows: at most `height` rows of at most `width` columns."""
