from __future__ import annotations

from pathlib import Path

import pytest

from codex.errors import SandboxUnavailableError
from codex.sandbox.spawn import landlock_abi
from tests.support.commands import Workspace


@pytest.fixture(scope="session")
def abi() -> int:
    try:
        return landlock_abi()
    except SandboxUnavailableError as error:
        pytest.skip(f"this kernel has no Landlock: {error.message}")


@pytest.fixture
def workspace(abi: int, tmp_path: Path) -> Workspace:
    (tmp_path / "inside").mkdir()
    (tmp_path / "outside").mkdir()
    return Workspace(tmp_path.resolve() / "inside", tmp_path.resolve() / "outside")
