from __future__ import annotations

import os
import subprocess
import threading
from pathlib import Path

import pytest

from codex.tui.composer import file_search
from codex.tui.composer.file_search import FileSearch

ENVIRON = {"PATH": os.environ["PATH"], "HOME": "/nowhere", "GIT_CONFIG_GLOBAL": "/dev/null"}


class Finder:
    """A FileSearch that can be waited for."""

    def __init__(self, folder: Path, environ: dict[str, str] = ENVIRON) -> None:
        self._changed = threading.Event()
        self.search = FileSearch(str(folder), environ, changed=self._changed.set)

    def find(self, text: str, *, anew: bool = False) -> list[str]:
        if anew:
            self.search.begin()
        self._changed.clear()
        self.search.find(text)
        while self.search.found is None or self.search.found.query != text.lower():
            assert self._changed.wait(30)
            self._changed.clear()
        return list(self.search.found.paths)


def make(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(
        ["git", "-C", str(folder), *arguments], check=True, capture_output=True, env=ENVIRON
    )


def test_without_a_repository_the_folders_are_walked(tmp_path: Path) -> None:
    make(tmp_path, "b.py", "src/a.py", "node_modules/x.py", ".git_is_not_here/c.py")
    finder = Finder(tmp_path)
    assert finder.find("", anew=True) == ["b.py", "src/a.py", ".git_is_not_here/c.py"]
    assert finder.find("a.p") == ["src/a.py"]
    finder.search.close()


def test_a_link_to_a_folder_is_not_followed(tmp_path: Path) -> None:
    make(tmp_path, "src/a.py")
    (tmp_path / "src/loop").symlink_to(tmp_path)
    finder = Finder(tmp_path)
    assert finder.find("", anew=True) == ["src/a.py", "src/loop"]
    finder.search.close()


def test_in_a_repository_what_git_ignores_is_left_out(tmp_path: Path) -> None:
    make(tmp_path, "tracked.py", "new.py", "built/x.py")
    (tmp_path / ".gitignore").write_text("built/\n", encoding="utf-8")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", "tracked.py")
    finder = Finder(tmp_path)
    assert finder.find("py", anew=True) == ["new.py", "tracked.py"]
    finder.search.close()


def test_nothing_that_the_repository_names_is_run(tmp_path: Path) -> None:
    repository = tmp_path / "repository"
    make(repository, "a.py")
    git(repository, "init", "-q")
    ran = tmp_path / "ran"
    monitor = tmp_path / "monitor"
    monitor.write_text(f"#!/bin/sh\ntouch {ran}\n", encoding="utf-8")
    monitor.chmod(0o755)
    git(repository, "config", "core.fsmonitor", str(monitor))
    git(repository, "status")
    assert ran.exists(), "the trap does not work"
    ran.unlink()
    finder = Finder(repository)
    assert finder.find("a", anew=True) == ["a.py"]
    assert not ran.exists()
    finder.search.close()


def test_without_git_the_folders_are_walked(tmp_path: Path) -> None:
    make(tmp_path, "a.py")
    finder = Finder(tmp_path, {"PATH": "/nowhere"})
    assert finder.find("a", anew=True) == ["a.py"]
    finder.search.close()


def test_a_new_mention_sees_new_files(tmp_path: Path) -> None:
    make(tmp_path, "a1")
    finder = Finder(tmp_path)
    assert finder.find("a", anew=True) == ["a1"]
    make(tmp_path, "a2")
    assert finder.find("a2") == []
    assert finder.find("a", anew=True) == ["a1", "a2"]
    finder.search.close()


def test_letters_may_be_taken_back(tmp_path: Path) -> None:
    make(tmp_path, "alpha", "beta")
    finder = Finder(tmp_path)
    assert finder.find("alph", anew=True) == ["alpha"]
    assert finder.find("a") == ["alpha", "beta"]
    assert finder.find("ab") == []
    assert finder.find("b") == ["beta"]
    finder.search.close()


def test_names_that_are_no_text_are_left_out(tmp_path: Path) -> None:
    make(tmp_path, "good", "bad\nname")
    with open(os.fsencode(tmp_path) + b"/\xff", "w"):
        pass
    finder = Finder(tmp_path)
    assert finder.find("", anew=True) == ["good"]
    finder.search.close()


def test_a_closed_search_starts_nothing(tmp_path: Path) -> None:
    search = FileSearch(str(tmp_path), ENVIRON, changed=lambda: None)
    search.close()
    before = threading.enumerate()
    search.find("a")
    assert set(threading.enumerate()) <= set(before)


def test_what_is_found_is_shown_while_folders_are_still_walked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_search, "BATCH", 1)
    make(tmp_path, "a1", "a2", "b/a3")
    seen: list[tuple[str, ...]] = []
    ended = threading.Event()

    def changed() -> None:
        assert search.found is not None
        seen.append(search.found.paths)
        if len(search.found.paths) == 3:
            ended.set()

    search = FileSearch(str(tmp_path), ENVIRON, changed=changed)
    search.begin()
    search.find("a")
    assert ended.wait(30)
    search.close()
    assert seen == [("a1",), ("a1", "a2"), ("a1", "a2", "b/a3")]
