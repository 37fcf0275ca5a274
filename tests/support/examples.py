"""How many examples a property is tested with, where the profile's number is not right."""

from __future__ import annotations

from hypothesis import settings

ORDINARY = 100
"""The profile's number in an ordinary run; `build.py fuzz` has a larger one."""


def scaled(ordinary: int) -> int:
    """Return the number of examples of a run in which most properties have the profile's."""
    return ordinary * settings().max_examples // ORDINARY
