"""Texts that a source tree has as files and the executable has inside.

The build replaces this module by one whose constants are filled; nothing else differs.
"""

from __future__ import annotations

import os

TEXTS: dict[str, str] = {}
"""Path below `codex/`, with `/` -> content."""

CA_PEM: str | None = None
"""The certificate authorities to trust where the system has none; PEM."""


def text(name: str) -> str:
    """A text file of the package, named by its path below `codex/`."""
    embedded = TEXTS.get(name)
    if embedded is not None:
        return embedded
    with open(os.path.join(os.path.dirname(__file__), name), encoding="utf-8") as file:
        return file.read()
