"""The sed commands that are known to only print: `M,Np`.

GNU sed's `e` runs shell commands and `w` writes files, so nothing else is looked at.
Source: spec/execpolicy.md, section 6.
"""

from __future__ import annotations

import re

RANGE = re.compile(r"\+?(\d{1,20}),\+?(\d{1,20})p", re.ASCII)
_MAX_UINT64 = 2**64 - 1


def is_safe_sed(command: str) -> bool:
    """Whether a sed program prints a range of lines and does nothing else."""
    match = RANGE.fullmatch(command)
    return match is not None and all(int(number) <= _MAX_UINT64 for number in match.groups())
