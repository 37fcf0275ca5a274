"""The tests that build/ selects, and the executable that some of them need."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[3]


@pytest.fixture
def checks(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(ROOT / "build"))
    import checks

    return checks


@pytest.mark.parametrize(
    ("arguments", "is_needed"),
    [
        ((), True),
        (("-x", "-k", "danger"), True),
        (("tests",), True),
        (("tests/unit",), False),
        (("tests/unit/", "tests/property", "-q"), False),
        (("-k", "tui", "tests/unit"), False),
        (("tests/unit/build/test_checks.py::test_x",), False),
        (("tests/tui",), True),
        (("tests/unit", "tests/packaged"), True),
        (("tests/integration/cli/test_options.py::test_x",), True),
        ((str(ROOT / "tests" / "integration"),), True),
    ],
)
def test_the_executable_is_needed_only_by_tests_that_run_it(
    checks: ModuleType, arguments: tuple[str, ...], is_needed: bool
) -> None:
    assert checks.needs_binary(arguments) == is_needed


def test_the_folders_that_run_the_executable_are_all_known(checks: ModuleType) -> None:
    users = {
        "/".join(path.relative_to(ROOT).parts[:2])
        for path in (ROOT / "tests").rglob("*.py")
        if path != Path(__file__) and "bench" not in path.parts
        if any(
            word in path.read_text(encoding="utf-8") for word in ("CODEX_BINARY", "program_argv")
        )
    }
    assert users == set(checks.BINARY_FOLDERS)
