"""Lines of standard input, in whatever pieces they arrive."""

from __future__ import annotations

import os
from queue import SimpleQueue

from codex.base.lines import EndOfInput, InputLine, start_reading


def read_from(*writes: bytes) -> list[InputLine | EndOfInput]:
    reader, writer = os.pipe()
    inbox: SimpleQueue[InputLine | EndOfInput] = SimpleQueue()
    try:
        start_reading(reader, inbox.put)
        for data in writes:
            os.write(writer, data)
        os.close(writer)
        items: list[InputLine | EndOfInput] = []
        while not items or items[-1] != EndOfInput():
            items.append(inbox.get(timeout=30))
        return items
    finally:
        os.close(reader)


def test_lines_are_found_whatever_the_pieces() -> None:
    lines = [InputLine(b"one"), InputLine(b"two two"), InputLine(b"three"), EndOfInput()]
    assert read_from(b"one\ntwo", b" two\n\n  \nthr", b"ee") == lines


def test_a_line_longer_than_any_buffer_arrives_whole() -> None:
    long = b"x" * 60_000
    assert read_from(long, long, long, b"\n") == [InputLine(long * 3), EndOfInput()]
