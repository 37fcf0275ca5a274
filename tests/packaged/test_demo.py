"""`codex demo`: the whole program at work, on a machine that has nothing."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.packaged.empty_root import EmptyRoot
    from tests.support.program import Program


def test_the_demo_ends_with_its_passing_test(program: Program) -> None:
    done = program.run("demo")
    assert done.returncode == 0, done.stderr
    assert [path.name for path in program.repo.iterdir()] == [".git"]


def test_the_demo_works_in_a_root_with_a_shell_and_proc(empty_root: EmptyRoot) -> None:
    busybox = shutil.which("busybox")
    if busybox is None:
        pytest.skip("no static shell here: needs busybox-static")
    (empty_root.folder / "bin").mkdir()
    shutil.copy(Path(busybox).resolve(), empty_root.folder / "bin" / "sh")
    (empty_root.folder / "tmp").mkdir()
    done = empty_root.run("demo", environ={"HOME": "/home"})
    assert done.returncode == 0, done.stderr
