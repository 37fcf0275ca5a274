"""JSON bytes to and from plain Python values: the one importer of orjson.

orjson costs some 15 ms to import (it pulls in uuid, zoneinfo and dataclasses), so it is loaded on
first use.
"""

from __future__ import annotations

from typing import Any

MAX_DEPTH = 254
"""orjson's own limit for writing; it reads 1024 levels, more than Python's stack bears."""


def loads(data: bytes | str) -> Any:
    """Parse one JSON text.

    What is read can be written again, and walked by functions that call themselves.

    Raises: ValueError, when it is not JSON (duplicate keys are allowed, NaN is not), or is nested
        in more than 254 levels.
    """
    import orjson

    value = orjson.loads(data)
    if _may_be_deep(data):
        try:
            orjson.dumps(value)
        except TypeError as error:
            raise ValueError("nested too deeply") from error
    return value


def _may_be_deep(data: bytes | str) -> bool:
    """Whether there are enough brackets for more levels than orjson writes."""
    if isinstance(data, str):
        return data.count("[") + data.count("{") > MAX_DEPTH
    return data.count(b"[") + data.count(b"{") > MAX_DEPTH


def dumps(value: Any) -> bytes:
    """Compact UTF-8 JSON; lone surrogates become `?` instead of failing."""
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
