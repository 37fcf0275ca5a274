"""Numbers of examples for properties to which the profile's number does not suit."""

from __future__ import annotations

from hypothesis import settings

ORDINARY = 100
"""Number of examples of the profile in an ordinary run; `build.py fuzz` has a larger one."""


def scaled(ordinary: int) -> int:
    """Return the number of examples of a run in which most properties have the profile's."""
    return ordinary * settings().max_examples // ORDINARY
