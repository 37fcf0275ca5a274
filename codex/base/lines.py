"""Lines of standard input as values on a queue, for the front ends that programs speak to."""

from __future__ import annotations

import contextlib
import os
import threading
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_CHUNK = 65_536


class InputLine(NamedTuple):
    """One line of the input, without its end; never blank."""

    data: bytes


class EndOfInput(NamedTuple):
    """No further line will come."""


def start_reading(descriptor: int, put: Callable[[InputLine | EndOfInput], None]) -> None:
    """Start the thread `codex-stdin`; it ends with the input, or with the process."""

    # os.read and not the stream: a thread that waits inside the stream holds its lock, and the
    # interpreter aborts when it finds that lock held at the end.
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
    """What arrives, to the end; an input that breaks is over too."""
    with contextlib.suppress(OSError):
        while chunk := os.read(descriptor, _CHUNK):
            yield chunk
