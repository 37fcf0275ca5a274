"""Recognise the sed programs that only print lines: `M,Np`. Pure.

GNU sed's command `e` runs shell commands and `w` writes files, so no other program is accepted.
"""

from __future__ import annotations

import re

RANGE = re.compile(r"\+?(\d{1,20}),\+?(\d{1,20})p", re.ASCII)
_MAX_UINT64 = 2**64 - 1


def is_safe_sed(command: str) -> bool:
    """Whether a sed program has the form `M,Np`: it prints the lines M to N and nothing else."""
    match = RANGE.fullmatch(command)
    return match is not None and all(int(number) <= _MAX_UINT64 for number in match.groups())
