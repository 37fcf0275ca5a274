"""Load policies, which are files of rules about commands."""

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
    """Return the policy of the file `path`.

    Raises: PolicyError, naming the file, and the line if a line is wrong.
    """
    try:
        # Without O_NONBLOCK, opening a named pipe would wait for a writer.
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        with open(descriptor, "rb") as file:
            is_file = stat.S_ISREG(os.fstat(descriptor).st_mode)
            data = file.read(_MAX_BYTES + 1) if is_file else b""
    except OSError as error:
        raise PolicyError(f"cannot read the rules '{path}': {error.strerror}") from error
    if not is_file or len(data) > _MAX_BYTES:
        cause = f"it has more than {_MAX_BYTES} bytes" if is_file else "it is not a regular file"
        raise PolicyError(f"cannot read the rules '{path}': {cause}")
    try:
        source = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise PolicyError(f"{path}:{line}: the text is not UTF-8") from error
    return parse_policy(source, name=path)


def default_policy() -> Policy:
    """Return the policy that ships with the agent."""
    return parse_policy(text(f"execpolicy/{DEFAULT_NAME}"), name=DEFAULT_NAME)
