from __future__ import annotations

import os
import shutil
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from codex.protocol.policy import SandboxPolicy
from codex.sandbox.confinement import confine
from codex.sandbox.enforcement import UNENFORCED
from codex.sandbox.guard.tripwire import MAX_FINDINGS, Tripwire


class Guarded:
    """A folder with a tripwire, and what stands for a command: any change between two looks."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self.tripwire = Tripwire()
        self.is_mounted = False

    def command(self, change: Callable[[], object]) -> list[str]:
        """Make a change as a command would; what the tripwire says, with paths from here."""
        said: list[str] = []
        found = confine(
            SandboxPolicy(can_write_cwd=True),
            UNENFORCED,
            cwd=str(self.folder),
            tmpdir=None,
            codex_home="/nowhere/.codex",
            home=None,
        ).protection
        with self.tripwire.watching(found, is_mounted=self.is_mounted, into=said):
            change()
        return [line.replace(f"{self.folder}/", "") for line in said]

    def path(self, name: str) -> Path:
        return self.folder / name

    def make(self, name: str, text: str = "") -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def write(self, name: str, text: str) -> list[str]:
        return self.command(lambda: self.make(name, text))


@pytest.fixture
def guarded(tmp_path: Path) -> Guarded:
    found = Guarded(tmp_path)
    found.make(".git/HEAD", "ref: refs/heads/main\n")
    found.make(".git/config", "[core]\n\tbare = false\n")
    found.make(".git/hooks/pre-push", "#!/bin/sh\nexit 0\n").chmod(0o755)
    found.make(".git/info/exclude", "*.o\n")
    return found


def test_what_is_left_alone_costs_no_word(guarded: Guarded) -> None:
    assert guarded.command(lambda: None) == []
    assert guarded.write("src/main.c", "x") == []
    assert guarded.write(".git/index", "x") == []
    assert guarded.write(".git/info/refs", "x") == []


def test_what_is_new_is_moved_aside(guarded: Guarded) -> None:
    said = guarded.write(".git/hooks/pre-commit", "evil")
    assert said == [
        "protected: '.git/hooks/pre-commit' was made by the command;"
        " it is now '.git/hooks/pre-commit.quarantined'"
    ]
    assert not guarded.path(".git/hooks/pre-commit").exists()
    assert guarded.path(".git/hooks/pre-commit.quarantined").read_text() == "evil"
    # Again, and nothing of the first is lost.
    assert guarded.write(".git/hooks/pre-commit", "more")[0].endswith("quarantined.2'")
    assert guarded.path(".git/hooks/pre-commit.quarantined").read_text() == "evil"


@pytest.mark.parametrize("name", [".mcp.json", ".codex/config.toml", ".vscode/tasks.json"])
def test_a_new_name_is_moved_aside_whole(guarded: Guarded, name: str) -> None:
    assert len(guarded.write(name, "evil")) == 1
    top = name.split("/")[0]
    assert not guarded.path(top).exists()
    assert guarded.path(f"{top}.quarantined").exists()


def test_what_is_changed_is_put_back_and_the_change_kept(guarded: Guarded) -> None:
    before = guarded.path(".git/config").read_text()
    assert guarded.write(".git/config", "[core]\n\tfsmonitor = evil\n") == [
        "protected: '.git/config' was changed by the command; put back as it was;"
        " the changed one is now '.git/config.quarantined'"
    ]
    assert guarded.path(".git/config").read_text() == before
    assert "evil" in guarded.path(".git/config.quarantined").read_text()


def test_a_change_of_the_same_size_right_after_the_look_is_seen(guarded: Guarded) -> None:
    text = guarded.path(".git/config").read_text()
    config = guarded.path(".git/config")

    def change() -> None:
        config.write_text(text.replace("bare", "evil"))

    config.write_text(text)  # young: its change time may be the next one's too
    assert len(guarded.command(change)) == 1
    assert config.read_text() == text


def test_what_is_removed_is_put_back_with_its_mode(guarded: Guarded) -> None:
    assert guarded.command(lambda: shutil.rmtree(guarded.path(".git/hooks"))) == [
        "protected: '.git/hooks' was removed by the command; put back"
    ]
    hook = guarded.path(".git/hooks/pre-push")
    assert (hook.read_text(), stat.S_IMODE(hook.stat().st_mode)) == ("#!/bin/sh\nexit 0\n", 0o755)


def test_another_mode_is_a_change(guarded: Guarded) -> None:
    hook = guarded.make(".git/hooks/post-merge", "#!/bin/sh\n")
    hook.chmod(0o644)
    assert len(guarded.command(lambda: hook.chmod(0o755))) == 1
    assert stat.S_IMODE(hook.stat().st_mode) == 0o644


def test_a_folder_that_is_closed_does_not_hide_what_is_in_it(guarded: Guarded) -> None:
    hooks = guarded.path(".git/hooks")

    def change() -> None:
        (hooks / "pre-commit").write_text("evil")
        hooks.chmod(0)

    assert len(guarded.command(change)) == 1
    assert not (hooks / "pre-commit").exists()
    assert os.access(hooks, os.X_OK)


def test_the_same_bytes_anew_are_no_change(guarded: Guarded) -> None:
    config = guarded.path(".git/config")

    def rewrite() -> None:
        new = guarded.make(".git/config.lock", config.read_text())
        new.chmod(stat.S_IMODE(config.stat().st_mode))
        new.rename(config)

    assert guarded.command(rewrite) == []


def test_a_hard_link_does_not_reach_what_was_put_back(guarded: Guarded) -> None:
    other = guarded.path("other")
    assert guarded.command(lambda: os.link(guarded.path(".git/config"), other)) == []
    assert len(guarded.command(lambda: other.write_text("evil"))) == 1
    assert "evil" not in guarded.path(".git/config").read_text()
    assert guarded.command(lambda: other.write_text("more evil")) == []
    assert "evil" not in guarded.path(".git/config").read_text()


def test_nothing_is_written_through_a_link(guarded: Guarded, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "config").write_text("precious")

    def swap() -> None:
        guarded.path(".git").rename(guarded.path("aside"))
        guarded.path(".git").symlink_to(outside)

    said = guarded.command(swap)
    assert len(said) == 1
    assert said[0].startswith("protected: '.git' was replaced by the command")
    assert (outside / "config").read_text() == "precious"
    assert sorted(path.name for path in outside.iterdir()) == ["config"]
    assert not guarded.path(".git").exists()


@pytest.mark.parametrize("name", [".git/hooks", ".git/config", ".git/info"])
def test_a_link_in_the_place_of_a_name_is_moved_aside(guarded: Guarded, name: str) -> None:
    path = guarded.path(name)

    def swap() -> None:
        path.rename(guarded.path("was"))
        path.symlink_to("/etc")

    assert len(guarded.command(swap)) == 1
    assert not path.is_symlink()
    assert path.exists()
    assert guarded.path(f"{name}.quarantined").is_symlink()


def test_a_pipe_in_the_place_of_a_file_blocks_nobody(guarded: Guarded) -> None:
    path = guarded.path(".git/config")

    def swap() -> None:
        path.unlink()
        os.mkfifo(path)

    assert len(guarded.command(swap)) == 1
    assert path.is_file()


def test_a_link_that_was_there_is_put_back(guarded: Guarded) -> None:
    link = guarded.path(".mcp.json")
    link.symlink_to("real.json")
    assert len(guarded.command(link.unlink)) == 1
    assert os.readlink(link) == "real.json"


def test_what_the_user_changes_between_commands_stays(guarded: Guarded) -> None:
    guarded.command(lambda: None)
    guarded.make(".git/config", "[user]\n\tname = me\n")
    guarded.path(".git/hooks/pre-push").unlink()
    guarded.make(".vscode/settings.json", "{}")
    assert guarded.command(lambda: None) == []
    assert "me" in guarded.path(".git/config").read_text()
    assert guarded.path(".vscode/settings.json").exists()
    assert not guarded.path(".git/hooks/pre-push").exists()


def test_a_repository_that_goes_is_not_put_back_in_pieces(guarded: Guarded) -> None:
    assert guarded.command(lambda: shutil.rmtree(guarded.path(".git"))) == []
    assert not guarded.path(".git").exists()


def test_a_repository_that_comes_back_changed_is_the_old_one(guarded: Guarded) -> None:
    git, away = guarded.path(".git"), guarded.path("away")
    assert guarded.command(lambda: git.rename(away)) == []

    def bring_back() -> None:
        (away / "config").write_text("[core]\n\tfsmonitor = evil\n")
        away.rename(git)

    assert len(guarded.command(bring_back)) == 1
    assert "evil" not in (git / "config").read_text()
    assert (git / "hooks" / "pre-push").exists()


def test_a_new_repository_is_work(tmp_path: Path) -> None:
    guarded = Guarded(tmp_path)

    def init() -> None:
        guarded.make(".git/config", "[core]\n\trepositoryformatversion = 0\n")
        guarded.make(".git/hooks/pre-commit.sample", "#!/bin/sh\n")
        guarded.make(".git/info/exclude", "")

    assert guarded.command(init) == []
    assert guarded.path(".git/hooks/pre-commit.sample").exists()


def test_of_a_new_repository_what_runs_programs_is_moved_aside(tmp_path: Path) -> None:
    guarded = Guarded(tmp_path)

    def init() -> None:
        guarded.make(".git/config", "[core]\n\tfsmonitor = evil\n")
        guarded.make(".git/commondir", "/tmp/evil\n")
        guarded.make(".git/hooks/pre-commit", "evil")
        guarded.make(".git/hooks/pre-commit.sample", "sample")

    assert len(guarded.command(init)) == 3
    assert {path.name for path in guarded.path(".git").iterdir()} == {
        *("config.quarantined", "commondir.quarantined", "hooks")
    }
    assert {path.name for path in guarded.path(".git/hooks").iterdir()} == {
        *("pre-commit.quarantined", "pre-commit.sample")
    }


def test_a_new_pointer_to_a_repository_elsewhere_is_moved_aside(tmp_path: Path) -> None:
    guarded = Guarded(tmp_path)
    assert len(guarded.write(".git", "gitdir: /tmp/evil\n")) == 1
    assert not guarded.path(".git").exists()


def test_where_mounts_hold_what_exists_the_user_may_change_it_meanwhile(guarded: Guarded) -> None:
    guarded.is_mounted = True
    assert guarded.write(".git/config", "[user]\n\tname = me\n") == []
    assert "me" in guarded.path(".git/config").read_text()
    assert len(guarded.write(".mcp.json", "evil")) == 1


def test_the_block_may_end_by_an_error(guarded: Guarded) -> None:
    said: list[str] = []

    def fail() -> None:
        guarded.make(".mcp.json", "evil")
        raise KeyError("the command could not be run")

    with pytest.raises(KeyError):
        said = guarded.command(fail)
    assert said == []
    assert not guarded.path(".mcp.json").exists()


def test_a_mode_is_not_set_through_a_link(guarded: Guarded, tmp_path: Path) -> None:
    guarded.make(".vscode/a/b/file")
    outside = tmp_path / "outside"
    (outside / "b").mkdir(parents=True)
    (outside / "b").chmod(0o700)

    def swap() -> None:
        shutil.rmtree(guarded.path(".vscode/a"))
        guarded.path(".vscode/a").symlink_to(outside)

    assert len(guarded.command(swap)) == 1
    assert stat.S_IMODE((outside / "b").stat().st_mode) == 0o700
    assert guarded.path(".vscode/a/b/file").exists()


def test_a_bottomless_folder_is_moved_aside_without_a_look(guarded: Guarded) -> None:
    def dig() -> None:
        here = os.open(guarded.folder, os.O_RDONLY)
        for name in (".vscode", *("d" for _ in range(3000))):
            os.mkdir(name, dir_fd=here)
            inner = os.open(name, os.O_RDONLY, dir_fd=here)
            os.close(here)
            here = inner
        os.close(here)

    try:
        assert len(guarded.command(dig)) == 1
        assert guarded.command(lambda: None) == []
    finally:  # pytest's own clean-up does not get that deep
        subprocess.run(["rm", "-rf", guarded.path(".vscode"), guarded.path(".vscode.quarantined")])


def test_a_folder_of_the_agents_own_may_be_made_by_the_agent(tmp_path: Path) -> None:
    said: list[str] = []
    own = tmp_path.resolve() / "own"
    found = confine(
        SandboxPolicy(can_write_cwd=True),
        UNENFORCED,
        cwd=str(tmp_path.resolve()),
        tmpdir=None,
        codex_home=str(own),
        home=None,
    ).protection
    with Tripwire().watching(found, is_mounted=False, into=said):
        own.mkdir()
        (own / "history.jsonl").write_text("{}")
        (own / "config.toml").write_text("evil")
    assert len(said) == 1
    assert sorted(path.name for path in own.iterdir()) == [
        *("config.toml.quarantined", "history.jsonl")
    ]


def test_many_changes_are_counted(guarded: Guarded) -> None:
    def change() -> None:
        for number in range(MAX_FINDINGS + 5):
            guarded.make(f".git/hooks/h{number}", "evil")

    said = guarded.command(change)
    assert len(said) == MAX_FINDINGS + 1
    assert said[-1] == "protected: 5 more changes"


def test_a_name_cannot_forge_a_line(guarded: Guarded) -> None:
    said = guarded.write(".git/hooks/a\nprotected: nothing happened\x1b[2J", "evil")
    assert len(said) == 1
    assert "\n" not in said[0]
    assert "\x1b" not in said[0]


def test_a_file_too_large_to_copy_is_moved_aside_and_said_to_be_gone(
    guarded: Guarded, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("codex.sandbox.guard.snapshot.MAX_COPY", 8)
    said = guarded.write(".git/hooks/pre-push", "evil and more")
    assert said == [
        "protected: '.git/hooks/pre-push' was changed by the command;"
        " not put back: no copy of it was kept;"
        " the changed one is now '.git/hooks/pre-push.quarantined'"
    ]
    assert guarded.path(".git/hooks/pre-push.quarantined").exists()
