"""The names that the user gives to sessions, in `session_index.jsonl`, as in today's Codex."""

from __future__ import annotations

import contextlib
import os

from codex.base.errors import CodexError
from codex.base.jsonio import dumps, loads
from codex.model.loose import as_dict, as_str
from codex.rollout.format import timestamp

INDEX = "session_index.jsonl"


def session_names(codex_home: str) -> dict[str, str]:
    """Return each named session's current name by its id, in the order in which they were given.

    The result is empty if no session has a name or the index cannot be read.
    """
    names: dict[str, str] = {}
    try:
        with open(os.path.join(codex_home, INDEX), "rb") as file:
            lines = file.readlines()
    except OSError:
        return names
    for line in lines:
        with contextlib.suppress(ValueError):
            entry = as_dict(loads(line))
            names.pop(as_str(entry.get("id")), None)
            if name := as_str(entry.get("thread_name")):
                names[as_str(entry.get("id"))] = name
    return names


def rename(codex_home: str, session_id: str, name: str, *, clock_s: float) -> None:
    """Give a session a name, by one write of one line; an empty name removes the old name.

    Blanks at both ends are dropped, and each run of blanks becomes one space.

    Raises: CodexError, if the index cannot be written.
    """
    entry = {
        "id": session_id,
        "thread_name": " ".join(name.split()),
        "updated_at": timestamp(clock_s),
    }
    path = os.path.join(codex_home, INDEX)
    flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
    try:
        descriptor = os.open(path, flags, 0o600)
        try:
            size = os.fstat(descriptor).st_size
            is_broken = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
            os.write(descriptor, (b"\n" if is_broken else b"") + dumps(entry) + b"\n")
        finally:
            os.close(descriptor)
    except OSError as error:
        raise CodexError(f"cannot write '{path}': {error.strerror}") from error
