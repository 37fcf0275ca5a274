"""Reading JSON of any shape: servers omit members, send null, or send another type.

Each function returns the empty value of its type for any value of another type.
"""

from __future__ import annotations

from math import isfinite
from typing import Any


def as_dict(value: Any) -> dict[str, Any]:
    """Return the object, or an empty one."""
    return value if isinstance(value, dict) else {}


def as_list(value: Any) -> list[Any]:
    """Return the array, or an empty one."""
    return value if isinstance(value, list) else []


def as_str(value: Any) -> str:
    """Return the string, or an empty one."""
    return value if isinstance(value, str) else ""


def as_int(value: Any) -> int:
    """Return the number without its fraction, or 0."""
    is_number = isinstance(value, int | float) and isfinite(value)
    return int(value) if is_number else 0


def as_text(value: Any) -> str:
    """Return text given as a string, as an object that holds one, or as a list of either."""
    match value:
        case str():
            return value
        case {"text": str(text)} | {"content": str(text)}:
            return text
        case list():
            return "".join(as_text(part) for part in value)
        case _:
            return ""
