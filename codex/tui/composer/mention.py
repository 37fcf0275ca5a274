"""Mention: the word at the cursor that begins with `@` and names a file to search for. Pure."""

from __future__ import annotations

from typing import NamedTuple


class Mention(NamedTuple):
    """A word of the draft that begins with `@`."""

    start: int
    """Index of the `@` in the draft."""
    end: int
    """Index after the word's last character."""
    query: str
    """Text after the `@`."""


def mention_at(text: str, cursor: int) -> Mention | None:
    """Return the mention with the cursor in it or at its end; None if there is none.

    An address (`a@b`) is not a mention.
    """
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
    """Return a path as it is written in a draft: in quotes if it contains white space."""
    if not any(char.isspace() for char in path):
        return path
    quote = "'" if '"' in path else '"'
    return f"{quote}{path}{quote}"
