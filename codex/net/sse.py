"""Parser of server-sent events, sans-IO: chunks of bytes in, the data of complete events out.

Accepts any chunking, all three line endings, a byte order mark, comments, and data over several
lines. Must not read, wait, or know what the data means.

Parsing takes time linear in the bytes, however small the chunks: a piece without a line ending is
only put on a list, and joined once when the ending arrives. `max_event_bytes` bounds the memory.
Source: the WHATWG HTML standard, section 9.2, "Server-sent events".
"""

from __future__ import annotations

from typing import NamedTuple

from codex.net.failure import RequestError

MAX_EVENT_BYTES = 64 * 1024 * 1024
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class SseEvent(NamedTuple):
    """One server-sent event."""

    data: str
    """Values of its `data` fields, joined by newlines."""
    name: str = "message"
    """Value of its `event` field; `message` if it has none."""


class SseParser:
    """The parser of one stream: call `feed` with each chunk, then `finish`."""

    def __init__(self, max_event_bytes: int = MAX_EVENT_BYTES) -> None:
        self._max_event_bytes = max_event_bytes
        self._line: list[bytes] = []
        """Pieces of the line that has not ended yet."""
        self._line_bytes = 0
        self._data: list[bytes] = []
        """Data lines of the event that has not ended yet."""
        self._data_bytes = 0
        self._name = ""
        self.last_event_id: str | None = None
        """Latest event id, after which a broken stream can be resumed; None if no id has come."""
        self.retry_ms: int | None = None
        """Pause that the server wants before a broken stream is resumed; None if it named none."""
        self._is_first_line = True
        self._ends_in_cr = False

    def feed(self, chunk: bytes) -> list[str]:
        """Return the data of every event that `chunk` completes; invalid UTF-8 becomes U+FFFD.

        Raises: RequestError, if an event exceeds `max_event_bytes`.
        """
        return [event.data for event in self.feed_events(chunk)]

    def feed_events(self, chunk: bytes) -> list[SseEvent]:
        """Do the same as `feed`, but return the events with their names."""
        if self._ends_in_cr and chunk:
            # The CR has ended the line already; this LF belongs to it.
            chunk = chunk.removeprefix(b"\n")
            self._ends_in_cr = False
        if not chunk:
            return []
        # bytes.splitlines splits at exactly the line endings of the format: CR, LF and CRLF.
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
        """Return the data of an event that no blank line has ended, perhaps cut off; [] if none."""
        return self.feed(b"\n\n") if self._line or self._data else []

    def _whole(self, line: bytes) -> bytes:
        """Return the complete line: the pieces from earlier chunks, then `line`."""
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
        """Process a line whose field is not `data`."""
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
