"""Format durations for people."""

from __future__ import annotations


def format_duration(milliseconds: int) -> str:
    """Return a duration as `250ms` (below a second), `1.50s` (below a minute) or else `1m15s`.

    Args: milliseconds: not negative; truncated, never rounded up, so 59,999 ms is `59.99s`.
    """
    if milliseconds < 1000:
        return f"{milliseconds}ms"
    if milliseconds < 60_000:
        return f"{milliseconds // 1000}.{milliseconds % 1000 // 10:02}s"
    seconds = milliseconds // 1000
    return f"{seconds // 60}m{seconds % 60:02}s"
