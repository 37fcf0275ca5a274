"""Make ids for sessions."""

from __future__ import annotations

import os


def new_session_id(clock_s: float) -> str:
    """Return a new session id: a UUID of version 7 (RFC 9562), which sorts by its time.

    Args: clock_s: seconds since the epoch.
    """
    value = bytearray(int(clock_s * 1000).to_bytes(6, "big") + os.urandom(10))
    value[6] = value[6] & 0x0F | 0x70
    value[8] = value[8] & 0x3F | 0x80
    digits = value.hex()
    parts = (digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:])
    return "-".join(parts)
