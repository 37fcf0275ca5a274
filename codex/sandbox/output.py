"""A command's output: head and tail within limits, and text from bytes as they arrive.

Holds a bounded number of bytes however much arrives, and never splits a character.

    capped = CappedOutput()
    capped.add(b"...")
    capped.text()
"""

from __future__ import annotations

import codecs
from typing import NamedTuple

MAX_BYTES = 10 * 1024
MAX_LINES = 256
"""Source: codex-rs core/src/exec.rs, which keeps the head alone."""


class CappedOutput:
    """The head and the tail of a stream of bytes, and a count of what lay between."""

    def __init__(self, *, max_bytes: int = MAX_BYTES, max_lines: int = MAX_LINES) -> None:
        self._max_bytes = max_bytes
        self._max_lines = max_lines
        self._head = bytearray()
        self._tail = b""
        self._bytes = 0
        self._newlines = 0

    def add(self, data: bytes, newlines: int | None = None) -> None:
        """Take the next bytes; they may begin or end inside a line or a character.

        Args: newlines: how many `data` holds, where the caller has counted them already.
        """
        self._bytes += len(data)
        self._newlines += data.count(b"\n") if newlines is None else newlines
        room = self._max_bytes - len(self._head)
        if room > 0:
            self._head += data[:room]
        keep = _half(self._max_bytes)
        self._tail = data[-keep:] if len(data) >= keep else (self._tail + data)[-keep:]

    def text(self) -> str:
        """All of it, or its head and tail around a line that says how much was left out."""
        if self._bytes <= self._max_bytes and self._newlines <= self._max_lines:
            return bytes(self._head).decode("utf-8", "replace")
        head = _first_lines(bytes(self._head[: _half(self._max_bytes)]), _half(self._max_lines))
        tail = _last_lines(self._tail, self._max_lines - _half(self._max_lines))
        # Few bytes but many lines: the two must not show the same bytes twice.
        tail = tail[-(self._bytes - len(head)) :]
        left_out = self._bytes - len(head) - len(tail)
        lines = self._newlines - head.count(b"\n") - tail.count(b"\n")
        return (
            head.decode("utf-8", "replace")
            + ("" if head.endswith(b"\n") else "\n")
            + f"[... {left_out} bytes, {lines} lines left out ...]\n"
            + tail.decode("utf-8", "replace")
        )


def _half(limit: int) -> int:
    return limit // 2


def _first_lines(data: bytes, count: int) -> bytes:
    """At most `count` lines of a head that was cut anywhere: whole lines, or whole characters."""
    end = -1
    for _ in range(count):
        found = data.find(b"\n", end + 1)
        if found < 0:
            break
        end = found
    if end >= len(data) // 2 or data.count(b"\n") >= count:
        return data[: end + 1]
    return data[: len(data) - _cut_character(data)]


def _last_lines(data: bytes, count: int) -> bytes:
    """At most `count` lines of a tail that begins anywhere: whole lines, or whole characters."""
    start = len(data) - 1 if data.endswith(b"\n") else len(data)
    for _ in range(count):
        found = data.rfind(b"\n", 0, start)
        if found < 0:
            break
        start = found
    else:
        return data[start + 1 :]
    first = data.find(b"\n") + 1
    if 0 < first <= len(data) // 2:
        return data[first:]
    begin = 0
    while begin < min(3, len(data)) and data[begin] & 0xC0 == 0x80:
        begin += 1
    return data[begin:]


def _cut_character(data: bytes) -> int:
    """How many bytes at the end of `data` begin a UTF-8 character and do not finish it."""
    for back in range(1, min(3, len(data)) + 1):
        byte = data[-back]
        if byte & 0xC0 == 0x80:
            continue
        length = 2 if byte >= 0xC0 else 1
        length += (byte >= 0xE0) + (byte >= 0xF0)
        return back if length > back else 0
    return 0


class LiveLimits(NamedTuple):
    """How much of a stream is forwarded while it arrives, and how often."""

    interval_s: float = 0.02
    chunk_bytes: int = 64 * 1024
    total_bytes: int = 1024 * 1024


class LiveOutput:
    """A stream for a person who watches: few pieces, each of whole characters, bounded in all.

    The first bytes pass at once; later ones gather until a piece is `chunk_bytes` long or
    `interval_s` seconds have gone by. What comes after `total_bytes` is announced once and then
    only counted (by CappedOutput): nobody reads a megabyte while it scrolls by.
    """

    def __init__(self, limits: LiveLimits | None = None) -> None:
        self._limits = limits or LiveLimits()
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._pending = bytearray()
        self._left = self._limits.total_bytes
        self._flushed_at = float("-inf")
        self._is_cut = False

    def add(self, data: bytes, now: float) -> str:
        """Take the next bytes; the text to forward now, perhaps none."""
        if self._left > 0:
            self._pending += data[: self._left]
        if len(data) > self._left:
            self._is_cut = True
        self._left = max(0, self._left - len(data))
        is_due = now >= self._flushed_at + self._limits.interval_s
        if self._pending and (is_due or len(self._pending) >= self._limits.chunk_bytes):
            return self.flush(now)
        return ""

    def due_at(self) -> float | None:
        """When `flush` is to be called, if no more arrives; None: there is nothing to flush."""
        return self._flushed_at + self._limits.interval_s if self._pending else None

    def flush(self, now: float) -> str:
        """What has gathered, less a character that is not complete yet."""
        self._flushed_at = now
        text = self._decoder.decode(bytes(self._pending))
        self._pending.clear()
        return text

    def close(self) -> str:
        """The rest, at the end of the stream."""
        text = self._decoder.decode(bytes(self._pending), final=not self._is_cut)
        self._pending.clear()
        if self._is_cut:
            text += "\n[... further output is not shown while the command runs ...]\n"
        return text
