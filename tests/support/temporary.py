"""Choose the tests' temporary folder: none of the folders above it may look like a project."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

MARKS = (".git", ".codex", ".agents", "AGENTS.md")
"""Names that the program looks for in the folders above the working directory."""
OTHERS = ("/var/tmp", "/dev/shm")


def use_a_clean_folder() -> None:
    """Make `tempfile`, pytest and child processes use a temporary folder without marks above it."""
    usual = tempfile.gettempdir()
    folder = clean_folder((usual, *OTHERS))
    if folder != usual:
        tempfile.tempdir = os.environ["TMPDIR"] = folder


def clean_folder(candidates: Iterable[str]) -> str:
    """Return the first folder that is writable and has no mark in or above it.

    Raises: RuntimeError, naming the marks, when there is none.
    """
    found: list[str] = []
    for candidate in candidates:
        here = Path(candidate).resolve()
        marks = [str(up / name) for up in (here, *here.parents) for name in MARKS]
        seen = list(filter(os.path.lexists, marks))
        if not seen and os.access(here, os.W_OK | os.X_OK):
            return candidate
        found += seen or [f"{here} (not writable)"]
    raise RuntimeError(f"no folder for the tests; in the way: {', '.join(found)}")
