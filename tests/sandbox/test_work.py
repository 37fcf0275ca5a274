"""The ordinary work of commands succeeds inside the sandbox."""

from __future__ import annotations

import shutil
import sys

import pytest

from tests.support.commands import Workspace

PYTHON_WITH_LIBRARY = (sys.executable, "-I", "-c")


def need(*programs: str) -> None:
    for name in programs:
        if shutil.which(name) is None:
            pytest.skip(f"{name} is not installed")


def test_asyncio_runs_subprocesses(workspace: Workspace) -> None:
    text = (
        "import asyncio\n"
        "async def main():\n"
        "    pipe = asyncio.subprocess.PIPE\n"
        "    p = await asyncio.create_subprocess_exec('echo', 'hi', stdout=pipe)\n"
        "    print((await p.communicate())[0], p.returncode)\n"
        "asyncio.run(main())"
    )
    assert workspace.run(*PYTHON_WITH_LIBRARY, text).output == "b'hi\\n' 0\n"


def test_threads_and_forks_run(workspace: Workspace) -> None:
    text = (
        "import os, threading, warnings\n"
        # Python 3.12 warns of a fork beside threads, and the joined one may not be gone yet.
        "warnings.simplefilter('ignore')\n"
        "thread = threading.Thread(target=print, args=('thread',)); thread.start(); thread.join()\n"
        "pid = os.fork()\n"
        "if not pid: os._exit(3)\n"
        "print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))"
    )
    assert workspace.run(*PYTHON_WITH_LIBRARY, text).output == "thread\n3\n"


def test_git_commits(workspace: Workspace) -> None:
    need("git")
    env = {"HOME": str(workspace.inside), "GIT_CONFIG_NOSYSTEM": "1"}
    script = (
        "git init -q . && echo x > file && git add file &&"
        " git -c user.name=u -c user.email=u@x commit -q -m first && git log --format=%s &&"
        " git status --short && git checkout -q -b other && git gc -q"
    )
    result = workspace.run("sh", "-c", script, env=env)
    assert (result.exit_code, result.output) == (0, "first\n")


def test_a_compiler_and_make_run_in_parallel(workspace: Workspace) -> None:
    need("cc", "make")
    (workspace.inside / "a.c").write_text("int f(void); int main(void) { return f(); }\n")
    (workspace.inside / "b.c").write_text("int f(void) { return 7; }\n")
    (workspace.inside / "Makefile").write_text("program: a.o b.o\n\tcc -o $@ a.o b.o\n")
    env = {"TMPDIR": str(workspace.inside)}
    result = workspace.run("sh", "-c", "make -s -j2 && ./program", env=env)
    assert (result.exit_code, result.output) == (7, "")


def test_node_runs_workers_and_children(workspace: Workspace) -> None:
    need("node")
    text = (
        "const { spawnSync, fork } = require('child_process');"
        "const { Worker } = require('worker_threads');"
        "console.log(spawnSync('echo', ['hi']).stdout.toString().trim());"
        "new Worker('console.log(\"worker\")', { eval: true });"
    )
    result = workspace.run("node", "-e", text)
    assert result.exit_code == 0, result.output
    assert sorted(result.stdout.split()) == ["hi", "worker"]


def test_strace_and_its_like_may_trace_what_they_start(workspace: Workspace) -> None:
    need("strace")
    result = workspace.run("strace", "-f", "-e", "trace=execve", "true")
    assert result.exit_code == 0, result.output
    assert "execve(" in result.stderr


def test_temporary_files_are_made_in_tmpdir(workspace: Workspace) -> None:
    env = {"TMPDIR": str(workspace.inside)}
    result = workspace.run("sh", "-c", 'f=$(mktemp) && echo x > "$f" && sort "$f"', env=env)
    assert result.output == "x\n"
