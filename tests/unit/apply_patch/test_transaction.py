"""Writing a planned patch when a file has changed since, and when writing fails."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pytest

from codex.apply_patch.files import PatchPlan, apply, plan
from codex.apply_patch.parser import parse_patch
from codex.base.errors import PatchError
from tests.support.tree import read_tree, write_tree

FILES: dict[str, str | bytes] = {"a": "1\n", "b": "2\n", "c": "3\n"}
PATCH = """*** Begin Patch
*** Add File: new/deep/d
+4
*** Update File: a
-1
+one
*** Delete File: b
*** Update File: c
*** Move to: new/c
-3
+three
*** End Patch"""
RESULT = {
    "new/": None,
    "new/deep/": None,
    "new/deep/d": b"4\n",
    "a": b"one\n",
    "new/c": b"three\n",
}


@pytest.fixture
def done(tmp_path: Path) -> PatchPlan:
    write_tree(tmp_path, FILES)
    return plan(parse_patch(PATCH), cwd=str(tmp_path))


def test_a_plan_is_written_and_nothing_else_stays(done: PatchPlan, tmp_path: Path) -> None:
    summary = apply(done, roots=[str(tmp_path)])
    assert read_tree(tmp_path) == RESULT
    assert summary.text == (
        "Success. Updated the following files:\nA new/deep/d\nM a\nM new/c\nD b\n"
    )


@pytest.mark.parametrize("name", ["a", "b", "c"])
def test_a_file_that_changed_meanwhile_stops_everything(
    done: PatchPlan, tmp_path: Path, name: str
) -> None:
    (tmp_path / name).write_text("changed\n")
    before = read_tree(tmp_path)
    with pytest.raises(PatchError, match=f"'{tmp_path}/{name}': it was changed meanwhile"):
        apply(done, roots=None)
    assert read_tree(tmp_path) == before


@pytest.mark.parametrize("name", ["new/deep/d", "new/c"])
def test_a_file_that_appeared_meanwhile_stops_everything(
    done: PatchPlan, tmp_path: Path, name: str
) -> None:
    write_tree(tmp_path, {name: "mine\n"})
    before = read_tree(tmp_path)
    with pytest.raises(PatchError, match="it was changed meanwhile"):
        apply(done, roots=None)
    assert read_tree(tmp_path) == before


def test_a_file_that_went_meanwhile_stops_everything(done: PatchPlan, tmp_path: Path) -> None:
    (tmp_path / "b").unlink()
    with pytest.raises(PatchError, match="it was changed meanwhile"):
        apply(done, roots=None)


@pytest.mark.parametrize("name", ["a", "b", "c", "new/deep/d"])
def test_a_link_that_appeared_meanwhile_leads_nowhere(
    done: PatchPlan, tmp_path_factory: pytest.TempPathFactory, tmp_path: Path, name: str
) -> None:
    """Replace a file or folder of the patch by a link to the same contents elsewhere."""
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    write_tree(elsewhere, FILES)
    victim = tmp_path / name.split("/")[0]
    if victim.exists():
        victim.unlink()
        victim.symlink_to(elsewhere / name)
    else:
        victim.symlink_to(elsewhere)
    before = read_tree(elsewhere)
    verb = "remove" if name in {"b", "c"} else "write"
    with pytest.raises(PatchError, match=f"Failed to {verb} '"):
        apply(done, roots=[str(tmp_path)])
    assert read_tree(elsewhere) == before


def test_a_folder_that_became_a_link_is_not_entered(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    for folder in (tmp_path / "sub", elsewhere):
        write_tree(folder, {"f": "x\n"})
    text = "*** Begin Patch\n*** Update File: sub/f\n-x\n+y\n*** End Patch"
    done = plan(parse_patch(text), cwd=str(tmp_path))
    (tmp_path / "sub").rename(tmp_path / "old")
    (tmp_path / "sub").symlink_to(elsewhere)
    with pytest.raises(PatchError, match="Not a directory"):
        apply(done, roots=[str(tmp_path)])
    assert read_tree(elsewhere) == {"f": b"x\n"}


def test_a_read_only_file_is_refused(done: PatchPlan, tmp_path: Path, monkeypatch: Any) -> None:
    real = os.access

    def access(path: str, mode: int, **options: Any) -> bool:
        # Tests may run as root, who may write everything.
        return path != "a" and real(path, mode, **options)

    monkeypatch.setattr(os, "access", access)
    with pytest.raises(PatchError, match=f"'{tmp_path}/a': it is read-only"):
        apply(done, roots=None)
    assert read_tree(tmp_path) == read_tree_of(FILES)


def read_tree_of(files: dict[str, str | bytes]) -> dict[str, bytes | None]:
    return {name: str(data).encode() for name, data in files.items()}


class Failing:
    """A system call that fails the n-th time, and works otherwise."""

    def __init__(self, real: Any, n: int, *, error: BaseException | None = None) -> None:
        self._real = real
        self._left = n
        self._error = error or OSError(errno.ENOSPC, "No space left on device")

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        self._left -= 1
        if self._left == 0:
            raise self._error
        return self._real(*arguments, **options)

    @property
    def has_failed(self) -> bool:
        return self._left <= 0


@pytest.mark.parametrize("call", ["open", "mkdir", "rename", "link", "fchmod"])
def test_any_failure_puts_everything_back(
    call: str, done: PatchPlan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = getattr(os, call)
    failures = 0
    for n in range(1, 100):
        failing = Failing(real, n)
        monkeypatch.setattr(os, call, failing)
        try:
            apply(done, roots=[str(tmp_path)])
        except (PatchError, OSError):
            monkeypatch.setattr(os, call, real)
            assert read_tree(tmp_path) == read_tree_of(FILES)
            failures += 1
        else:
            break
    assert read_tree(tmp_path) == RESULT
    # Without hard links the old file is renamed instead, so that nothing fails.
    assert failures > 0 or call == "link"


def test_an_interrupt_puts_everything_back(
    done: PatchPlan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing = Failing(os.rename, 3, error=KeyboardInterrupt())
    monkeypatch.setattr(os, "rename", failing)
    with pytest.raises(KeyboardInterrupt):
        apply(done, roots=None)
    assert failing.has_failed
    assert read_tree(tmp_path) == read_tree_of(FILES)


def test_what_cannot_be_put_back_is_named(
    done: PatchPlan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.rename

    def rename(old: str, new: str, **options: Any) -> None:
        # From the second target on, nothing can be renamed, not even back.
        if new != "b" and Path(tmp_path, "b").exists() is False:
            raise OSError(errno.EIO, "Input/output error")
        if new == "b":
            raise OSError(errno.EROFS, "Read-only file system")
        real(old, new, **options)

    monkeypatch.setattr(os, "rename", rename)
    with pytest.raises(PatchError) as caught:
        apply(done, roots=None)
    assert f"These paths could not be restored: '{tmp_path}/b': Read-only" in str(caught.value)


def test_an_unchanged_file_is_not_written(tmp_path: Path) -> None:
    write_tree(tmp_path, {"a": "1\n"})
    before = (tmp_path / "a").stat()
    text = "*** Begin Patch\n*** Update File: a\n 1\n*** End Patch"
    summary = apply(plan(parse_patch(text), cwd=str(tmp_path)), roots=None)
    assert summary.modified == ("a",)
    assert (tmp_path / "a").stat().st_ino == before.st_ino


def test_the_owner_is_kept(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only the superuser can give files away")
    write_tree(tmp_path, {"a": "1\n"})
    os.chown(tmp_path / "a", 1234, 2345)
    text = "*** Begin Patch\n*** Update File: a\n-1\n+2\n*** End Patch"
    apply(plan(parse_patch(text), cwd=str(tmp_path)), roots=None)
    status = (tmp_path / "a").stat()
    assert (status.st_uid, status.st_gid) == (1234, 2345)
