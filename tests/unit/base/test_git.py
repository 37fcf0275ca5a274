"""The state read from a repository's files, compared with git's own answer if git is installed."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from codex.base.git import GitState, repository_root, state

if TYPE_CHECKING:
    from pathlib import Path

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    """Make a repository on the branch `work/one`, with a commit and a remote."""
    folder = tmp_path / "repo/.git"
    (folder / "refs/heads/work").mkdir(parents=True)
    (folder / "HEAD").write_text("ref: refs/heads/work/one\n")
    (folder / "refs/heads/work/one").write_text(f"{COMMIT}\n")
    (folder / "config").write_text(
        '[core]\n\turl = no\n[remote "other"]\n\turl = other\n'
        '[remote "origin"]\n\turl = https://me:secret@host.example/app.git\n[branch "x"]\n'
    )
    return tmp_path / "repo"


def test_commit_branch_and_remote_are_told_without_the_password(repo: Path) -> None:
    (repo / "src").mkdir()
    want = GitState(COMMIT, "work/one", "https://host.example/app.git")
    assert state(str(repo / "src")) == want
    assert repository_root(str(repo / "src")) == str(repo)


def test_a_packed_reference_is_found(repo: Path) -> None:
    (repo / ".git/refs/heads/work/one").unlink()
    (repo / ".git/packed-refs").write_text(
        f"# pack-refs\n{COMMIT[::-1]} refs/heads/work\n{COMMIT} refs/heads/work/one\n"
    )
    found = state(str(repo))
    assert found is not None
    assert found.commit_hash == COMMIT


def test_a_detached_head_has_no_branch(repo: Path) -> None:
    (repo / ".git/HEAD").write_text(COMMIT)
    found = state(str(repo))
    assert found is not None
    assert found[:2] == (COMMIT, None)


def test_before_the_first_commit_there_is_none(repo: Path) -> None:
    (repo / ".git/refs/heads/work/one").unlink()
    (repo / ".git/config").unlink()
    assert state(str(repo)) == GitState(None, "work/one", None)


def test_a_linked_worktree_has_its_own_head_and_shares_the_rest(repo: Path, tmp_path: Path) -> None:
    own = repo / ".git/worktrees/two"
    own.mkdir(parents=True)
    (own / "HEAD").write_text("ref: refs/heads/work/one\n")
    (own / "commondir").write_text("../..\n")
    (tmp_path / "two").mkdir()
    (tmp_path / "two/.git").write_text(f"gitdir: {own}\n")
    assert state(str(tmp_path / "two")) == state(str(repo))


def test_outside_of_a_repository_there_is_nothing(tmp_path: Path) -> None:
    assert state(str(tmp_path)) is None
    (tmp_path / ".git").mkdir()
    assert state(str(tmp_path)) is None


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_git_says_the_same(tmp_path: Path) -> None:
    def git(*arguments: str) -> str:
        name = ("-c", "user.name=x", "-c", "user.email=x@example.org")
        words = ["git", "-C", str(tmp_path), *name, *arguments]
        return subprocess.run(words, check=True, capture_output=True, text=True).stdout.strip()

    git("init", "--quiet", "--initial-branch=trunk")
    git("remote", "add", "origin", "https://host.example/app.git")
    git("commit", "--quiet", "--allow-empty", "--message=first")
    commit = git("rev-parse", "HEAD")
    assert state(str(tmp_path)) == GitState(commit, "trunk", "https://host.example/app.git")
    git("pack-refs", "--all")
    assert state(str(tmp_path)) == GitState(commit, "trunk", "https://host.example/app.git")
