"""Read files of rules.

Source: spec/execpolicy.md, section 1; the folder `rules/` is today's Codex's.
"""

from __future__ import annotations

import os
import stat

from codex.base.embedded import text
from codex.base.errors import PolicyError
from codex.execpolicy.parser import parse_policy
from codex.execpolicy.policy import Policy

_MAX_BYTES = 1_000_000
DEFAULT_NAME = "default.policy"


def load_policy(path: str) -> Policy:
    """Read one file.

    Raises: PolicyError, naming the file, and the line where one is to blame.
    """
    try:
        # Opening a pipe would wait for who writes to it.
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        with open(descriptor, "rb") as file:
            is_file = stat.S_ISREG(os.fstat(descriptor).st_mode)
            data = file.read(_MAX_BYTES + 1) if is_file else b""
    except OSError as error:
        raise PolicyError(f"cannot read the rules '{path}': {error.strerror}") from error
    if not is_file or len(data) > _MAX_BYTES:
        cause = f"it has more than {_MAX_BYTES} bytes" if is_file else "it is no file"
        raise PolicyError(f"cannot read the rules '{path}': {cause}")
    try:
        source = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise PolicyError(f"{path}:{line}: the text is not UTF-8") from error
    return parse_policy(source, name=path)


def default_policy() -> Policy:
    """The rules that the program carries."""
    return parse_policy(text(f"execpolicy/{DEFAULT_NAME}"), name=DEFAULT_NAME)
