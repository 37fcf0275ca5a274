"""Is a directory inside a git repository; needs no git program."""

from __future__ import annotations

import os


def repository_root(directory: str) -> str | None:
    """The nearest directory at or above `directory` (absolute) that holds `.git` of any kind."""
    current = directory
    while True:
        if os.path.lexists(os.path.join(current, ".git")):
            return current
        parent = os.path.dirname(current)
        if parent == current:
            return None
        current = parent
