"""Waiting for what no event announces: other programs, the kernel's tables. Tests never sleep."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

PATIENCE_S = 60.0
"""Time after which a condition is taken to fail; a busy machine needs some of it."""
PAUSE_S = 0.01

Value = TypeVar("Value")


def wait_until(
    condition: Callable[[], Value], what: str, *, patience_s: float = PATIENCE_S
) -> Value:
    """Wait until `condition` returns something true, and return that.

    Args: what: the thing waited for, for the failure.
    """
    end = time.monotonic() + patience_s
    while not (value := condition()):
        assert time.monotonic() < end, f"{what}: not within {patience_s:g} s"
        time.sleep(PAUSE_S)
    return value
