"""`codex demo` as a program, on a machine that has as little as possible."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from tests.support.program import PATIENCE_S


def demo(program_argv: tuple[str, ...], **environ: str) -> subprocess.CompletedProcess[str]:
    """Run it with no home, no search path, and an empty standard input."""
    return subprocess.run(
        [*program_argv, "demo"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=PATIENCE_S,
        env=environ,
        check=False,
    )


def test_the_demo_fixes_the_test_and_the_sandbox_holds(
    program_argv: tuple[str, ...], tmp_path: Path
) -> None:
    result = demo(program_argv, TMPDIR=str(tmp_path))
    assert result.returncode == 0, result.stderr
    assert "no AI is involved" in result.stderr
    assert "FAIL  the total of three prices: expected 12, got 5" in result.stderr
    assert "+        sum=$((sum + price))" in result.stdout
    assert "ok    the total of three prices" in result.stdout
    assert "Writing outside the project was refused." in result.stdout
    assert "codex exec -c model_provider=ollama" in result.stdout
    assert os.listdir(tmp_path) == []


def test_a_proxy_does_not_come_between_the_demo_and_its_server(
    program_argv: tuple[str, ...], tmp_path: Path
) -> None:
    proxy = "http://127.0.0.1:9"
    result = demo(program_argv, TMPDIR=str(tmp_path), HTTP_PROXY=proxy, http_proxy=proxy)
    assert result.returncode == 0, result.stderr
