"""Paths in the tree, and of the cache, that the files of the build share."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
PACKAGE = ROOT / "codex"
NATIVE = ROOT / "native"
REQUIREMENTS = BUILD / "requirements"
VENV = ROOT / ".venv"
VENV_PYTHON = VENV / "bin" / "python"
WORK = ROOT / ".build"
"""Folder for everything that the build keeps in the tree between runs; safe to delete."""
DIST = ROOT / "dist"
BINARY = DIST / "codex"


def cache_dir() -> Path:
    """Return the folder for slow results that every copy of the tree can use; safe to delete."""
    home = os.environ.get("XDG_CACHE_HOME") or str(Path("~/.cache").expanduser())
    return Path(home) / "codex-build"
