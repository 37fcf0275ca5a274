"""The names under which the model sees the tools of MCP servers. Pure.

A model's API takes letters, digits, `_` and `-`, 64 of them at most. A name that does not fit is
shortened to its beginning and a hash of the whole, so that it is the same in every session.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

PREFIX = "mcp__"
DELIMITER = "__"
_MAX_CHARS = 64
HASH_CHARS = 8
_UNFIT = re.compile(r"[^a-zA-Z0-9_-]")


class ToolKey(NamedTuple):
    """A tool as its server calls it."""

    server: str
    tool: str


def fair_share(counts: Sequence[int], limit: int) -> int:
    """How many each may have at most, so that all together have at most `limit`."""
    left = limit
    for index, count in enumerate(sorted(counts)):
        share = left // (len(counts) - index)
        if count > share:
            return share
        left -= count
    return limit


def qualified_names(keys: Iterable[ToolKey], taken: Iterable[str] = ()) -> dict[str, ToolKey]:
    """A name of its own for every tool, in the order of server and tool.

    Args: taken: names of other tools.
    """
    used = set(taken)
    names: dict[str, ToolKey] = {}
    for key in sorted(set(keys)):
        name = _fitting(key)
        count = 0
        while name in used:
            name = _shortened(name, key, count)
            count += 1
        used.add(name)
        names[name] = key
    return names


def _fitting(key: ToolKey) -> str:
    whole = f"{PREFIX}{key.server}{DELIMITER}{key.tool}"
    name = _UNFIT.sub("_", whole)
    # What had to be changed carries its hash too: `a.b` and `a_b` must not become one.
    return name if name == whole and len(name) <= _MAX_CHARS else _shortened(name, key)


def _shortened(name: str, key: ToolKey, count: int = 0) -> str:
    """Args: count: how often the name was taken all the same."""
    text = "\0".join(key) + "\0" * count
    digest = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:HASH_CHARS]
    return f"{name[: _MAX_CHARS - HASH_CHARS - 1]}_{digest}"
