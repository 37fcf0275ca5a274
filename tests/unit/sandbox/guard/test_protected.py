from __future__ import annotations

from pathlib import Path

import pytest

from codex.protocol.policy import DANGER_FULL_ACCESS, READ_ONLY, SandboxPolicy
from codex.sandbox.confinement import confine
from codex.sandbox.enforcement import UNENFORCED
from codex.sandbox.guard.protected import NOTHING, Protection

WORKSPACE = SandboxPolicy(can_write_cwd=True)


def protect(
    cwd: Path,
    policy: SandboxPolicy = WORKSPACE,
    *,
    home: Path | None = None,
    tmpdir: Path | None = None,
) -> Protection:
    return confine(
        policy,
        UNENFORCED,
        cwd=str(cwd),
        tmpdir=str(tmpdir) if tmpdir else None,
        codex_home=str((home or cwd.parent / "home") / ".codex"),
        home=str(home) if home else None,
    ).protection


@pytest.fixture
def work(tmp_path: Path) -> Path:
    folder = tmp_path.resolve() / "work"
    git = folder / ".git"
    for name in ("hooks", "info", "objects", "modules/lib/a/hooks", "worktrees/w"):
        (git / name).mkdir(parents=True)
    for name in ("HEAD", "config", "modules/lib/a/HEAD", "modules/lib/a/config"):
        (git / name).write_text("")
    (git / "worktrees/w/commondir").write_text("../..\n")
    return folder


def names(paths: tuple[str, ...], below: Path) -> set[str]:
    return {str(Path(path).relative_to(below)) for path in paths}


def test_what_exists_is_for_mounts_and_the_way_to_it_is_pinned(work: Path) -> None:
    (work / ".vscode").mkdir()
    found = protect(work)
    module = ".git/modules/lib/a"
    assert names(found.read_only, work) == {
        ".vscode",
        *(".git/config", ".git/hooks"),
        *(f"{module}/config", f"{module}/hooks"),
    }
    assert names(found.pinned, work) == {".git", ".git/modules", ".git/modules/lib", module}


def test_what_does_not_exist_and_what_mounts_cannot_hold_is_watched(work: Path) -> None:
    watched = {watch.path for watch in protect(work).unmounted}
    for name in (".mcp.json", ".codex", ".agents", ".idea", ".vscode", ".git/commondir"):
        assert str(work / name) in watched
    assert str(work / ".git/worktrees/w/commondir") in watched
    assert str(work / ".git/info") in watched  # `git gc` writes a file in it
    assert str(work / ".git/config") not in watched


def test_git_itself_is_not_protected_but_for_its_parts(work: Path) -> None:
    found = protect(work)
    assert found.holding(str(work / ".git")) is None
    assert found.holding(str(work / ".git/index")) is None
    assert found.holding(str(work / ".git/info/refs")) is None
    hooks = str(work / ".git/hooks")
    assert found.holding(f"{hooks}/pre-commit") == hooks
    assert found.holding(hooks) == hooks


def test_a_way_comes_before_what_it_leads_to(work: Path) -> None:
    paths = [watch.path for watch in protect(work).watches]
    assert paths.index(str(work / ".git")) < paths.index(str(work / ".git/config"))


def test_a_missing_repository_is_watched_for(tmp_path: Path) -> None:
    found = protect(tmp_path)
    assert [w.path for w in found.watches if w.is_repository] == [str(tmp_path.resolve() / ".git")]
    assert (found.read_only, found.pinned) == ((), ())


def test_a_worktree_protects_the_repository_it_belongs_to(work: Path) -> None:
    tree = work.parent / "tree"
    tree.mkdir()
    (tree / ".git").write_text(f"gitdir: {work}/.git/worktrees/w\n")
    alone = protect(tree)
    assert names(alone.read_only, tree) == {".git"}
    both = protect(tree, SandboxPolicy(can_write_cwd=True, writable_roots=(str(work.parent),)))
    assert {str(work / ".git/config"), str(work / ".git/worktrees/w/commondir")} <= set(
        both.read_only
    )
    assert str(work) in both.pinned


def test_a_repository_folder_that_is_writable_itself_is_protected(work: Path) -> None:
    policy = SandboxPolicy(writable_roots=(str(work / ".git"),))
    found = protect(work.parent, policy)
    assert str(work / ".git/config") in found.read_only
    assert str(work / ".git") not in found.pinned


def test_every_folder_down_to_the_working_directory_counts(work: Path) -> None:
    inner = work / "a" / "b"
    inner.mkdir(parents=True)
    (inner / ".mcp.json").write_text("{}")
    policy = SandboxPolicy(can_write_cwd=False, writable_roots=(str(work),))
    found = protect(inner, policy)
    assert str(inner / ".mcp.json") in found.read_only
    assert {str(work / "a"), str(inner)} <= set(found.pinned)


def test_a_writable_folder_in_another_one_is_pinned_too(work: Path) -> None:
    (work / ".codex").mkdir()
    outer = work.parent.parent
    policy = SandboxPolicy(can_write_cwd=True, writable_roots=(str(outer),))
    assert {str(work), str(work.parent)} <= set(protect(work, policy).pinned)
    assert str(work) not in protect(work).pinned


def test_a_home_folder_has_more_names(tmp_path: Path) -> None:
    home = tmp_path.resolve() / "home"
    (home / ".config" / "git").mkdir(parents=True)
    (home / ".codex").mkdir()
    (home / ".bashrc").write_text("")
    found = protect(home, home=home)
    assert names(found.read_only, home) == {".bashrc", ".codex", ".config/git"}
    assert names(found.pinned, home) == {".config"}
    assert str(home / ".gitconfig") in {watch.path for watch in found.unmounted}
    other = tmp_path / "other"
    other.mkdir()
    assert not any(".bashrc" in watch.path for watch in protect(other, home=home).watches)


def test_the_agents_own_state_may_change_in_its_folder(tmp_path: Path) -> None:
    home = tmp_path.resolve()
    (home / ".codex").mkdir()
    found = protect(home, home=home)
    own = str(home / ".codex")
    assert found.holding(f"{own}/config.toml") == own
    assert found.holding(f"{own}/sessions/2026/x.jsonl") is None
    assert found.holding(f"{own}/history.jsonl") is None


def test_a_protected_folder_that_the_policy_names_is_meant(tmp_path: Path) -> None:
    root = tmp_path.resolve()
    for name in (".vscode", ".agents/skills"):
        (root / name).mkdir(parents=True)
    roots = (str(root), str(root / ".vscode"), str(root / ".agents/skills"))
    found = protect(root, SandboxPolicy(writable_roots=roots))
    assert str(root / ".vscode") not in {watch.path for watch in found.watches}
    assert found.holding(str(root / ".agents/skills/x")) is None
    assert found.holding(str(root / ".agents/y")) is not None
    assert str(root / ".agents") not in found.read_only


@pytest.mark.parametrize("target", [".git/hooks", ".git", ".vscode/sub", ".vscode"])
def test_a_link_that_a_command_may_have_made_names_no_protected_folder(
    target: str, work: Path
) -> None:
    """A command can put a link in the place of a writable folder inside another one."""
    (work / ".vscode/sub").mkdir(parents=True)
    (work / "tmp").symlink_to(target)
    file = str(work / (".git/hooks/x" if target == ".git" else f"{target}/x"))
    inner = str(work / "tmp")
    roots = SandboxPolicy(can_write_cwd=True, writable_roots=(inner,))
    assert protect(work, roots).holding(file) is not None
    temporary = SandboxPolicy(can_write_cwd=True, can_write_tmpdir=True)
    assert protect(work, temporary, tmpdir=work / "tmp").holding(file) is not None


def test_the_temporary_folder_names_no_protected_folder(work: Path) -> None:
    policy = SandboxPolicy(can_write_cwd=True, can_write_tmpdir=True)
    found = protect(work, policy, tmpdir=work / ".git/hooks")
    assert found.holding(str(work / ".git/hooks/pre-commit")) is not None


def test_a_link_above_all_writable_folders_changes_nothing(work: Path) -> None:
    (work / ".vscode").mkdir()
    way = work.parent / "way"
    way.symlink_to(work)
    named = SandboxPolicy(can_write_cwd=True, writable_roots=(str(way / ".vscode"),))
    assert protect(way, named).holding(str(work / ".vscode/tasks.json")) is None


def test_a_link_protects_what_it_leads_to(tmp_path: Path) -> None:
    root = tmp_path.resolve()
    (root / "docs").mkdir()
    (root / ".agents").symlink_to("docs")
    found = protect(root)
    assert {str(root / ".agents"), str(root / "docs")} <= {w.path for w in found.watches}
    assert names(found.read_only, root) == {"docs"}


@pytest.mark.parametrize("policy", [DANGER_FULL_ACCESS, READ_ONLY])
def test_where_nothing_or_everything_may_be_written_nothing_is_protected(
    policy: SandboxPolicy, work: Path
) -> None:
    assert protect(work, policy) == NOTHING
