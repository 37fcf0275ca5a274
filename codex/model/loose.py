"""Reading JSON of any shape: servers omit members, send null, or send another type.

Each function returns the empty value of its type for any value of another type.
"""

from __future__ import annotations

from math import isfinite


def as_dict(value: object) -> dict[str, object]:
    """Return the object, or an empty one."""
    return value if isinstance(value, dict) else {}


def as_list(value: object) -> list[object]:
    """Return the array, or an empty one."""
    return value if isinstance(value, list) else []


def as_str(value: object) -> str:
    """Return the string, or an empty one."""
    return value if isinstance(value, str) else ""


def as_int(value: object) -> int:
    """Return the number without its fraction, or 0."""
    return int(value) if isinstance(value, int | float) and isfinite(value) else 0


def as_text(value: object) -> str:
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
