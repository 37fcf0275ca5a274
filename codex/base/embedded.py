"""Texts that ship with the program: data files beside the code, constants in the executable.

A static executable has no files beside it, so the build writes every data file of codex, and the
certificates of the certifi project, into its own copy of this file (build/embed.py). When run from
source, the program reads the files, and `CA_PEM` is None: it uses the system's certificates.
"""

from __future__ import annotations

import os

CA_PEM: str | None = None
"""Root certificates in PEM, for a machine that has none; None when run from source."""

TEXTS: dict[str, str] = {}
"""Data files by path below `codex/`, such as `core/prompt.md`; empty when run from source."""


def text(name: str) -> str:
    """Return the text of a data file; `name` is its path below `codex/` (`core/prompt.md`)."""
    if name in TEXTS:
        return TEXTS[name]
    package = os.path.dirname(os.path.dirname(__file__))
    with open(os.path.join(package, name), encoding="utf-8") as file:
        return file.read()
