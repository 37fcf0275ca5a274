"""The demo's folder is a valid git repository, and its test fails for the reason it gives."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from codex.demo import project

if TYPE_CHECKING:
    from pathlib import Path


def run_test(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/sh", "test.sh"], cwd=folder, capture_output=True, text=True, env={}, check=False
    )


@pytest.mark.skipif(shutil.which("git") is None, reason="there is no git on this machine")
def test_git_takes_it_for_a_repository(tmp_path: Path) -> None:
    project.create(str(tmp_path))
    command = ["git", "-C", str(tmp_path), "status", "--porcelain", "--branch"]
    status = subprocess.run(command, capture_output=True, text=True, check=True)
    assert status.stdout == "## No commits yet on main\n?? test.sh\n?? total.sh\n"
    check = subprocess.run(["git", "-C", str(tmp_path), "fsck"], capture_output=True, check=False)
    assert check.returncode == 0


def test_its_test_fails_with_builtins_only(tmp_path: Path) -> None:
    project.create(str(tmp_path))
    result = run_test(tmp_path)
    assert result.returncode == 1
    assert result.stdout.splitlines() == [
        "ok    the total of nothing",
        "ok    the total of one price",
        "FAIL  the total of three prices: expected 12, got 5",
    ]
    assert result.stderr == ""


def test_the_diff_is_what_changed_since(tmp_path: Path) -> None:
    project.create(str(tmp_path))
    assert project.diff(str(tmp_path)) == ""
    code = (tmp_path / "total.sh").read_text(encoding="utf-8")
    fixed = code.replace("sum=$price", "sum=$((sum + price))")
    (tmp_path / "total.sh").write_text(fixed, encoding="utf-8")
    assert run_test(tmp_path).returncode == 0
    assert project.diff(str(tmp_path)).startswith("--- a/total.sh\n+++ b/total.sh\n@@")
