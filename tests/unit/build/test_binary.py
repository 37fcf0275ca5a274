"""What building the executable demands of the machine."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[3]


@pytest.fixture
def binary(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(ROOT / "build"))
    import binary

    return binary


def test_a_cache_that_cpython_cannot_be_built_in_is_named(binary: ModuleType) -> None:
    binary.check_cache_path(Path("/home/u/.cache/codex-build"))
    with pytest.raises(binary.BuildError, match=r"'/home/a user/.cache'.*set XDG_CACHE_HOME"):
        binary.check_cache_path(Path("/home/a user/.cache"))


def test_another_system_is_refused_before_packages_are_asked_for(
    binary: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(binary.sys, "platform", "darwin")
    with pytest.raises(binary.BuildError, match="can be built on Linux only"):
        binary.needs()
