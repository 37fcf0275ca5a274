from __future__ import annotations

from pathlib import Path

import pytest

from codex.base.errors import SandboxUnavailableError
from codex.sandbox.linux.kernel import without_namespaces
from codex.sandbox.linux.spawn import landlock_abi
from tests.support.commands import Workspace


@pytest.fixture(scope="session")
def abi() -> int:
    try:
        return landlock_abi()
    except SandboxUnavailableError as error:
        pytest.skip(f"this kernel has no Landlock: {error.message}")


@pytest.fixture(params=[False, True], ids=["rules", "namespaces"])
def workspace(request: pytest.FixtureRequest, abi: int, tmp_path: Path) -> Workspace:
    """Once for each way in which a command can be held."""
    if request.param and (missing := without_namespaces()):
        pytest.skip(f"this machine has no namespaces for us: {missing}")
    (tmp_path / "inside").mkdir()
    (tmp_path / "outside").mkdir()
    here = tmp_path.resolve()
    return Workspace(here / "inside", here / "outside", is_contained=request.param)
