"""What the checks of build/ are run with."""

from __future__ import annotations

from pathlib import Path

import pytest

BUILD = Path(__file__).parents[3] / "build"


@pytest.mark.parametrize(
    ("environ", "seconds"),
    [
        ({}, None),
        ({"CI": ""}, None),
        ({"CI": "false"}, None),
        ({"CI": "true"}, "60"),
        ({"CI": "true", "CODEX_FUZZ_SECONDS": "5"}, "5"),
        ({"CODEX_FUZZ_SECONDS": "5"}, "5"),
    ],
)
def test_only_ci_fuzzes_for_a_minute_unless_told_otherwise(
    monkeypatch: pytest.MonkeyPatch, environ: dict[str, str], seconds: str | None
) -> None:
    monkeypatch.syspath_prepend(str(BUILD))
    import checks

    env = checks.check_environment({"PATH": "/bin", **environ})
    assert env.get("CODEX_FUZZ_SECONDS") == seconds
    assert env["PATH"] == "/bin"
    assert env["CODEX_BINARY"].endswith("/dist/codex")
