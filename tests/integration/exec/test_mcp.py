"""`codex exec` with MCP servers: its output, and that no process remains at any kind of end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

from tests.support.kernel.lifeline import Lifeline
from tests.support.mcp.servers import PROGRAM
from tests.support.model.fake_model import FakeModel, Reply, Stall
from tests.support.program import PATIENCE_S, Program, provider_config

TABLE = '\n[mcp_servers.s]\ncommand = "{python}"\nargs = ["-c", {code}]\nrequired = true\n'
HOLDER = (
    "import os, runpy, sys; "
    "fd = os.open('lifeline', os.O_WRONLY); os.write(fd, b'up'); "
    "sys.argv = ['x']; runpy.run_path({program!r}, run_name='__main__')"
)
"""Return the scripted server, which holds a named pipe open as long as it lives."""


def configure(program: Program, model: FakeModel) -> None:
    code = '"""' + HOLDER.format(program=PROGRAM) + '"""'
    table = TABLE.format(python=sys.executable, code=code)
    program.configure(provider_config(model.base_url) + table)


def test_calls_and_failures_are_shown(program: Program) -> None:
    servers = {"bad": "/no/such/program", "s": f'{sys.executable}"\nargs = ["{PROGRAM}'}
    tables = [f'\n[mcp_servers.{name}]\ncommand = "{text}' for name, text in servers.items()]
    stall = Stall()
    script = [Reply.call("mcp__s__echo", {"text": "hi"}), Reply.text("done").stall_at(0, stall)]
    with FakeModel(script) as model:
        settings = f'{tables[0]}"\n{tables[1]}"]\nrequired = true\n'
        program.configure(provider_config(model.base_url) + settings)
        process = program.start("exec", "go")
        assert process.stderr is not None
        shown = ""
        while "'bad' is not available" not in shown:
            line = process.stderr.readline()
            assert line, shown
            shown += line
        stall.release.set()
        out, rest = process.communicate(timeout=PATIENCE_S)
    assert (process.returncode, out) == (0, "done\n")
    text = shown + rest
    assert 's.echo({"text":"hi"})' in text
    assert "echo: hi" in text
    assert "'bad' is not available: cannot run '/no/such/program'" in text


def test_after_sigkill_the_server_sees_the_end_of_its_input(program: Program) -> None:
    stall = Stall()
    with (
        Lifeline(program.repo) as lifeline,
        FakeModel([Reply.text("never").stall_at(0, stall)]) as model,
    ):
        configure(program, model)
        process = program.start("exec", "go")
        lifeline.wait_until_held()
        assert stall.reached.wait(PATIENCE_S)
        process.kill()
        assert lifeline.is_let_go(PATIENCE_S)
        stall.release.set()


def test_control_c_does_not_reach_the_server(program: Program) -> None:
    """The server answers a call after the terminal's group was interrupted."""
    stall = Stall()
    script = [Reply.call("mcp__s__echo", {"text": "hi"}), Reply.text("x").stall_at(0, stall)]
    with Lifeline(program.repo) as lifeline, FakeModel(script) as model:
        configure(program, model)
        process = subprocess.Popen(
            [*program.argv, "exec", "go"],
            cwd=program.repo,
            env=program.environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        lifeline.wait_until_held()
        assert stall.reached.wait(PATIENCE_S)
        os.killpg(process.pid, signal.SIGINT)
        _, errors = process.communicate(timeout=PATIENCE_S)
        assert lifeline.is_let_go(PATIENCE_S)
        stall.release.set()
    assert process.returncode == 130
    # A server that a signal had ended would be reported.
    assert b"is not available" not in errors
