"""Lenient access to decoded JSON: servers omit members, send null, or send another type.

Each function returns the empty value of its type for a value of another type.
"""

from __future__ import annotations

from math import isfinite


def as_dict(value: object) -> dict[str, object]:
    """Return `value` if it is a JSON object, else an empty one."""
    return value if isinstance(value, dict) else {}


def as_list(value: object) -> list[object]:
    """Return `value` if it is a JSON array, else an empty one."""
    return value if isinstance(value, list) else []


def as_str(value: object) -> str:
    """Return `value` if it is a string, else an empty one."""
    return value if isinstance(value, str) else ""


def as_int(value: object) -> int:
    """Return `value` without its fraction if it is a finite number, else 0."""
    return int(value) if isinstance(value, int | float) and isfinite(value) else 0


def as_text(value: object) -> str:
    """Return the text of a string, of an object's `text` or `content`, or of a list of these."""
    match value:
        case str():
            return value
        case {"text": str(text)} | {"content": str(text)}:
            return text
        case list():
            return "".join(as_text(part) for part in value)
        case _:
            return ""
