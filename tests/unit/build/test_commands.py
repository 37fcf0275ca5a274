"""The system packages that a command of build/ asks for."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


def test_a_command_names_every_missing_package_before_its_first_step(tmp_path: Path) -> None:
    for name in ("build", "codex", "native"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    no_programs = {"PATH": str(tmp_path / "empty")}
    done = subprocess.run(
        [sys.executable, tmp_path / "build" / "build.py", "test"],
        env=no_programs,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    # Of the shim, of the tests, and of the executable: in one message.
    for package in ("gcc", "busybox-static", "patchelf"):
        assert package in done.stderr.partition("\n")[0]
    assert not (tmp_path / ".venv").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs programs of the system's folders")
def test_root_finds_programs_that_su_leaves_off_its_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "build"))
    import build

    assert shutil.which("chroot", path=build.with_system_folders("/usr/bin:/bin")) is not None
    assert build.with_system_folders("/usr/sbin:/bin") == "/usr/sbin:/bin:/usr/local/sbin:/sbin"
