"""Which folders of the tests pytest enters."""

from __future__ import annotations

from fnmatch import fnmatch
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]


def test_pytest_enters_every_folder_that_holds_tests(pytestconfig: pytest.Config) -> None:
    patterns = pytestconfig.getini("norecursedirs")
    names = {
        part for file in TESTS.rglob("test_*.py") for part in file.parent.relative_to(TESTS).parts
    }
    assert "build" in names
    assert [name for name in names for pattern in patterns if fnmatch(name, pattern)] == []
