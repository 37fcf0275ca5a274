"""Put the lines of standard input on a queue, for the front ends that other programs drive."""

from __future__ import annotations

import contextlib
import os
import threading
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_CHUNK = 65_536


class InputLine(NamedTuple):
    """One line of the input, without its newline; never blank."""

    data: bytes


class EndOfInput(NamedTuple):
    """The end of the input; no more lines follow."""


def start_reading(descriptor: int, put: Callable[[InputLine | EndOfInput], None]) -> None:
    """Start the thread `codex-stdin`, which passes the lines of `descriptor` to `put`.

    Blank lines are left out. After the last line, or a read error, it passes EndOfInput and ends.
    """

    # os.read instead of the stream: a thread that waits inside the stream holds its lock, and the
    # interpreter aborts if that lock is held at exit.
    def read() -> None:
        pending: list[bytes] = []
        for chunk in _chunks(descriptor):
            pending.append(chunk)
            if b"\n" in chunk:
                *lines, rest = b"".join(pending).split(b"\n")
                pending = [rest]
                for line in lines:
                    put_line(line)
        put_line(b"".join(pending))
        put(EndOfInput())

    def put_line(line: bytes) -> None:
        if line.strip():
            put(InputLine(line))

    threading.Thread(target=read, name="codex-stdin", daemon=True).start()


def _chunks(descriptor: int) -> Iterator[bytes]:
    """Yield pieces of the input as they arrive; a read error counts as its end."""
    with contextlib.suppress(OSError):
        while chunk := os.read(descriptor, _CHUNK):
            yield chunk
