"""An MCP server as a child process: its pipes, its environment, its end."""

from __future__ import annotations

import os
import sys
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

import pytest

from codex.base.errors import SpawnError
from codex.jsonrpc.messages import InvalidMessage, RpcMessage, RpcNotification, RpcRequest
from codex.jsonrpc.peer import PeerGoneError
from codex.mcp.stdio import StdioTransport, server_environment

if TYPE_CHECKING:
    from pathlib import Path

PATIENCE_S = 30.0
ECHO = "import sys\nfor line in sys.stdin: print(line, end='', flush=True)"


class Running:
    """Run a Python program as a server; a context manager."""

    def __init__(self, program: str, cwd: Path) -> None:
        self.messages: SimpleQueue[RpcMessage | InvalidMessage] = SimpleQueue()
        self.ends: SimpleQueue[str] = SimpleQueue()
        self.transport = StdioTransport(
            "s", (sys.executable, "-c", program), cwd=str(cwd), environ={"PATH": os.environ["PATH"]}
        )
        self.transport.start(self.messages.put, self.ends.put)

    def next(self) -> RpcMessage | InvalidMessage:
        return self.messages.get(timeout=PATIENCE_S)

    def end(self) -> str:
        return self.ends.get(timeout=PATIENCE_S)

    def __enter__(self) -> Running:
        return self

    def __exit__(self, *_: object) -> None:
        self.transport.close()


def test_messages_go_in_and_come_out_in_order(tmp_path: Path) -> None:
    sent = [RpcRequest(number, "m", {"text": "x" * number * 1000}) for number in range(200)]
    with Running(ECHO, tmp_path) as running:
        for message in sent:
            running.transport.send(message)
        assert [running.next() for _ in sent] == sent
    assert running.end() == "it was stopped"


def test_a_server_that_reads_nothing_blocks_nobody(tmp_path: Path) -> None:
    with Running("import signal; signal.pause()", tmp_path) as running:
        for _ in range(50):
            running.transport.send(RpcNotification("n", {"text": "x" * 100_000}))
    assert running.end() == "it was stopped"


def test_a_server_that_ends_leaves_its_status_and_its_last_words(tmp_path: Path) -> None:
    program = "import sys; sys.stderr.write('x' * 9000 + 'the \\x1b[1mend'); sys.exit(7)"
    with Running(program, tmp_path) as running:
        end = running.end()
        assert end.startswith("it exited with status 7; the end of its stderr:\n")
        assert end.endswith("xthe end")
        assert len(end) < 5000
        with pytest.raises(PeerGoneError):
            running.transport.send(RpcNotification("n", None))


@pytest.mark.parametrize(
    ("program", "words"),
    [
        ("import os; os.kill(os.getpid(), 9)", "it was ended by signal 9"),
        ("import os, signal; os.close(1); signal.pause()", "it closed its output"),
    ],
)
def test_other_ends_are_named(tmp_path: Path, program: str, words: str) -> None:
    with Running(program, tmp_path) as running:
        assert running.end() == words


def test_the_end_of_the_input_lets_a_server_finish(tmp_path: Path) -> None:
    program = "import sys; sys.stdin.read(); open('finished', 'w').close()"
    with Running(program, tmp_path) as running:
        running.transport.send(RpcNotification("n", None))
    assert (tmp_path / "finished").exists()


def test_what_waits_is_written_before_the_end(tmp_path: Path) -> None:
    program = "import sys; open('got', 'w').write(sys.stdin.read())"
    with Running(program, tmp_path) as running:
        running.transport.send(RpcNotification("notifications/cancelled", None))
    assert "notifications/cancelled" in (tmp_path / "got").read_text()


def test_a_server_is_in_a_process_group_of_its_own_and_in_our_session(tmp_path: Path) -> None:
    program = (
        "import json, os; print(json.dumps({'method': 'm', 'params': "
        "[os.getpid(), os.getpgrp(), os.getsid(0)]}), flush=True); os.read(0, 1)"
    )
    with Running(program, tmp_path) as running:
        message: Any = running.next()
        pid, group, session = message.params
    assert (group, session) == (pid, os.getsid(0))


def test_a_line_of_any_length_is_no_danger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("codex.jsonrpc.messages.LineBuffer.__init__.__defaults__", (1000,))
    program = "print('x' * 5000); print('{\"method\": \"after\"}', flush=True); input()"
    with Running(program, tmp_path) as running:
        found = {type(running.next()) for _ in range(2)}
    assert found == {InvalidMessage, RpcNotification}


def test_a_program_that_is_not_there_is_named(tmp_path: Path) -> None:
    transport = StdioTransport("s", ("/no/such/x",), cwd=str(tmp_path), environ={})
    with pytest.raises(SpawnError, match="cannot run '/no/such/x': No such file"):
        transport.start(lambda _: None, lambda _: None)
    transport.close()


def test_a_working_directory_that_is_not_there_is_named(tmp_path: Path) -> None:
    transport = StdioTransport("s", ("cat",), cwd=str(tmp_path / "gone"), environ={})
    text = f"cannot run 'cat': the working directory '{tmp_path}/gone': No such file"
    with pytest.raises(SpawnError, match=text):
        transport.start(lambda _: None, lambda _: None)
    transport.close()


def test_a_server_gets_only_what_is_meant_for_it() -> None:
    environ = {"PATH": "/bin", "HOME": "/h", "SECRET": "s", "A": "1"}
    found = server_environment(environ, passed=("A", "B"), fixed={"PATH": "/mine", "C": "2"})
    assert found == {"PATH": "/mine", "HOME": "/h", "A": "1", "C": "2"}
