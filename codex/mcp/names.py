"""The names under which the model sees the tools of MCP servers. Pure.

A model's API accepts at most 64 letters, digits, `_` and `-`. A name that does not fit is shortened
to its beginning and a hash of the whole, so that it is the same in every session.
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
    """The name of a server, and the server's own name for one of its tools."""

    server: str
    tool: str


def fair_share(counts: Sequence[int], limit: int) -> int:
    """Return how many tools a server may offer at most, so that all together offer up to `limit`.

    Args: counts: number of tools of each server.
    A model's API accepts 128 functions, so the tools of many servers must share them fairly.
    """
    left = limit
    for index, count in enumerate(sorted(counts)):
        share = left // (len(counts) - index)
        if count > share:
            return share
        left -= count
    return limit


def qualified_names(keys: Iterable[ToolKey], taken: Iterable[str] = ()) -> dict[str, ToolKey]:
    """Return the tools by unique names for the model, sorted by server, then tool.

    Args: taken: names of other tools, which must not be used.
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
    # A name with replaced characters gets a hash too: `a.b` and `a_b` must stay different.
    return name if name == whole and len(name) <= _MAX_CHARS else _shortened(name, key)


def _shortened(name: str, key: ToolKey, count: int = 0) -> str:
    """Return the beginning of `name` and a hash of `key` and `count`, in 64 characters at most.

    Args: count: number of shortened names tried before, which were taken.
    """
    text = "\0".join(key) + "\0" * count
    digest = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:HASH_CHARS]
    return f"{name[: _MAX_CHARS - HASH_CHARS - 1]}_{digest}"
