"""What a command may do to files, on the real kernel. Every probe works without the sandbox."""

from __future__ import annotations

import os
import re
import shutil
import sys

import pytest

from codex.protocol.policy import DANGER_FULL_ACCESS, READ_ONLY, SandboxPolicy
from tests.support.commands import Workspace

REFUSALS = (
    "PermissionError",
    "OSError: [Errno 18] Invalid cross-device link",
    "OSError: [Errno 30] Read-only file system",
)
DENIED = re.compile("Permission denied|Read-only file system")
"""In the words of Landlock and of a mount."""
PYTHON_WITH_LIBRARY = (sys.executable, "-I", "-c")

WRITES_OUTSIDE = {
    "create": "open(out + '/new', 'w')",
    "append": "open(out + '/file', 'a')",
    "create with openat": "os.open('new', 0o101, dir_fd=os.open(out, os.O_PATH))",
    "climb out with dots": "open(inside + '/../outside/new', 'w')",
    "follow a link out": "os.symlink(out, inside + '/link'); open(inside + '/link/new', 'w')",
    "by way of the root of a process": "open('/proc/self/root' + out + '/new', 'w')",
    "by way of the agent's root": "open(f'/proc/{os.getppid()}/root{out}/new', 'w')",
    "reopen for writing": "open(f'/proc/self/fd/{os.open(out + \"/file\", os.O_RDONLY)}', 'r+')",
    "truncate": "os.truncate(out + '/file', 0)",
    "remove": "os.unlink(out + '/file')",
    "remove a folder": "os.rmdir(out + '/empty')",
    "make a folder": "os.mkdir(out + '/new')",
    "make a link": "os.symlink('/', out + '/new')",
    "make a pipe": "os.mkfifo(out + '/new')",
    "make a socket file": "os.mknod(out + '/new', 0o140644)",
    "rename within": "os.rename(out + '/file', out + '/new')",
    "rename to the outside": "open('mine', 'w'); os.rename('mine', out + '/new')",
    "rename from the outside": "os.rename(out + '/file', 'taken')",
    "hard link to the outside": "open('mine', 'w'); os.link('mine', out + '/new')",
    "hard link from the outside": "os.link(out + '/file', 'taken')",
    "a file without a name": "os.open(out, os.O_TMPFILE | os.O_WRONLY)",
}


def lay_out(workspace: Workspace) -> None:
    """An empty folder inside; a file and an empty folder outside."""
    for folder in (workspace.inside, workspace.outside):
        shutil.rmtree(folder)
        folder.mkdir()
    (workspace.outside / "file").write_text("kept")
    (workspace.outside / "empty").mkdir()


@pytest.mark.parametrize("probe", WRITES_OUTSIDE.values(), ids=WRITES_OUTSIDE)
def test_writing_outside_is_refused(workspace: Workspace, probe: str) -> None:
    said = workspace.refusal(
        f"import os, sys; inside, out = sys.argv[1:]; {probe}",
        *workspace.folders,
        prepare=lambda: lay_out(workspace),
    )
    assert said.startswith(REFUSALS), said
    assert (workspace.outside / "file").read_text() == "kept"
    assert sorted(os.listdir(workspace.outside)) == ["empty", "file"]


WRITES_INSIDE = {
    "create": "open('new', 'w').write('x')",
    "replace": "open('a', 'w').close(); open('b', 'w').close(); os.replace('a', 'b')",
    "truncate": "open('a', 'w').write('xx'); os.truncate('a', 1)",
    "folders": "os.makedirs('a/b/c'); os.removedirs('a/b/c')",
    "rename to another folder": "os.mkdir('d'); open('a', 'w'); os.rename('a', 'd/a')",
    "hard link to another folder": "os.mkdir('d'); open('a', 'w'); os.link('a', 'd/a')",
    "symbolic link": "os.symlink('nowhere', 'l'); os.unlink('l')",
    "pipe": "os.mkfifo('p')",
    "socket file": "os.mknod('s', 0o140644)",
    "mode": "open('a', 'w'); os.chmod('a', 0o755)",
    "times": "open('a', 'w'); os.utime('a', (1, 1))",
    "a file without a name": "os.open('.', os.O_TMPFILE | os.O_WRONLY)",
    "a lock": "import fcntl; fcntl.flock(open('a', 'w'), fcntl.LOCK_EX)",
    "mapping": "import mmap; f = open('a', 'w+b'); f.truncate(9); mmap.mmap(f.fileno(), 9)[0] = 9",
    "a temporary file": "import tempfile; tempfile.TemporaryFile(dir='.').write(b'x')",
}


@pytest.mark.parametrize("probe", WRITES_INSIDE.values(), ids=WRITES_INSIDE)
def test_writing_inside_works(workspace: Workspace, probe: str) -> None:
    result = workspace.run(*PYTHON_WITH_LIBRARY, f"import os; {probe}")
    assert result.is_sandboxed
    assert result.exit_code == 0, result.output


def test_the_read_only_policy_writes_nowhere(workspace: Workspace) -> None:
    result = workspace.python("open('new', 'w')", policy=READ_ONLY)
    assert DENIED.search(result.stderr)
    assert not (workspace.inside / "new").exists()


def test_reading_works_everywhere(workspace: Workspace) -> None:
    (workspace.outside / "file").write_text("found")
    result = workspace.python(f"print(open({str(workspace.outside / 'file')!r}).read())")
    assert result.output == "found\n"


def test_without_full_reading_only_the_system_and_the_roots_are_read(workspace: Workspace) -> None:
    (workspace.outside / "file").write_text("secret")
    policy = SandboxPolicy(can_read_everything=False, can_write_cwd=True)
    script = 'echo x > mine; cat mine /etc/passwd; cat "$outside/file"'
    result = workspace.shell(script, policy=policy)
    assert "root:" in result.stdout
    assert DENIED.search(result.stderr)
    assert "secret" not in result.output


@pytest.mark.parametrize("device", ["null", "zero", "full", "random", "urandom"])
def test_harmless_devices_are_open(workspace: Workspace, device: str) -> None:
    assert workspace.python(f"open('/dev/{device}', 'r+b', buffering=0)").exit_code == 0


def test_output_can_be_reopened_by_its_name(workspace: Workspace) -> None:
    result = workspace.shell("echo out > /dev/stdout; echo err > /dev/stderr")
    assert (result.stdout, result.stderr) == ("out\n", "err\n")


def test_the_sessions_folder_counts_and_not_the_commands(workspace: Workspace) -> None:
    result = workspace.run("touch", "new", cwd=workspace.outside)
    assert DENIED.search(result.stderr)
    assert (
        workspace.run("touch", str(workspace.inside / "new"), cwd=workspace.outside).exit_code == 0
    )


def test_tmpdir_is_writable_when_the_policy_says_so(workspace: Workspace) -> None:
    policy = SandboxPolicy(can_write_tmpdir=True)
    env = {"TMPDIR": str(workspace.outside)}
    script = "echo x > $TMPDIR/new"
    assert workspace.run("sh", "-c", script, policy=policy, env=env).exit_code == 0
    assert DENIED.search(workspace.run("sh", "-c", script, env=env).stderr)


def test_a_file_can_be_a_writable_root(workspace: Workspace) -> None:
    (workspace.outside / "log").write_text("")
    policy = SandboxPolicy(writable_roots=(str(workspace.outside / "log"),))
    result = workspace.shell('echo x >> "$outside/log"; echo y > "$outside/other"', policy=policy)
    assert (workspace.outside / "log").read_text() == "x\n"
    assert DENIED.search(result.stderr)


def test_a_root_replaced_by_a_link_opens_nothing(workspace: Workspace) -> None:
    root = workspace.inside / "root"
    root.mkdir()
    policy = SandboxPolicy(can_write_cwd=True, writable_roots=(str(root),))
    assert workspace.shell('rmdir root; ln -s "$outside" root', policy=policy).exit_code == 0
    result = workspace.shell('echo x > root/new; echo x > "$outside/new"', policy=policy)
    assert len(DENIED.findall(result.stderr)) == 2
    refused = workspace.confinement(policy).refused
    assert [found.path for found in refused] == [str(root)]
    assert not (workspace.outside / "new").exists()


def test_set_uid_files_cannot_be_made(workspace: Workspace) -> None:
    def prepare() -> None:
        lay_out(workspace)
        (workspace.inside / "file").write_text("")

    for probe in (
        "os.chmod('file', 0o4755)",
        "os.fchmod(os.open('file', os.O_RDONLY), 0o4755)",
        "os.open('new', os.O_CREAT | os.O_WRONLY, 0o4755)",
        "os.mknod('new', 0o104755)",
    ):
        said = workspace.refusal(f"import os; os.umask(0); {probe}", prepare=prepare)
        assert "Operation not permitted" in said


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make device nodes at all")
def test_device_nodes_cannot_be_made(workspace: Workspace) -> None:
    said = workspace.refusal(
        "import os; os.mknod('disk', 0o060600, os.makedev(7, 99))",
        prepare=lambda: lay_out(workspace),
    )
    assert "Operation not permitted" in said


def test_files_of_the_agent_are_not_inherited(workspace: Workspace) -> None:
    with open(workspace.outside / "file", "w") as file:
        os.set_inheritable(file.fileno(), True)
        script = "import os; print(sorted(map(int, os.listdir('/proc/self/fd')))[:-1])"
        for policy in (DANGER_FULL_ACCESS, READ_ONLY):
            assert workspace.python(script, policy=policy).stdout == "[0, 1, 2]\n"
