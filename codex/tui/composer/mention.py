"""The word with an `@` in which the cursor stands: what the file search looks for. Pure."""

from __future__ import annotations

from typing import NamedTuple


class Mention(NamedTuple):
    """A word of the draft that begins with `@`."""

    start: int
    """Where the `@` stands."""
    end: int
    query: str
    """What follows the `@`."""


def mention_at(text: str, cursor: int) -> Mention | None:
    """The mention in which, or at whose end, the cursor stands; an address (`a@b`) is none."""
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
    """A path as it is put into the draft: in quotes if it holds white space."""
    if not any(char.isspace() for char in path):
        return path
    quote = "'" if '"' in path else '"'
    return f"{quote}{path}{quote}"
