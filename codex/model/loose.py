"""Reading JSON that may be anything: servers leave members out, send null, or another type.

Each function gives its type's empty value for whatever is not of that type.
"""

from __future__ import annotations

from math import isfinite
from typing import Any


def as_dict(value: Any) -> dict[str, Any]:
    """The object, or an empty one."""
    return value if isinstance(value, dict) else {}


def as_list(value: Any) -> list[Any]:
    """The array, or an empty one."""
    return value if isinstance(value, list) else []


def as_str(value: Any) -> str:
    """The string, or an empty one."""
    return value if isinstance(value, str) else ""


def as_int(value: Any) -> int:
    """The number without its fraction, or 0."""
    is_number = isinstance(value, int | float) and isfinite(value)
    return int(value) if is_number else 0


def as_text(value: Any) -> str:
    """Text that may come as a string, as an object that holds it, or as a list of either."""
    match value:
        case str():
            return value
        case {"text": str(text)} | {"content": str(text)}:
            return text
        case list():
            return "".join(as_text(part) for part in value)
        case _:
            return ""
