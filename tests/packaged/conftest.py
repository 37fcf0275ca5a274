"""The executable under test, and a root with nothing else in it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.packaged.empty_root import EmptyRoot, why_not_possible
from tests.support.program import Program

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def binary() -> Path:
    """The executable: CODEX_BINARY, or dist/codex."""
    named = os.environ.get("CODEX_BINARY")
    path = Path(named) if named else ROOT / "dist" / "codex"
    if not path.exists():
        pytest.skip(f"there is no '{path}'; `python3 build/build.py binary` makes it")
    return path.resolve()


@pytest.fixture
def program(binary: Path, tmp_path: Path) -> Iterator[Program]:
    """The executable with a home and a repository of its own."""
    with Program((str(binary),), tmp_path) as program:
        yield program


@pytest.fixture
def empty_root(binary: Path, tmp_path: Path) -> EmptyRoot:
    """A root directory with the executable and /proc in it; needs root."""
    if (reason := why_not_possible()) is not None:
        pytest.skip(reason)
    return EmptyRoot(binary, tmp_path / "root")
