from __future__ import annotations

import pytest

from codex.tui.drawing.markdown import render
from codex.tui.drawing.streaming import MAX_OPEN, MAX_OPEN_CODE, MarkdownStream
from codex.tui.drawing.text import plain

CODE = "\n".join(f"x = {number}" for number in range(3 * MAX_OPEN_CODE))


def streamed(text: str, width: int = 40) -> MarkdownStream:
    stream = MarkdownStream(str)
    for character in text:
        stream.append(character)
        if character == "\n":
            stream.lines(width)
    return stream


@pytest.mark.parametrize(
    "text",
    [
        "a\n\nb\n\n# c\nd",
        "- a\n- b\n  - c\n- d\n\ne",
        "- a\n* b\n1. c\n2. d",
        "1. a\n\n2. b",
        f"text\n\n```python\n{CODE}\n```\n\nafter",
        f"```\n{CODE}",
        "````\n```\na\n````\n\nb",
        "~~~\n```\n~~~\n\nb",
        "``` not`code\n\nb",
        "a\n\n    b\n\nc",
    ],
)
def test_what_streams_looks_like_the_whole(text: str) -> None:
    assert streamed(text).lines(40) == render(text, 40)


def test_another_width_draws_all_again() -> None:
    stream = streamed("one two three\n\nfour five six")
    assert [plain(row) for row in stream.lines(5)] == [
        "one ",
        "two ",
        "three",
        "",
        "four ",
        "five ",
        "six",
    ]


def test_nothing_is_no_line() -> None:
    assert MarkdownStream(str).lines(40) == []
    assert streamed("\n\n").lines(40) == []


def test_only_the_open_block_is_drawn_again() -> None:
    drawn: list[str] = []

    def prepare(text: str) -> str:
        drawn.append(text)
        return text

    stream = MarkdownStream(prepare)
    for number in range(50):
        stream.append(f"block {number}\n\n")
        stream.lines(40)
    assert drawn.count("block 7\n") + drawn.count("block 7") <= 2
    assert max(map(len, drawn)) < 30


def test_a_very_long_block_is_cut() -> None:
    stream = MarkdownStream(str)
    stream.append("word word\n" * (MAX_OPEN // 5))
    text = "".join(plain(row) for row in stream.lines(40))
    assert text.count("word") == 2 * (MAX_OPEN // 5)
