"""Find messages by part of their text, the newest first, decoding only lines that may match."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from codex.message_history.index import decode_entry
from codex.protocol.replies import HistoryMatch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from codex.message_history.index import HistoryIndex, Region

# Characters that every JSON writer leaves as they are: ASCII, and never escaped.
_PLAIN = re.compile(r"[ !#-.0-\[\]-~]+")
_ESCAPED = b"\\u"
"""Start of a JSON escape; the bytes of a line that has one do not show all its characters."""


class SearchResult(NamedTuple):
    """The result of a search."""

    matches: tuple[HistoryMatch, ...]
    """Matches, the newest first."""
    is_complete: bool
    """Whether the search reached the oldest entry, so there are no further matches."""


def search(index: HistoryIndex, query: str, *, before: int | None, count: int) -> SearchResult:
    """Return the newest messages, up to `count`, that contain `query`, ignoring case.

    Args: before: only entries with a number below this; None searches all.
    Raises: OSError.
    """
    matches: list[HistoryMatch] = []
    if count <= 0:
        return SearchResult((), is_complete=False)
    needle = max(_PLAIN.findall(query), key=len, default="").encode().lower()
    query = query.lower()
    for region in index.regions_backwards(index.count if before is None else before):
        for number, line in _candidates(region, needle):
            entry = decode_entry(line)
            if entry is not None and query in entry.text.lower():
                matches.append(HistoryMatch(number, entry))
                if len(matches) == count:
                    return SearchResult(tuple(matches), is_complete=number == 0)
    return SearchResult(tuple(matches), is_complete=True)


def _candidates(region: Region, needle: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the numbers and bytes of the lines that may hold the needle, from last to first."""
    data = region.data.lower()
    end = len(data)
    number = region.first + data.count(b"\n")
    plain = data.rfind(needle)
    escaped = data.rfind(_ESCAPED) if needle else -1
    while (position := max(plain, escaped)) >= 0:
        # An empty needle is first found after the last newline, which stands for the last line.
        start = data.rfind(b"\n", 0, min(position, end - 1)) + 1
        number -= data.count(b"\n", start, end)
        yield number, region.data[start : data.index(b"\n", start)]
        end = start
        if end == 0:
            return
        if plain >= end or not needle:
            plain = data.rfind(needle, 0, end)
        if escaped >= end:
            escaped = data.rfind(_ESCAPED, 0, end)
