"""Work for which namespaces give a command its own network, terminals and shared memory."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import pytest

from codex.protocol.policy import WORKSPACE_WRITE
from codex.sandbox.params import ExecResult
from tests.sandbox.test_work import need
from tests.support.commands import Workspace

LIBRARY = (sys.executable, "-I", "-c")
PYTHON = shlex.quote(sys.executable)


@pytest.fixture
def inside(workspace: Workspace) -> Workspace:
    if not workspace.is_contained:
        pytest.skip("rules alone have none of it to give")
    return workspace


def work(workspace: Workspace, *argv: str) -> ExecResult:
    home = str(workspace.inside)
    env = {"HOME": home, "TMPDIR": home, "GIT_CONFIG_NOSYSTEM": "1"}
    result = workspace.run(*argv, env=env, timeout_ms=60_000)
    assert result.exit_code == 0, result.output
    return result


def test_processes_of_python_share_queues_and_memory(inside: Workspace) -> None:
    (inside.inside / "program.py").write_text(
        "import multiprocessing as m\n"
        "from multiprocessing.shared_memory import SharedMemory\n"
        "def put(queue, name):\n"
        "    memory = SharedMemory(name); queue.put(bytes(memory.buf[:2])); memory.close()\n"
        "if __name__ == '__main__':\n"
        "    for method in ('fork', 'spawn', 'forkserver'):\n"
        "        context = m.get_context(method); queue = context.Queue()\n"
        "        memory = SharedMemory(create=True, size=2); memory.buf[:2] = b'hi'\n"
        "        process = context.Process(target=put, args=(queue, memory.name))\n"
        "        process.start(); print(queue.get(), flush=True); process.join()\n"
        "        memory.close(); memory.unlink()\n"
        "    with m.Pool(2) as pool: print(pool.map(abs, [-1, -2]))\n"
        "    with m.Manager() as manager: print(manager.list([1]))\n"
    )
    result = work(inside, sys.executable, "program.py")
    assert result.output == "b'hi'\nb'hi'\nb'hi'\n[1, 2]\n[1]\n"


def test_asyncio_serves_and_runs_children(inside: Workspace) -> None:
    text = (
        "import asyncio\n"
        "async def main():\n"
        "    async def serve(reader, writer):\n"
        "        writer.write(b'hi'); await writer.drain(); writer.close()\n"
        "    for start, connect in (\n"
        "        (asyncio.start_server(serve, '127.0.0.1', 8000),\n"
        "         lambda: asyncio.open_connection('127.0.0.1', 8000)),\n"
        "        (asyncio.start_unix_server(serve, 'socket'),\n"
        "         lambda: asyncio.open_unix_connection('socket')),\n"
        "    ):\n"
        "        async with await start:\n"
        "            reader, writer = await connect(); print(await reader.read()); writer.close()\n"
        "    p = await asyncio.create_subprocess_exec('echo', 'child', stdout=-1)\n"
        "    print((await p.communicate())[0])\n"
        "asyncio.run(main())"
    )
    assert work(inside, *LIBRARY, text).output == "b'hi'\nb'hi'\nb'child\\n'\n"


def test_pytest_runs(inside: Workspace) -> None:
    (inside.inside / "test_it.py").write_text(
        "import os\ndef test_it(tmp_path): (tmp_path / 'x').write_text(os.ctermid())\n"
    )
    path = [p for p in sys.path if p.endswith("site-packages")]
    text = f"import sys; sys.path += {path!r}; import pytest; sys.exit(pytest.main(['-q']))"
    assert "1 passed" in work(inside, *LIBRARY, text).output


def test_a_server_and_its_client_in_one_command(inside: Workspace) -> None:
    (inside.inside / "page").write_text("hello")
    script = (
        f"{PYTHON} -m http.server 8000 --bind 127.0.0.1 >log 2>&1 & "
        f"until {PYTHON} -c 'import urllib.request as u; "
        'print(u.urlopen("http://localhost:8000/page").read())\' 2>/dev/null; do :; done'
    )
    assert work(inside, "sh", "-c", script).output == "b'hello'\n"


def test_terminals_can_be_made(inside: Workspace) -> None:
    need("script")
    result = work(inside, "script", "-qec", "test -t 0 && tty && : > /dev/tty", "/dev/null")
    assert result.output.startswith("/dev/pts/")
    text = "import pty, sys; sys.exit(pty.spawn(['sh', '-c', 'stty size; echo from a terminal']))"
    assert "from a terminal" in work(inside, *LIBRARY, text).output


def test_debuggers_hold_what_they_start(inside: Workspace) -> None:
    need("gdb", "cc")
    (inside.inside / "a.c").write_text(
        "int f(void) { return 7; }\nint main(void) { return f(); }\n"
    )
    script = "cc -g -o a a.c && gdb -q -nx -batch -ex 'break f' -ex run -ex bt -ex kill a"
    output = work(inside, "sh", "-c", script).output
    assert "Breakpoint 1, f ()" in output
    assert "#1" in output


def test_a_tracer_attaches_to_a_sibling(inside: Workspace) -> None:
    need("strace")
    script = (
        "sleep 600 & pid=$!; strace -p $pid -o log 2>up & until grep -q attached up; do :; done;"
        " kill $pid; wait; cat log"
    )
    assert "SIGTERM" in work(inside, "sh", "-c", script).output


def test_git_clones(inside: Workspace) -> None:
    need("git")
    script = (
        "git init -q a && cd a && echo x > file && git add . &&"
        " git -c user.name=u -c user.email=u@x commit -q -m first && cd .. &&"
        " git clone -q a b && git -C b log --format=%s && git -C b worktree add -q ../c &&"
        " git -C b gc -q && git -C b fsck"
    )
    assert work(inside, "sh", "-c", script).output == "first\n"


def test_node_has_servers_and_a_cluster(inside: Workspace) -> None:
    need("node")
    (inside.inside / "a.js").write_text(
        "const cluster = require('cluster'), http = require('http'), net = require('net');\n"
        "if (cluster.isPrimary) {\n"
        "  cluster.fork().on('listening', () => http.get('http://localhost:8000', (r) => {\n"
        "    r.on('data', (d) => console.log(String(d)));\n"
        "    r.on('end', () => Object.values(cluster.workers)[0].kill());\n"
        "  }));\n"
        "  const server = net.createServer((c) => c.end('unix')).listen('socket', () =>\n"
        "    net.connect('socket').on('data', (d) => {\n"
        "      console.log(String(d)); server.close();\n"
        "    }));\n"
        "} else http.createServer((q, r) => r.end('http')).listen(8000);\n"
    )
    assert sorted(work(inside, "node", "a.js").output.split()) == ["http", "unix"]


def test_npm_installs_from_a_folder(inside: Workspace) -> None:
    need("npm")
    package = inside.inside / "dependency"
    package.mkdir()
    (package / "package.json").write_text('{"name": "dependency", "version": "1.0.0"}')
    (inside.inside / "package.json").write_text('{"name": "a", "version": "1.0.0"}')
    options = ("--offline", "--no-audit", "--no-fund", "--no-update-notifier")
    work(inside, "npm", "install", *options, "./dependency")
    assert (inside.inside / "node_modules/dependency").exists()


def test_pip_runs_without_a_network(inside: Workspace) -> None:
    text = "import sys; print(sys.version_info[:1])"
    script = f"{PYTHON} -m venv --without-pip v && v/bin/python -c '{text}'"
    assert work(inside, "sh", "-c", script).output == "(3,)\n"
    result = inside.run(sys.executable, "-m", "pip", "download", "--retries=0", "no-such-thing")
    assert result.exit_code == 1
    assert not result.is_timed_out


def test_cargo_builds_offline(inside: Workspace) -> None:
    need("cargo")
    script = "cargo init -q --vcs none --name a p && cd p && cargo run -q --offline"
    home = str(Path("~/.cargo").expanduser())
    rustup = str(Path("~/.rustup").expanduser())
    env = {"HOME": str(inside.inside), "CARGO_HOME": home, "RUSTUP_HOME": rustup}
    result = inside.run("sh", "-c", script, env=env, timeout_ms=60_000)
    if "rustup" in result.stderr and result.exit_code != 0:
        pytest.skip(f"cargo is not set up: {result.stderr}")
    assert result.output == "Hello, world!\n"


def test_temporary_files_and_sorting_in_slash_tmp(inside: Workspace) -> None:
    script = 'f=$(mktemp) && echo x > "$f" && sort -S 1k "$f" && rm "$f"'
    result = inside.run("sh", "-c", script, policy=WORKSPACE_WRITE)
    assert result.output == "x\n"


def test_system_v_and_posix_ipc_are_its_own(inside: Workspace) -> None:
    script = "ipcmk -Q >/dev/null && ipcs -q | grep -c 0x; true"
    assert work(inside, "sh", "-c", script).output == "1\n"


def test_limits_and_priorities_of_its_own_processes_can_be_set(inside: Workspace) -> None:
    script = "sleep 600 & prlimit --pid $! --nofile=64:64 && renice -n 5 -p $! >/dev/null; kill $!"
    work(inside, "sh", "-c", script)
