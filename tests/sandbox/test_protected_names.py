"""The tripwire with the real kernel and the real git: what a command leaves for others to run."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from codex.base.safe_git import FILTERS_QUERY, filters_of, safe_git_argv, safe_git_environment
from codex.sandbox.confinement import confine
from codex.sandbox.enforcement import UNENFORCED
from codex.sandbox.guard.tripwire import Tripwire
from tests.support.commands import WORKSPACE, Workspace

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="there is no git here")

EVIL = "#!/bin/sh\necho ran >> $marker\n"
ME = ("-c", "user.name=me", "-c", "user.email=me@example.org")


class Repository:
    """A repository in the writable folder, a marker that no program may make outside of it."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.folder = workspace.inside
        self.marker = workspace.outside / "marker"
        self.tripwire = Tripwire()
        self.user("init", "-q", "-b", "main")
        self.user(*ME, "commit", "-q", "--allow-empty", "-m", "first")

    def user(self, *arguments: str, cwd: Path | None = None) -> str:
        """Run git as the user does: with hooks, with every setting."""
        argv = ["git", *arguments]
        done = subprocess.run(argv, cwd=cwd or self.folder, env=self.env(), capture_output=True)
        assert done.returncode == 0, done.stderr
        return done.stdout.decode()

    def agent(self, *arguments: str) -> str:
        """Run git as the agent itself does."""
        env = safe_git_environment({**self.env(), "GIT_EXTERNAL_DIFF": "false"})

        def run(argv: tuple[str, ...]) -> subprocess.CompletedProcess[str]:
            return subprocess.run(argv, cwd=self.folder, env=env, capture_output=True, text=True)

        filters = filters_of(run(safe_git_argv(FILTERS_QUERY)).stdout)
        done = run(safe_git_argv(arguments, filters=filters))
        assert done.returncode == 0, done.stderr
        return done.stdout

    def env(self) -> dict[str, str]:
        """The user's environment, without settings of whoever runs the tests."""
        none = os.devnull
        config = {"GIT_CONFIG_GLOBAL": none, "GIT_CONFIG_SYSTEM": none}
        return {"PATH": os.environ["PATH"], "HOME": none, "marker": str(self.marker), **config}

    def command(self, script: str) -> list[str]:
        """Run a script of the model's in the sandbox; what the tripwire says."""
        said: list[str] = []
        found = confine(
            WORKSPACE,
            UNENFORCED,
            cwd=str(self.folder),
            tmpdir=None,
            codex_home="/nowhere",
            home=None,
        ).protection
        with self.tripwire.watching(found, is_mounted=False, into=said):
            result = self.workspace.shell(
                f"export GIT_CONFIG_GLOBAL=/dev/null HOME=/nowhere\n{script}"
            )
            assert result.exit_code == 0, result.output
        return said


@pytest.fixture
def repository(workspace: Workspace) -> Repository:
    return Repository(workspace)


HOOK = f"cat > .git/hooks/post-commit <<'E'\n{EVIL}E\nchmod +x .git/hooks/post-commit"
FSMONITOR = f"cat > evil <<'E'\n{EVIL}E\nchmod +x evil; git config core.fsmonitor ./evil"


@pytest.mark.parametrize(
    ("script", "trigger"),
    [
        (HOOK, ("commit", "-q", "--allow-empty", "-m", "x")),
        (f"mkdir h; cd h; cat > post-commit <<'E'\n{EVIL}E\nchmod +x post-commit; cd ..;"
         "git config core.hooksPath h", ("commit", "-q", "--allow-empty", "-m", "x")),
        (FSMONITOR, ("status",)),
        ("git config alias.st '!touch $marker'", ("config", "--list")),
        (f"{FSMONITOR}; cp .git/config config; git config --unset core.fsmonitor;"
         "mv .git .g; mv config .g/config; mv .g .git", ("status",)),
    ],
)  # fmt: skip
def test_the_users_git_runs_nothing_that_a_command_left(
    repository: Repository, script: str, trigger: tuple[str, ...]
) -> None:
    config = (repository.folder / ".git/config").read_bytes()
    assert len(repository.command(script)) == 1
    repository.user(*ME, *trigger)
    assert not repository.marker.exists()
    assert (repository.folder / ".git/config").read_bytes() == config


def test_the_probe_itself_works_without_the_tripwire(repository: Repository) -> None:
    repository.workspace.shell(FSMONITOR)
    repository.user("status")
    assert repository.marker.exists()


def test_work_with_git_costs_no_word(repository: Repository) -> None:
    assert repository.command(
        "export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b;"
        "export GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b;"
        "echo x > file; git add file; git commit -qm second; git checkout -qb topic;"
        "echo y > file; git commit -qam third; git checkout -q main; git merge -q topic;"
        "git stash list; git tag v1; git rebase -q main; git reset -q --hard; git gc -q; git log -1"
    ) == []  # fmt: skip
    assert "third" in repository.user("log", "--oneline")


def test_a_repository_may_be_made_and_cloned(repository: Repository, workspace: Workspace) -> None:
    shutil.rmtree(repository.folder / ".git")
    who = "-c user.name=a -c user.email=a@b"
    assert repository.command(f"git init -q .; git {who} commit -q --allow-empty -m new") == []
    assert repository.command("git clone -q . sub") == []
    assert "new" in repository.user("log", "--oneline", cwd=repository.folder / "sub")


def test_the_hooks_of_a_submodule_are_held(repository: Repository, tmp_path: Path) -> None:
    allow = ("-c", "protocol.file.allow=always")
    library = tmp_path / "library"
    library.mkdir()
    repository.user("init", "-q", cwd=library)
    repository.user(*ME, "commit", "-q", "--allow-empty", "-m", "l", cwd=library)
    repository.user(*allow, "submodule", "add", "-q", str(library), "lib/x")
    said = repository.command(
        "git -C lib/x config core.fsmonitor evil; echo x > .git/modules/lib/x/hooks/post-commit"
    )
    assert len(said) == 2
    assert "evil" not in (repository.folder / ".git/modules/lib/x/config").read_text()


def test_the_common_folder_of_a_worktree_is_held(repository: Repository) -> None:
    repository.user("worktree", "add", "-q", "tree")
    link = repository.folder / ".git/worktrees/tree/commondir"
    before = link.read_text()
    assert len(repository.command("echo /tmp/evil > .git/worktrees/tree/commondir")) == 1
    assert link.read_text() == before
    assert repository.command("git worktree remove tree") == []


@pytest.mark.parametrize(
    ("settings", "trigger"),
    [
        ({"core.fsmonitor": "$evil"}, ("status",)),
        ({"core.hooksPath": "hooks"}, ("checkout", "-q", "-b", "x")),
        ({"diff.external": "$evil"}, ("diff",)),
        ({"diff.d.textconv": "$evil"}, ("diff",)),
        ({"diff.d.command": "$evil"}, ("diff",)),
        ({"filter.d.clean": "$evil", "filter.d.required": "true"}, ("diff",)),
        ({"filter.d.process": "$evil"}, ("status",)),
    ],
)
def test_the_agents_git_runs_no_program_of_a_configuration(
    repository: Repository, settings: dict[str, str], trigger: tuple[str, ...]
) -> None:
    folder = repository.folder
    (folder / "hooks").mkdir()
    for name in ("evil", "hooks/post-checkout"):
        (folder / name).write_text(EVIL.replace("$marker", str(repository.marker)))
        (folder / name).chmod(0o755)
    (folder / ".gitattributes").write_text("file diff=d filter=d\n")
    (folder / "file").write_text("x")
    repository.user("add", "file")
    repository.user(*ME, "commit", "-qm", "x")
    (folder / "file").write_text("y")
    for key, value in settings.items():
        repository.user("config", key, value.replace("$evil", str(folder / "evil")))
    subprocess.run(["git", *trigger], cwd=folder, env=repository.env(), capture_output=True)
    assert repository.marker.exists(), "the probe itself does nothing"
    repository.marker.unlink()
    again = ("checkout", "-q", "-b", "y") if trigger[0] == "checkout" else trigger
    repository.agent(*again)
    assert not repository.marker.exists()


def test_the_agents_git_shows_what_changed(repository: Repository) -> None:
    (repository.folder / "file").write_text("one\n")
    repository.user("add", "file")
    (repository.folder / "file").write_text("two\n")
    diff = repository.agent("diff", "--", "file")
    assert "-one\n+two\n" in diff
    assert "file" in repository.agent("status", "--porcelain")


def test_the_agents_git_takes_no_bare_repository_for_one(repository: Repository) -> None:
    repository.user("init", "-q", "--bare", "nested")
    argv = safe_git_argv(("rev-parse", "--git-dir"))
    env = safe_git_environment({"PATH": os.environ["PATH"]})
    nested = repository.folder / "nested"
    done = subprocess.run(argv, cwd=nested, env=env, capture_output=True, text=True)
    assert done.returncode != 0
    assert "safe.bareRepository" in done.stderr
