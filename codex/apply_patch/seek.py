"""Find the lines of a patch in a file, exactly or nearly, and the closest place if none matches.

Four passes compare the lines, each more leniently: identical, without trailing blanks, without
blanks at both ends, typographic characters replaced by plain ones. Line endings are ignored.
locate.py chooses between several places.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_PLAIN = {
    **dict.fromkeys([*range(0x2010, 0x2016), 0x2212], "-"),
    **dict.fromkeys(range(0x2018, 0x201C), "'"),
    **dict.fromkeys(range(0x201C, 0x2020), '"'),
    **dict.fromkeys([0xA0, *range(0x2002, 0x200B), 0x202F, 0x205F, 0x3000], " "),
    # Bytes that are not UTF-8 (surrogateescape): the model has seen them as U+FFFD.
    **dict.fromkeys(range(0xDC80, 0xDD00), "\ufffd"),
}
SEARCHED = 5000
"""Number of lines, from the first, in which a similar line is searched for."""
UNKNOWN = re.compile("\ufffd+")


def plain_line(line: str) -> str:
    """Return a line without outer blanks, in plain punctuation; undecodable runs become U+FFFD."""
    if line.isascii():
        return line.strip()
    return UNKNOWN.sub("\ufffd", line.translate(_PLAIN)).strip()


PASSES: tuple[Callable[[str], str], ...] = (str, str.rstrip, str.strip, plain_line)
"""For each pass, what is done to a line of the file and of the patch before they are compared."""


class Haystack:
    """The lines of one file, prepared for searching."""

    def __init__(self, lines: Sequence[str]) -> None:
        self.lines = lines
        self._texts: dict[int, str] = {}

    def places(self, pattern: Sequence[str]) -> Iterator[list[int]]:
        """Yield, for each of PASSES, the indexes of the lines at which `pattern` begins.

        Args: pattern: consecutive lines, at least one.
        """
        for number, key in enumerate(PASSES):
            yield self._find(number, "\n" + "".join(key(line) + "\n" for line in pattern))

    def _find(self, number: int, needle: str) -> list[int]:
        # Searching one joined text is linear and runs in C; it finds overlapping hits too.
        text = self._texts.get(number)
        if text is None:
            key = PASSES[number]
            text = "\n" + "".join(key(line) + "\n" for line in self.lines)
            self._texts[number] = text
        found: list[int] = []
        line = position = 0
        while (hit := text.find(needle, position)) != -1:
            line += text.count("\n", position, hit)
            found.append(line)
            position = hit + 1
            line += 1
        return found

    def containing(self, fragment: str) -> list[int]:
        """Return the indexes of the lines that contain `fragment`; compare both by `plain_line`."""
        fragment = plain_line(fragment)
        return [i for i, line in enumerate(self.lines) if fragment in plain_line(line)]

    def nearest(self, pattern: Sequence[str]) -> str:
        """Return a sentence that says where the file is most like `pattern`, and how it differs."""
        wanted = [plain_line(line) for line in pattern]
        have = [plain_line(line) for line in self.lines]
        start = _best_alignment(wanted, have)
        if start is None:
            return _similar(wanted, self.lines, have)
        for offset, line in enumerate(wanted):
            at = start + offset
            if at < 0:
                return "The nearest match is at line 1, but the patch has lines above that."
            if at >= len(have):
                return (
                    f"The nearest match is at line {start + 1}, but the file ends at line "
                    f"{len(have)}, before the lines of the patch do."
                )
            if have[at] != line:
                return (
                    f"The nearest match is at line {max(start, 0) + 1}: line {at + 1} is\n"
                    f"{self.lines[at]}\nwhere the patch has\n{pattern[offset]}"
                )
        return f"The same lines are at line {start + 1}."


def _best_alignment(wanted: list[str], have: list[str]) -> int | None:
    """Return the index (perhaps below 0) from which most non-blank wanted lines match, or None."""
    indexes: dict[str, list[int]] = {line: [] for line in wanted if line}
    for i, line in enumerate(have):
        if line in indexes and len(indexes[line]) < 100:
            indexes[line].append(i)
    votes = Counter(i - offset for offset, line in enumerate(wanted) for i in indexes.get(line, ()))
    if not votes:
        return None
    most = max(votes.values())
    return min(start for start, count in votes.items() if count == most)


def _similar(wanted: list[str], lines: Sequence[str], have: list[str]) -> str:
    """Return a sentence that names the line most similar to the longest wanted line."""
    from difflib import get_close_matches

    longest = max(wanted, key=len)
    candidates = {line: i for i, line in reversed(list(enumerate(have[:SEARCHED]))) if line}
    close = get_close_matches(longest[:200], list(candidates), n=1) if longest else []
    if not close:
        where = "the file" if len(have) <= SEARCHED else f"the first {SEARCHED:,} lines of the file"
        return f"Nothing in {where} is similar: read it again before you send another patch."
    at = candidates[close[0]]
    return f"The nearest line is line {at + 1}:\n{lines[at]}"
