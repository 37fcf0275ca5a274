"""Where the build reads and writes; no other file of the build spells a path of the tree."""

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
"""Everything the build keeps between runs inside the tree; free to delete."""
DIST = ROOT / "dist"
BINARY = DIST / "codex"


def cache_dir() -> Path:
    """The folder for what costs minutes to make and does not depend on the tree: free to delete."""
    home = os.environ.get("XDG_CACHE_HOME") or str(Path("~/.cache").expanduser())
    return Path(home) / "codex-build"
