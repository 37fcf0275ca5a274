"""Expected screens as plain text files, which are readable in a diff."""

from __future__ import annotations

import os
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / "tui" / "snapshots"


def check(name: str, text: str, *, folder: Path = FOLDER) -> None:
    """Compare `text` with the snapshot `name`; if UPDATE_SNAPSHOTS is set, write it first."""
    path = folder / f"{name}.txt"
    if os.environ.get("UPDATE_SNAPSHOTS"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8"), f"{path}: see UPDATE_SNAPSHOTS"
