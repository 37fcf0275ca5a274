"""The message history returns what it was given, whatever else is in the file."""

from __future__ import annotations

import os
import tempfile

from hypothesis import given
from hypothesis import strategies as st

from codex.base.jsonio import dumps
from codex.message_history.file import HISTORY_FILE_NAME, HistoryFile
from codex.message_history.index import HistoryIndex, decode_entry, open_index
from codex.message_history.search import search
from codex.message_history.sensitive import SensitivePatterns
from codex.protocol.replies import HistoryEntry

ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=60)
"""Text with controls, newlines, NULs, and halves of surrogate pairs."""
ENTRIES = st.builds(
    HistoryEntry, st.text(max_size=5), st.integers(0, 2**53 - 1), st.text(max_size=60)
)
JUNK = st.binary(max_size=60).map(lambda data: data.replace(b"\n", b""))
LINES = st.lists(st.one_of(ENTRIES, JUNK), max_size=25)
BLOCKS = st.sampled_from([1, 2, 7, 64, 1 << 16])
ENDS = st.sampled_from([b"\n", b"\r\n"])


def encoded(entry: HistoryEntry) -> bytes:
    return dumps({"session_id": entry.session_id, "ts": entry.ts, "text": entry.text})


class Written:
    """A history of these lines, indexed in blocks of this size; a context manager."""

    def __init__(self, data: bytes, block_bytes: int) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.path = os.path.join(self.folder.name, HISTORY_FILE_NAME)
        with open(self.path, "wb") as file:
            file.write(data)
        index = open_index(self.path, block_bytes)
        assert index is not None
        self.index: HistoryIndex = index

    def __enter__(self) -> HistoryIndex:
        return self.index

    def __exit__(self, *_: object) -> None:
        self.index.close()
        self.folder.cleanup()


@given(st.lists(ANY_TEXT, max_size=8))
def test_any_text_comes_back(texts: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = HistoryFile(folder)
        for text in texts:
            assert file.append(dumps({"session_id": "s", "ts": 1, "text": text}) + b"\n")
        index = open_index(file.path)
        found = () if index is None else index.entries(0, len(texts) + 1)
        if index is not None:
            index.close()
    # JSON text cannot hold half of a pair.
    expected = [text.encode("utf-8", "replace").decode() for text in texts]
    assert [entry and entry.text for entry in found] == expected


@given(LINES, ENDS, JUNK, BLOCKS, st.integers(-1, 30), st.integers(-1, 30))
def test_no_line_hides_another(
    lines: list[HistoryEntry | bytes], end: bytes, rest: bytes, block: int, first: int, count: int
) -> None:
    data = [encoded(line) if isinstance(line, HistoryEntry) else line for line in lines]
    with Written(b"".join(line + end for line in data) + rest, block) as index:
        assert index.count == len(lines)
        expected = tuple(
            line if isinstance(line, HistoryEntry) else decode_entry(line) for line in lines
        )
        assert index.entries(0, len(lines)) == expected
        wanted = expected[first : first + max(count, 0)] if first >= 0 else ()
        assert index.entries(first, count) == wanted


@given(LINES, BLOCKS, st.integers(0, 30))
def test_regions_are_all_lines_below_a_number(
    lines: list[HistoryEntry | bytes], block: int, before: int
) -> None:
    data = [encoded(line) if isinstance(line, HistoryEntry) else line for line in lines]
    with Written(b"".join(line + b"\n" for line in data), block) as index:
        found: list[bytes] = []
        for region in index.regions_backwards(before):
            region_lines = region.data.split(b"\n")
            assert region_lines.pop() == b""
            assert region_lines == data[region.first : region.first + len(region_lines)]
            found[:0] = region_lines
        assert found == data[:before]


@given(st.lists(LINES, max_size=4), BLOCKS)
def test_the_index_grows_with_the_file(parts: list[list[HistoryEntry | bytes]], block: int) -> None:
    data: list[bytes] = []
    with Written(b"", block) as index:
        for part in parts:
            new = [encoded(line) if isinstance(line, HistoryEntry) else line for line in part]
            with open(index._path, "ab") as file:
                file.write(b"".join(line + b"\n" for line in new))
            data += new
            index.refresh()
            assert index.count == len(data)
            assert index.lines(0, len(data)) == data


# The two characters whose lower case is, or begins with, one of ASCII.
TEXTS = st.text(st.characters(exclude_characters="\u212a\u0130", codec="utf-8"), max_size=12)
SMALL = st.text('aAbB ./\\"\nж\u00c9\u00e9', max_size=8)
QUERIES = st.one_of(TEXTS, SMALL, st.sampled_from(["text", '"', "\\u", "s", ""]))


@given(
    st.lists(st.one_of(TEXTS, SMALL, JUNK), max_size=25),
    QUERIES,
    BLOCKS,
    st.none() | st.integers(-1, 30),
    st.integers(0, 6),
    st.booleans(),
)
def test_a_search_finds_what_looking_at_all_of_them_finds(
    lines: list[str | bytes],
    query: str,
    block: int,
    before: int | None,
    count: int,
    is_ascii: bool,  # as some programs write JSON
) -> None:
    import json

    data = [
        json.dumps({"session_id": "s", "ts": 1, "text": line}, ensure_ascii=is_ascii).encode()
        if isinstance(line, str)
        else line
        for line in lines
    ]
    matching = [
        number
        for number, line in enumerate(lines)
        if isinstance(line, str) and query.lower() in line.lower()
    ]
    if before is not None:
        matching = [number for number in matching if number < before]
    with Written(b"".join(line + b"\n" for line in data), block) as index:
        found = search(index, query, before=before, count=count)
    expected = matching[::-1][:count]
    assert [match.offset for match in found.matches] == expected
    if found.is_complete:
        assert len(expected) == len(matching)
    elif count:
        assert len(expected) == count


@given(st.text("0123456789abcdef", min_size=40, max_size=40), st.text("abc: -_.\n", max_size=20))
def test_a_commit_is_no_secret(commit: str, around: str) -> None:
    assert SensitivePatterns.of(None).find(f"{around} {commit} {around}") is None
