"""What only mounts protect: the metadata of files outside, and protected names."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from codex.sandbox.params import ExecResult, ProtectedPaths
from tests.support.commands import Workspace

CHANGES = {
    "chmod": "os.chmod(path, 0o600)",
    "fchmod": "os.fchmod(os.open(path, os.O_RDONLY), 0o600)",
    "chmod of a folder": "os.chmod(os.path.dirname(path), 0o700)",
    "chown": "os.chown(path, os.getuid(), os.getgid())",
    "fchown": "os.fchown(os.open(path, os.O_RDONLY), os.getuid(), os.getgid())",
    "times": "os.utime(path, (1, 1))",
    "times of an open file": "os.utime(os.open(path, os.O_RDONLY), (1, 1))",
    "attributes": "os.setxattr(path, 'user.codex', b'x')",
    "attributes of an open file": "os.setxattr(os.open(path, os.O_RDONLY), 'user.codex', b'x')",
    "by way of the root of a process": "os.chmod('/proc/self/root' + path, 0o600)",
    "by way of a link": "os.symlink(path, 'link'); os.chmod('link', 0o600)",
    "by way of a descriptor": ("os.chmod(f'/proc/self/fd/{os.open(path, os.O_PATH)}', 0o600)"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_metadata_outside_is_held_by_mounts_alone(workspace: Workspace, change: str) -> None:
    path = workspace.outside / "file"

    def prepare() -> None:
        path.unlink(missing_ok=True)
        path.write_text("kept")
        path.chmod(0o640)
        (workspace.inside / "link").unlink(missing_ok=True)

    text = f"import os, sys; path = sys.argv[1]; {change}"
    if workspace.is_contained:
        said = workspace.refusal(text, str(path), prepare=prepare)
        assert "Read-only file system" in said
        assert path.stat().st_mode & 0o777 == 0o640
    else:
        # The documented limit of rules alone; a refusal here would be news for the documentation.
        prepare()
        assert workspace.python(text, str(path)).exit_code == 0


def held(workspace: Workspace, script: str, protected: ProtectedPaths) -> ExecResult:
    if not workspace.is_contained:
        pytest.skip("without mounts a protected name is put back after the command")
    return workspace.run("sh", "-c", script, protected=protected)


@pytest.fixture
def protected(workspace: Workspace) -> ProtectedPaths:
    hooks = workspace.inside / "repository/hooks"
    hooks.mkdir(parents=True)
    (hooks / "old").write_text("kept")
    config = workspace.inside / "repository/config"
    config.write_text("kept")
    return ProtectedPaths((str(hooks), str(config)), (str(hooks.parent),))


CHANGES_OF_PROTECTED = {
    "write": "echo x > repository/config",
    "append": "echo x >> repository/hooks/old",
    "create": "echo x > repository/hooks/new",
    "remove a file": "rm -f repository/hooks/old",
    "remove a folder": "rm -rf repository/hooks",
    "rename the file": "mv repository/config repository/other",
    "rename over the file": "echo x > new; mv -f new repository/config",
    "rename the folder": "mv repository/hooks repository/other",
    "rename the folder around it": "mv repository other",
    "link to the file": "ln repository/config other",
    "mode": "chmod 777 repository/config",
    "unmount": "umount repository/config",
}


@pytest.mark.parametrize("script", CHANGES_OF_PROTECTED.values(), ids=CHANGES_OF_PROTECTED)
def test_protected_files_stay_as_they_are(
    workspace: Workspace, protected: ProtectedPaths, script: str
) -> None:
    mode = (workspace.inside / "repository/config").stat().st_mode
    result = held(workspace, script, protected)
    assert result.exit_code != 0, result.output
    repository = workspace.inside / "repository"
    assert (repository / "config").read_text() == "kept"
    assert (repository / "config").stat().st_mode == mode
    assert {path.name: path.read_text() for path in (repository / "hooks").iterdir()} == {
        "old": "kept"
    }


def test_beside_protected_files_work_goes_on(
    workspace: Workspace, protected: ProtectedPaths
) -> None:
    script = "echo x > repository/index; mv repository/index repository/HEAD; cat repository/config"
    assert held(workspace, script, protected).output == "kept"
    assert (workspace.inside / "repository/HEAD").read_text() == "x\n"


def test_what_is_protected_is_looked_up_for_each_command(
    workspace: Workspace, protected: ProtectedPaths
) -> None:
    held(workspace, "true", protected)
    config = Path(protected.read_only[1])
    fresh = config.with_name("fresh")
    fresh.write_text("kept")
    fresh.rename(config)  # as `git config` does outside
    assert held(workspace, "echo x > repository/config", protected).exit_code != 0
    assert config.read_text() == "kept"


def test_protected_names_that_are_not_there_are_passed_over(workspace: Workspace) -> None:
    gone = ProtectedPaths((str(workspace.inside / "gone"),), (str(workspace.inside / "no/where"),))
    assert held(workspace, "echo hi > new", gone).exit_code == 0


def test_a_folder_that_was_made_again_is_writable(workspace: Workspace) -> None:
    assert workspace.shell("echo x > new").exit_code == 0
    workspace.inside.rename(workspace.inside.with_name("moved"))
    workspace.inside.mkdir()
    assert workspace.shell("echo y > new").exit_code == 0
    assert (workspace.inside / "new").read_text() == "y\n"


def test_the_null_device_that_a_command_holds_keeps_its_mode(workspace: Workspace) -> None:
    if not workspace.is_contained:
        pytest.skip("metadata of devices is held by mounts alone")
    mode = os.stat("/dev/null").st_mode
    result = workspace.python("import os; os.fchmod(0, 0o666)")
    assert result.exit_code != 0
    assert os.stat("/dev/null").st_mode == mode
