"""Server-sent events, sans-IO: bytes in as they come, the data of whole events out.

Takes any chunking, all three line ends, a byte order mark, comments, and data over several lines.
Must not read, wait, or know what the data means.

The time is linear in the bytes, however small the chunks: a piece without a line end is only put
on a list, and joined once when the end comes. The memory is bounded by `max_event_bytes`.
Source: the WHATWG HTML standard, section 9.2, "Server-sent events".
"""

from __future__ import annotations

from typing import NamedTuple

from codex.net.failure import RequestError

MAX_EVENT_BYTES = 64 * 1024 * 1024
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class SseEvent(NamedTuple):
    """One event."""

    data: str
    name: str = "message"


class SseParser:
    """One stream's parser: `feed` what arrives, then `finish`."""

    def __init__(self, max_event_bytes: int = MAX_EVENT_BYTES) -> None:
        self._max_event_bytes = max_event_bytes
        self._line: list[bytes] = []
        """The pieces of a line that has no end yet."""
        self._line_bytes = 0
        self._data: list[bytes] = []
        """The data lines of an event that has no end yet."""
        self._data_bytes = 0
        self._name = ""
        self.last_event_id: str | None = None
        """What a broken stream can be resumed after."""
        self.retry_ms: int | None = None
        """The pause before a broken stream is resumed, where the server gave one."""
        self._is_first_line = True
        self._ends_in_cr = False

    def feed(self, chunk: bytes) -> list[str]:
        """The data of every event that `chunk` completes; invalid UTF-8 becomes U+FFFD.

        Raises: RequestError, when an event outgrows the limit.
        """
        return [event.data for event in self.feed_events(chunk)]

    def feed_events(self, chunk: bytes) -> list[SseEvent]:
        """As `feed`, with the events' names."""
        if self._ends_in_cr and chunk:
            # The CR ended its line already; this LF only belongs to it.
            chunk = chunk.removeprefix(b"\n")
            self._ends_in_cr = False
        if not chunk:
            return []
        # bytes.splitlines knows exactly the line ends of the format: CR, LF and CRLF.
        lines = chunk.splitlines(keepends=True)
        self._ends_in_cr = chunk.endswith(b"\r")
        rest = b"" if chunk.endswith((b"\n", b"\r")) else lines.pop()
        events: list[SseEvent] = []
        for line in lines:
            self._take_line(self._whole(line).rstrip(b"\r\n"), events)
        if rest:
            self._line.append(rest)
            self._line_bytes += len(rest)
        self._check_size()
        return events

    def finish(self) -> list[str]:
        """What is left when the stream ends: servers leave out the last blank line, or line end."""
        return self.feed(b"\n\n") if self._line or self._data else []

    def _whole(self, line: bytes) -> bytes:
        """The line with the pieces that came before it."""
        if not self._line:
            return line
        whole = b"".join([*self._line, line])
        self._line.clear()
        self._line_bytes = 0
        return whole

    def _take_line(self, line: bytes, events: list[SseEvent]) -> None:
        if self._is_first_line:
            line = line.removeprefix(BYTE_ORDER_MARK)
            self._is_first_line = False
        if line.startswith(b"data:") or line == b"data":
            self._data.append(line[6 if line[5:6] == b" " else 5 :])
            self._data_bytes += len(line)
        elif not line:
            if self._data:
                data = b"\n".join(self._data).decode("utf-8", "replace")
                events.append(SseEvent(data, self._name or "message"))
                self._data.clear()
                self._data_bytes = 0
            self._name = ""
        else:
            self._take_field(line)

    def _take_field(self, line: bytes) -> None:
        """What an event has besides its data."""
        field, _, value = line.decode("utf-8", "replace").partition(":")
        value = value.removeprefix(" ")
        if field == "event":
            self._name = value
        elif field == "id" and "\0" not in value:
            self.last_event_id = value
        elif field == "retry" and value.isascii() and value.isdecimal():
            self.retry_ms = int(value[:9])

    def _check_size(self) -> None:
        if self._line_bytes + self._data_bytes > self._max_event_bytes:
            raise RequestError(
                f"the server sent an event of more than {self._max_event_bytes:,} bytes",
                kind="protocol",
            )
