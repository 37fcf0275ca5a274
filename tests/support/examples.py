"""Scale the number of examples of a property that needs more or fewer than most."""

from __future__ import annotations

from hypothesis import settings

ORDINARY = 100
"""Number of examples of most properties in an ordinary run; `build.py fuzz` tries more."""


def scaled(ordinary: int) -> int:
    """Return a property's number of examples in this run; `ordinary` is that in an ordinary run."""
    return ordinary * settings().max_examples // ORDINARY
