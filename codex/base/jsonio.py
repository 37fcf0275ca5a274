"""Convert JSON to plain Python values and back. Only this module imports orjson.

orjson costs some 15 ms to import (it pulls in uuid, zoneinfo and dataclasses), so it is loaded on
first use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

_MAX_DEPTH = 128
"""Limit on nesting. orjson reads 1024 levels, more than Python's stack bears, and at 250 its writer
was seen to write past the end of its buffer (3.13.0, lists that end in lists); so deeper input is
refused."""


def loads(data: bytes | str) -> Any:
    """Return the value of one JSON text.

    `dumps` can write the value again, and recursive functions can walk it.

    Raises: ValueError, if it is not JSON (duplicate keys are allowed, NaN is not), or is nested
        more than 128 levels deep.
    """
    import orjson

    value = orjson.loads(data)
    if _may_be_deep(data):
        _check_depth(value)
    return value


def loads_leniently(data: str) -> Any:
    """Return the value of a JSON text that may hold lone surrogates, such as half an emoji.

    Each lone surrogate becomes "?"; NaN and infinities, which `loads` refuses, become None.

    Raises: ValueError, otherwise as `loads` does, and for integers of more than 64 bits.
    """
    import json

    try:
        value = json.loads(data)
        _check_depth(value)
        return loads(dumps(value))
    except (TypeError, RecursionError) as error:
        raise ValueError(f"cannot be written again: {error}") from error


def _may_be_deep(data: bytes | str) -> bool:
    """Return whether JSON has enough brackets to exceed the limit on nesting."""
    if isinstance(data, str):
        return data.count("[") + data.count("{") > _MAX_DEPTH
    return data.count(b"[") + data.count(b"{") > _MAX_DEPTH


def _check_depth(value: Any) -> None:
    level = [value]
    for _ in range(_MAX_DEPTH + 1):
        level = [child for parent in level for child in _children(parent)]
        if not level:
            return
    raise ValueError("nested too deeply")


def _children(value: Any) -> Iterable[Any]:
    match value:
        case dict():
            return value.values()
        case list():
            return value
        case _:
            return ()


def dumps(value: Any) -> bytes:
    """Return a value as compact UTF-8 JSON; lone surrogates become "?", NaN and infinities null.

    Raises: TypeError, if JSON has no such value, or for integers of more than 64 bits.
    """
    import orjson

    try:
        return orjson.dumps(value)
    except TypeError:
        return orjson.dumps(_without_surrogates(value))


def _without_surrogates(value: Any) -> Any:
    match value:
        case str():
            return value.encode("utf-8", "replace").decode("utf-8")
        case dict():
            return {_without_surrogates(k): _without_surrogates(v) for k, v in value.items()}
        case list() | tuple():
            return [_without_surrogates(v) for v in value]
        case _:
            return value
