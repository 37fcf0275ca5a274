"""One state of history.jsonl, found by line number: an inode that was opened once.

The index is the number of lines before each block of 64 KiB, made by one pass: 20 kB of memory for
a million lines, 70 ms. The file is read and not mapped, since a map of a file that another program
truncates kills the process. Nothing is locked: the file only grows, or is another one.

Source: spec/history.md, sections 4 and 5.
"""

from __future__ import annotations

import binascii
import os
from array import array
from bisect import bisect_left
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from codex.message_history.file import is_still, open_for_reading
from codex.protocol.events import HistoryEntry

if TYPE_CHECKING:
    from collections.abc import Iterator
    from io import FileIO

BLOCK = 1 << 16
_READ_BLOCKS, _REGION_BLOCKS = 4, 16
_MAX_FIRST_LINE = 4096
_MAX_TS = 1 << 53
"""What every reader of JSON can hold."""

_DECODER = msgspec.json.Decoder(HistoryEntry)


class Region(NamedTuple):
    """Whole lines that stand together."""

    first: int
    """The number of the first one."""
    data: bytes
    """Each ends with a newline."""


def open_index(path: str, block_bytes: int = BLOCK) -> HistoryIndex | None:
    """The history as it is now; None when there is none. Raises: HistoryError, OSError."""
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

    It is kept open, so that no other file can get its inode meanwhile. Reading raises OSError.
    """

    def __init__(self, path: str, file: FileIO, block_bytes: int) -> None:
        """Index a file. Args: file: closed by `close`."""
        self._path = path
        self._block = block_bytes
        self._file = file
        self._before = array("Q")
        """For each block, the number of newlines before it."""
        self._size = 0
        self.count = 0
        """Whole lines; what a crash left without an end is none."""
        self.log_id = self._log_id()
        """Tells this inode from others, also from one that had its number before; below 2**53."""
        self.refresh()

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def is_current(self) -> bool:
        """Whether the path still names this file, and the file only grew."""
        status = os.fstat(self._file.fileno())
        if not is_still(self._path, status) or status.st_size < self._size:
            return False
        return self.log_id == self._log_id()

    def refresh(self) -> None:
        """Take in what was appended since."""
        if self._before:
            self.count = self._before.pop()
        self._file.seek(len(self._before) * self._block)
        self._size = len(self._before) * self._block
        buffer = bytearray(self._block * _READ_BLOCKS)
        got = len(buffer)
        # What comes behind the end meanwhile is for the next time: blocks must not begin there.
        while got == len(buffer):
            got = _fill(self._file, buffer)
            for start in range(0, got, self._block):
                self._before.append(self.count)
                self.count += buffer.count(b"\n", start, min(start + self._block, got))
            self._size += got

    def entries(self, first: int, count: int) -> tuple[HistoryEntry | None, ...]:
        """What the lines from `first` on say, as far as there are any; None where it is nothing."""
        return tuple(decode_entry(line) for line in self.lines(first, count))

    def lines(self, first: int, count: int) -> list[bytes]:
        """Lines from `first` on, as far as there are any, without their ends."""
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
        """All lines below number `before`, in regions of about a megabyte, the newest first."""
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
            # What begins before the region is read again as the end of the next one.
            rest = data[: data.find(b"\n") + 1]
            if len(rest) < len(data):
                yield Region(self._before[block] + 1, data[len(rest) :])

    def _start(self, number: int) -> int:
        """Where a line begins; the one after the last begins at the end of the last."""
        if number == 0:
            return 0
        block = bisect_left(self._before, number) - 1
        self._file.seek(block * self._block)
        data = self._file.read(self._block)
        rest = data.split(b"\n", number - self._before[block])[-1]
        return block * self._block + len(data) - len(rest)

    def _log_id(self) -> int:
        """From the inode and its first line, which only another file of the same number changes."""
        status = os.fstat(self._file.fileno())
        self._file.seek(0)
        head = self._file.read(_MAX_FIRST_LINE)
        is_whole = b"\n" in head or len(head) == _MAX_FIRST_LINE
        first_line = head.split(b"\n", 1)[0] if is_whole else b""
        check = binascii.crc32(b"%d %d %s" % (status.st_dev, status.st_ino, first_line))
        return (status.st_ino & 0x1FFFFF) << 32 | check or 1


def decode_entry(line: bytes) -> HistoryEntry | None:
    """What a line says; None when it is no entry."""
    try:
        entry = _DECODER.decode(line)
    except (ValueError, RecursionError):
        return None
    return entry if 0 <= entry.ts < _MAX_TS else None


def _fill(file: FileIO, buffer: bytearray) -> int:
    """Read until the buffer is full or the file at its end; the number of bytes."""
    view = memoryview(buffer)
    filled = 0
    while filled < len(buffer) and (got := file.readinto(view[filled:])):
        filled += got
    return filled
