"""Read the lines of history.jsonl by number, from one inode that stays open.

The index holds the number of lines before each block of 64 KiB, counted in one pass: 20 kB of
memory and 70 ms for a million lines. The file is read and not mapped, since a mapped file that
another program truncates kills the process. Nothing is locked: a file only grows, or another
replaces it.

A client names the file by its log id, made of the inode and the first line. The inode stays open,
so that no other file can get its number, and a line number never means another line.
"""

from __future__ import annotations

import binascii
import os
from array import array
from bisect import bisect_left
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from codex.message_history.file import is_still, open_for_reading
from codex.protocol.replies import HistoryEntry

if TYPE_CHECKING:
    from collections.abc import Iterator
    from io import FileIO

BLOCK = 1 << 16
"""Size of a block in bytes."""
_READ_BLOCKS, _REGION_BLOCKS = 4, 16
_MAX_FIRST_LINE = 4096
_MAX_TS = 1 << 53
"""Largest integer that every reader of JSON can represent, plus one."""

_DECODER = msgspec.json.Decoder(HistoryEntry)


class Region(NamedTuple):
    """Consecutive complete lines of the file."""

    first: int
    """Number of the first line, from 0."""
    data: bytes
    """Bytes of the lines, each with its newline."""


def open_index(path: str, block_bytes: int = BLOCK) -> HistoryIndex | None:
    """Open and index the current history; return None if it does not exist.

    Args: path: path of history.jsonl. block_bytes: size of the index's blocks.
    Raises: HistoryError, OSError.
    """
    file = open_for_reading(path)
    if file is None:
        return None
    try:
        return HistoryIndex(path, file, block_bytes)
    except BaseException:
        file.close()
        raise


class HistoryIndex:
    """The lines of one inode, by number from 0, oldest first. Not thread-safe.

    Methods that read raise OSError.
    """

    def __init__(self, path: str, file: FileIO, block_bytes: int) -> None:
        """Index a file.

        Args: path: the path that the file was opened by. file: closed by `close`.
        """
        self._path = path
        self._block = block_bytes
        self._file = file
        self._before = array("Q")
        """Number of newlines before each block."""
        self._size = 0
        self.count = 0
        """Number of indexed lines, without an unfinished one that a crash left."""
        self.log_id = self._log_id()
        """Id of this file, which differs from that of an earlier file with the same inode; below
        2**53."""
        self.refresh()

    def close(self) -> None:
        """Close the indexed file."""
        self._file.close()

    def is_current(self) -> bool:
        """Return whether the path still names this file, and the file has not shrunk."""
        status = os.fstat(self._file.fileno())
        if not is_still(self._path, status) or status.st_size < self._size:
            return False
        return self.log_id == self._log_id()

    def refresh(self) -> None:
        """Index the lines that were appended since the last call."""
        if self._before:
            self.count = self._before.pop()
        self._file.seek(len(self._before) * self._block)
        self._size = len(self._before) * self._block
        buffer = bytearray(self._block * _READ_BLOCKS)
        got = len(buffer)
        # A short read ends the loop, whatever is appended meanwhile: no block may begin there.
        while got == len(buffer):
            got = _fill(self._file, buffer)
            for start in range(0, got, self._block):
                self._before.append(self.count)
                self.count += buffer.count(b"\n", start, min(start + self._block, got))
            self._size += got

    def entries(self, first: int, count: int) -> tuple[HistoryEntry | None, ...]:
        """Return the entries of up to `count` lines from number `first`, None for invalid lines."""
        return tuple(decode_entry(line) for line in self.lines(first, count))

    def lines(self, first: int, count: int) -> list[bytes]:
        """Return up to `count` indexed lines from number `first`, without their newlines."""
        count = min(count, self.count - first)
        if first < 0 or count <= 0:
            return []
        self._file.seek(self._start(first))
        pieces: list[bytes] = []
        missing = count
        while missing > 0 and (piece := self._file.read(self._block)):
            pieces.append(piece)
            missing -= piece.count(b"\n")
        return b"".join(pieces).split(b"\n", count)[:count]

    def regions_backwards(self, before: int) -> Iterator[Region]:
        """Yield all lines with numbers below `before` in regions of about 1 MiB, newest first."""
        end = self._start(min(before, self.count)) if before > 0 else 0
        rest = b""
        while end > 0:
            block = max((end - 1) // self._block - _REGION_BLOCKS + 1, 0)
            start = block * self._block
            self._file.seek(start)
            data = self._file.read(end - start) + rest
            end = start
            if start == 0:
                yield Region(0, data)
                return
            # The line that begins before the region is yielded as the end of the next region.
            rest = data[: data.find(b"\n") + 1]
            if len(rest) < len(data):
                yield Region(self._before[block] + 1, data[len(rest) :])

    def _start(self, number: int) -> int:
        """Return the offset of a line in the file; for the number `count`, the end of the last."""
        if number == 0:
            return 0
        block = bisect_left(self._before, number) - 1
        self._file.seek(block * self._block)
        data = self._file.read(self._block)
        rest = data.split(b"\n", number - self._before[block])[-1]
        return block * self._block + len(data) - len(rest)

    def _log_id(self) -> int:
        """Return an id made of device, inode number and first line, which stay the same."""
        status = os.fstat(self._file.fileno())
        self._file.seek(0)
        head = self._file.read(_MAX_FIRST_LINE)
        is_whole = b"\n" in head or len(head) == _MAX_FIRST_LINE
        first_line = head.split(b"\n", 1)[0] if is_whole else b""
        check = binascii.crc32(b"%d %d %s" % (status.st_dev, status.st_ino, first_line))
        return (status.st_ino & 0x1FFFFF) << 32 | check or 1


def decode_entry(line: bytes) -> HistoryEntry | None:
    """Decode a line; return None if it is not a valid entry."""
    try:
        entry = _DECODER.decode(line)
    except (ValueError, RecursionError):
        return None
    return entry if 0 <= entry.ts < _MAX_TS else None


def _fill(file: FileIO, buffer: bytearray) -> int:
    """Read until the buffer is full or the file ends; return the number of bytes read."""
    view = memoryview(buffer)
    filled = 0
    while filled < len(buffer) and (got := file.readinto(view[filled:])):
        filled += got
    return filled
