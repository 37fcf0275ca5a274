"""Ranks paths by how well they match a few typed letters. Pure.

A path matches if it contains the letters in their order, in either case. From the best match down:
the letters in one piece at the start of the file's name, at the start of a word in it, inside a
word; in one piece in the folders' names; scattered over the file's name, then over the whole path.
Among equals the tighter match wins, then the shorter path.

Meant to run slice by slice over a long list, a few milliseconds each.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

_SEPARATORS = frozenset("/_-. ")


class Ranked(NamedTuple):
    """A path and its rank; a lower rank is better."""

    rank: int
    path: str


class Query:
    """The letters that the user typed, prepared for matching."""

    def __init__(self, text: str) -> None:
        self.text = text.lower()
        gaps = "".join(
            f"[^{re.escape(char)}]*{re.escape(char)}" if index else re.escape(char)
            for index, char in enumerate(self.text)
        )
        self._search = re.compile(gaps, re.DOTALL).search

    def narrows(self, other: Query) -> bool:
        """Whether this query begins with the other: its matches are then among the other's."""
        return self.text.startswith(other.text)

    def fitting(self, lowered: Sequence[str], among: Sequence[int]) -> list[int]:
        """Return those indices in `among` whose path in `lowered` (lower-case paths) matches."""
        search = self._search
        return [at for at in among if search(lowered[at])]

    def rank(self, path: str, lowered: str) -> int:
        """Return the rank of a path that matches; a lower rank is better.

        Args: lowered: the path in lower case.
        """
        if not self.text:
            return path.count("/") * 1000 + min(len(path), 999)
        base = lowered.rfind("/") + 1
        tier, span = self._tier(path, lowered, base)
        return (tier * 1000 + min(span, 999)) * 1000 + min(len(path), 999)

    def _tier(self, path: str, lowered: str, base: int) -> tuple[int, int]:
        at = lowered.find(self.text, base)
        if at == base:
            return 0, len(lowered) - base - len(self.text)
        if at > 0:
            return (1 if _starts_word(path, at) else 2), at - base
        at = lowered.rfind(self.text)
        if at >= 0:
            return (3 if at == 0 or _starts_word(path, at) else 4), base - at if at < base else 0
        found = self._search(lowered, base)
        if found:
            return 5, found.end() - found.start()
        found = self._search(lowered)
        return 6, found.end() - found.start() if found else 999


def _starts_word(path: str, at: int) -> bool:
    # In rare scripts the lower-case path is longer; the rank is then merely less exact.
    return path[at - 1] in _SEPARATORS or path[at : at + 1].isupper()
