"""Wait for conditions of other programs and the kernel, which no event announces."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

PATIENCE_S = 60.0
"""Seconds after which a condition is taken to fail, for a busy machine."""
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
