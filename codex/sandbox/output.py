"""A command's output: its head and tail within limits, and live text from bytes as they arrive.

Both classes hold a bounded number of bytes, however many arrive, and never split a character.

    capped = CappedOutput()
    capped.add(b"...")
    capped.text()
"""

from __future__ import annotations

import codecs
from typing import NamedTuple

MAX_OUTPUT_BYTES = 10 * 1024
MAX_OUTPUT_LINES = 256
"""Limits up to which output is kept in full. Source: codex-rs core/src/exec.rs, which keeps only
the head of longer output."""

CONTINUATION = bytes(range(0x80, 0xC0))
"""All values that a byte of a UTF-8 character, other than its first, can have."""
MAX_CHARACTER = 4
"""Length of the longest UTF-8 character in bytes."""


class CappedOutput:
    """The head and tail of a stream of bytes, and the size of the part between them.

    When a stream exceeds a limit, head and tail each get half of both limits. The limits must be at
    least 2.
    """

    def __init__(
        self, *, max_bytes: int = MAX_OUTPUT_BYTES, max_lines: int = MAX_OUTPUT_LINES
    ) -> None:
        self._max_bytes = max_bytes
        self._max_lines = max_lines
        self._head = bytearray()
        self._tail = b""
        self._bytes = 0
        self._newlines = 0

    def add(self, data: bytes, newlines: int | None = None) -> None:
        """Add the next bytes of the stream; they may begin or end inside a line or a character.

        Args: newlines: the number of newlines in `data`, if the caller has counted them already.
        """
        self._bytes += len(data)
        self._newlines += data.count(b"\n") if newlines is None else newlines
        room = self._max_bytes - len(self._head)
        if room > 0:
            self._head += data[:room]
        keep = self._max_bytes // 2
        self._tail = data[-keep:] if len(data) >= keep else (self._tail + data)[-keep:]

    def text(self) -> str:
        """Return the stream, or its head and tail around a line that says how much was left out."""
        if self._bytes <= self._max_bytes and self._newlines <= self._max_lines:
            return bytes(self._head).decode("utf-8", "replace")
        head = _head(bytes(self._head[: self._max_bytes // 2]), self._max_lines // 2)
        tail = _tail(self._tail, self._max_lines - self._max_lines // 2)
        left_out = self._bytes - len(head) - len(tail)
        lines = self._newlines - head.count(b"\n") - tail.count(b"\n")
        return (
            head.decode("utf-8", "replace")
            + ("" if head.endswith(b"\n") else "\n")
            + f"[... {left_out} bytes, {lines} lines left out ...]\n"
            + tail.decode("utf-8", "replace")
        )


def _head(data: bytes, max_lines: int) -> bytes:
    """Return the complete lines at the start of `data`, or the complete characters of one line."""
    lines = data.split(b"\n", max_lines)
    if len(lines) > max_lines:
        return data[: len(data) - len(lines[-1])]
    end = data.rfind(b"\n") + 1
    return data[:end] if 2 * end >= len(data) else data[: len(data) - _cut_character(data)]


def _tail(data: bytes, max_lines: int) -> bytes:
    """Return the complete lines at the end of `data`, or the complete characters of one line."""
    lines = data.removesuffix(b"\n").rsplit(b"\n", max_lines)
    if len(lines) > max_lines:
        return data[len(lines[0]) + 1 :]
    start = data.find(b"\n") + 1
    if 0 < 2 * start <= len(data):
        return data[start:]
    rest = data.lstrip(CONTINUATION)
    return rest if len(data) - len(rest) < MAX_CHARACTER else data


def _cut_character(data: bytes) -> int:
    """Return the number of bytes of an incomplete UTF-8 character at the end of `data`."""
    start = len(data.rstrip(CONTINUATION)) - 1
    if start < 0 or data[start] < 0xC0:
        return 0
    wanted = 2 + (data[start] >= 0xE0) + (data[start] >= 0xF0)
    found = len(data) - start
    return found if found < wanted else 0


class LiveLimits(NamedTuple):
    """Limits on the live text of a stream: how often it is forwarded, and how much in total."""

    interval_s: float = 0.02
    """Seconds to wait after a piece before the next one, unless `chunk_bytes` are pending."""
    chunk_bytes: int = 64 * 1024
    """Number of pending bytes that are forwarded without waiting; a piece may be larger."""
    total_bytes: int = 1024 * 1024


class LiveOutput:
    """Live text of a stream for the user: few pieces of complete characters, limited in total.

    The first bytes are forwarded immediately; later ones are collected until there are
    `chunk_bytes` of them, or `interval_s` seconds have passed since the last piece. After
    `total_bytes` a line says that the rest is not shown, since a megabyte that scrolls by cannot be
    read; CappedOutput still counts the rest and keeps its tail.
    """

    def __init__(self, limits: LiveLimits | None = None) -> None:
        self._limits = limits or LiveLimits()
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._pending = bytearray()
        self._left = self._limits.total_bytes
        self._flushed_at = float("-inf")

    def add(self, data: bytes, now: float) -> str:
        """Add the next bytes of the stream; return the text to forward now, which may be empty.

        Args: now: seconds on a monotonic clock.
        """
        if self._left < 0:
            return ""
        self._pending += data[: self._left]
        self._left -= len(data)
        if self._left < 0:
            return self.flush(now) + NOT_SHOWN
        is_due = now >= self._flushed_at + self._limits.interval_s
        if is_due or len(self._pending) >= self._limits.chunk_bytes:
            return self.flush(now)
        return ""

    def due_at(self) -> float | None:
        """Return the time, on the clock of `now`, to call `flush` if no bytes arrive before it.

        Returns: None if no text is pending.
        """
        return self._flushed_at + self._limits.interval_s if self._pending else None

    def flush(self, now: float) -> str:
        """Return the pending text; keep an incomplete character at its end for the next piece."""
        self._flushed_at = now
        text = self._decoder.decode(bytes(self._pending))
        self._pending.clear()
        return text

    def close(self) -> str:
        """Return the text that is still pending at the end of the stream."""
        text = self._decoder.decode(bytes(self._pending), final=self._left >= 0)
        self._pending.clear()
        return text


NOT_SHOWN = "\n[... further output is not shown while the command runs ...]\n"
