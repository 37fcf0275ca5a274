"""The word with an `@` at the cursor, which the file search looks for. Pure."""

from __future__ import annotations

from typing import NamedTuple


class Mention(NamedTuple):
    """A word of the draft that begins with `@`."""

    start: int
    """Position of the `@`."""
    end: int
    query: str
    """Text after the `@`."""


def mention_at(text: str, cursor: int) -> Mention | None:
    """The mention with the cursor in it or at its end; an address (`a@b`) is not a mention."""
    start = cursor
    while start > 0 and not text[start - 1].isspace():
        start -= 1
    if start == cursor or text[start] != "@":
        return None
    end = cursor
    while end < len(text) and not text[end].isspace():
        end += 1
    return Mention(start, end, text[start + 1 : end])


def written(path: str) -> str:
    """The path as the draft holds it: in quotes if it contains white space."""
    if not any(char.isspace() for char in path):
        return path
    quote = "'" if '"' in path else '"'
    return f"{quote}{path}{quote}"
