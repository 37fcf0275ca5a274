"""A source of bytes for ModelStream without a server: the body of a response, in pieces."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class Pieces:
    """Returns one piece per read, then the end of the body, or an error in its place."""

    def __init__(self, pieces: Iterable[bytes], error: Exception | None = None) -> None:
        self._pieces = deque(piece for piece in pieces if piece)
        self._error = error
        self.timeouts: list[float] = []
        self.fate = "open"
        """`open`, then `released` after a complete response or `discarded` after any other."""

    def read(self) -> bytes:
        """Return the next piece; b"" at the end."""
        if self._pieces:
            return self._pieces.popleft()
        if self._error is not None:
            raise self._error
        return b""

    def set_timeout(self, timeout_s: float) -> None:
        """Record the time-out, without any effect."""
        self.timeouts.append(timeout_s)

    def release(self) -> None:
        """Record that the reader has read the complete response."""
        self.fate = "released"

    def discard(self) -> None:
        """Record that the reader gives up."""
        self.fate = "discarded"
