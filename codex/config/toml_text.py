"""Set and remove tables of a TOML text as lines; all other lines stay unchanged. Pure.

Only lines that look like headers are examined, so a header inside a multi-line string is mistaken
for a real one: callers must parse the result and check it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

import tomli

from codex.base.jsonio import dumps

if TYPE_CHECKING:
    from collections.abc import Sequence

Path = tuple[str, ...]

_HEADER = re.compile(r"\s*(\[\[?)(.*?)(\]\]?)\s*(#.*)?")
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)


class _Block(NamedTuple):
    """A table of the text: its header and the lines that belong to it."""

    path: Path
    start: int
    """Number of the header's line, from 0."""
    content_end: int
    """Number, from 0, of the line after the last one that is neither blank nor a comment."""
    end: int
    """Number, from 0, of the line after the block; comments right above the next header are not in
    it."""


def with_table(text: str, path: Path, values: dict[str, Any]) -> str:
    """Return the text with the table `[path]` set to exactly `values`.

    Tables below `[path]` and comments inside the old table are removed. A new table comes after the
    tables with the same parent, or else at the end. Lone surrogates in values become "?".
    """
    newline = "\r\n" if "\r\n" in text else "\n"
    table = [line + newline for line in table_lines(path, values)]
    lines = text.splitlines(keepends=True)
    if lines and not lines[-1].endswith("\n"):
        lines[-1] += newline
    blocks = _blocks(lines)
    own = [block for block in blocks if _is_below(block, path)]
    if own:
        first = own[0].start
        after = _cut(lines[first:], own, first)
        blank = [newline] if after and after[0].strip() else []
        return "".join([*lines[:first], *table, *blank, *after])
    siblings = [block for block in blocks if _is_below(block, path[:-1])]
    place = siblings[-1].end if siblings else len(lines)
    before, after = lines[:place], lines[place:]
    above = [newline] if before and before[-1].strip() else []
    below = [newline] if after and after[0].strip() else []
    return "".join([*before, *above, *table, *below, *after])


def without_table(text: str, path: Path) -> str:
    """Return the text without the table `[path]` and the tables below it."""
    lines = text.splitlines(keepends=True)
    own = [block for block in _blocks(lines) if _is_below(block, path)]
    return "".join(_cut(lines, own))


def table_lines(path: Path, values: dict[str, Any]) -> list[str]:
    """Return the lines of the table `[path]`, without line ends; tables inside become inline."""
    return [f"[{dotted(path)}]", *(f"{_key(name)} = {_value(v)}" for name, v in values.items())]


def dotted(path: Path) -> str:
    """Return `path` as a dotted key; its parts are quoted where TOML requires it."""
    return ".".join(map(_key, path))


def _key(name: str) -> str:
    return name if _BARE_KEY.fullmatch(name) else _value(name)


def _value(value: Any) -> str:
    if isinstance(value, dict):
        members = ", ".join(f"{_key(name)} = {_value(item)}" for name, item in value.items())
        return "{ " + members + " }" if members else "{}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_value, value)) + "]"
    # JSON's strings and numbers are valid TOML, except for an unescaped DEL.
    return dumps(value).decode().replace("\x7f", "\\u007f")


def _blocks(lines: Sequence[str]) -> list[_Block]:
    """Return a block for each table header, in order."""
    headers = [
        (number, path)
        for number, line in enumerate(lines)
        if (path := _header_path(line)) is not None
    ]
    ends = [*(_comments_start(lines, number) for number, _ in headers[1:]), len(lines)]
    blocks = []
    for (start, path), end in zip(headers, ends, strict=False):
        content_end = end
        while content_end > start + 1 and not _is_content(lines[content_end - 1]):
            content_end -= 1
        blocks.append(_Block(path, start, content_end, end))
    return blocks


def _header_path(line: str) -> Path | None:
    """Return the path that a header line names; None if the line is not a header."""
    match = _HEADER.fullmatch(line.rstrip("\r\n"))
    if match is None or len(match[1]) != len(match[3]):
        return None
    try:
        table = tomli.loads(f"[{match[2]}]")
    except tomli.TOMLDecodeError:
        return None
    path: list[str] = []
    while table:
        ((name, table),) = table.items()
        path.append(name)
    return tuple(path)


def _comments_start(lines: Sequence[str], number: int) -> int:
    """Return the number of the first comment line right above line `number`, or else `number`."""
    while number > 0 and lines[number - 1].lstrip().startswith("#"):
        number -= 1
    return number


def _is_content(line: str) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith("#")


def _is_below(block: _Block, path: Path) -> bool:
    return block.path[: len(path)] == path


def _cut(lines: Sequence[str], blocks: Sequence[_Block], offset: int = 0) -> list[str]:
    """Return the lines without the content of `blocks` and blank lines that become superfluous.

    Args: offset: number of the first of `lines`, as the blocks count them.
    """
    left = list(lines)
    for block in reversed(blocks):
        start, end = block.start - offset, block.content_end - offset
        has_blank_before = start == 0 or not left[start - 1].strip()
        while has_blank_before and end < len(left) and not left[end].strip():
            end += 1
        while end == len(left) and start > 0 and not left[start - 1].strip():
            start -= 1
        del left[start:end]
    return left
