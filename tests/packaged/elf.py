"""What an ELF file asks of the system that runs it, read from its program headers."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pathlib import Path

PT_DYNAMIC = 2
PT_INTERP = 3
PT_GNU_STACK = 0x6474E551
PF_X = 1


class Segment(NamedTuple):
    """One program header."""

    kind: int
    flags: int


def segments(path: Path) -> list[Segment]:
    """The program headers of a 64-bit little-endian ELF file."""
    data = path.read_bytes()
    assert data[:6] == b"\x7fELF\x02\x01", f"'{path}' is no 64-bit little-endian ELF file"
    (table,) = struct.unpack_from("<Q", data, 32)
    size, count = struct.unpack_from("<HH", data, 54)
    return [Segment(*struct.unpack_from("<II", data, table + i * size)) for i in range(count)]
