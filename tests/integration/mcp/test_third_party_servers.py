"""Servers of other projects, used by the engine over all three transports."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from codex.protocol.events import (
    ElicitationRequest,
    McpToolCallEnd,
    McpToolCallProgress,
    TaskComplete,
)
from codex.protocol.ops import ElicitationAnswer, ListMcpTools
from codex.protocol.policy import AskForApproval
from codex.protocol.replies import McpServerStatus
from codex.protocol.settings import McpServer, ToolApproval
from tests.support.engine import Engine, only, outputs
from tests.support.model.fake_model import Call, FakeModel, Reply
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from codex.protocol.events import EventMsg
    from tests.support.third_party.mcp_packages import NodePackages

ALWAYS = ToolApproval.APPROVE


def stdio(argv: tuple[str, ...], **settings: Any) -> McpServer:
    """Return settings of a program as a server that the first turn waits for."""
    return McpServer(
        command=argv[0],
        args=argv[1:],
        required=True,
        default_tools_approval_mode=ALWAYS,
        startup_timeout_sec=60.0,
        **settings,
    )


def called(server: McpServer, cwd: Path, *calls: Call) -> tuple[list[str], list[EventMsg]]:
    """Call tools of a server named `s`; return what the model reads, and the task's events."""
    with (
        FakeModel([Reply.of(*calls), Reply.text("done")]) as model,
        Engine(model, cwd=str(cwd), mcp_servers={"s": server}) as engine,
    ):
        messages = engine.run("go")
        assert isinstance(messages[-1], TaskComplete), messages
        return outputs(model.requests[1].body), messages


@contextmanager
def everything_on_http(packages: NodePackages, transport: str) -> Iterator[int]:
    """server-everything on a port of its own, which it names on stderr when it listens."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = int(probe.getsockname()[1])
    process = subprocess.Popen(
        packages.argv("server-everything", transport),
        env={"PATH": os.environ["PATH"], "PORT": str(port)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_until(lambda: process.poll() is not None or listens(port), "the server")
        assert process.poll() is None
        yield port
    finally:
        process.kill()
        process.wait()


def listens(port: int) -> bool:
    """Whether a program listens on a port."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_everything_works_over_pipes(node_packages: NodePackages, tmp_path: Path) -> None:
    texts, messages = called(
        stdio(node_packages.argv("server-everything")),
        tmp_path,
        Call("mcp__s__echo", {"message": "hi"}, "c1"),
        Call("mcp__s__get-sum", {"a": 2, "b": 3}, "c2"),
        Call("mcp__s__get-tiny-image", {}, "c3"),
        Call("mcp__s__get-structured-content", {"location": "New York"}, "c4"),
        Call("mcp__s__get-roots-list", {}, "c5"),
        Call("mcp__s__trigger-long-running-operation", {"duration": 0.2, "steps": 2}, "c6"),
        Call("list_mcp_resources", {"server": "s"}, "c7"),
        Call("read_mcp_resource", {"server": "s", "uri": "demo://resource/dynamic/text/1"}, "c8"),
        Call("mcp__s__get-sum", {"a": "no"}, "c9"),
    )
    echo, total, image, structured, roots, _, listed, read, failed = texts
    assert echo == "Echo: hi"
    assert "is 5" in total
    assert "the model does not accept images" not in image
    assert "temperature" in structured
    assert str(tmp_path) in roots
    assert any(isinstance(msg, McpToolCallProgress) for msg in messages)
    assert "demo://resource" in listed
    assert "demo://resource/dynamic/text/1" in read
    assert failed.startswith("error: ")


def test_an_image_of_a_tool_reaches_the_model(node_packages: NodePackages, tmp_path: Path) -> None:
    server = stdio(node_packages.argv("server-everything"))
    with (
        FakeModel([Reply.call("mcp__s__get-tiny-image", {}), Reply.text("done")]) as model,
        Engine(model, cwd=str(tmp_path), mcp_servers={"s": server}) as engine,
    ):
        engine.run("go")
        assert "data:image/png;base64," in json.dumps(model.requests[1].body)


def test_a_server_asks_the_user_and_hears_the_answer(
    node_packages: NodePackages, tmp_path: Path
) -> None:
    server = stdio(node_packages.argv("server-everything"))
    script = [Reply.call("mcp__s__trigger-elicitation-request", {}), Reply.text("done")]
    with (
        FakeModel(script) as model,
        Engine(
            model,
            cwd=str(tmp_path),
            mcp_servers={"s": server},
            approval_policy=AskForApproval.UNTRUSTED,
        ) as engine,
    ):
        task = engine.say("go")
        question = engine.wait_for(ElicitationRequest)
        engine.codex.submit(ElicitationAnswer(question.id, "accept", {"name": "Ada"}))
        engine.until_end(task)
        assert "Ada" in outputs(model.requests[1].body)[0]


@pytest.mark.parametrize("transport", ["streamableHttp", "sse"])
def test_everything_works_over_http(
    node_packages: NodePackages, tmp_path: Path, transport: str
) -> None:
    with everything_on_http(node_packages, transport) as port:
        path = "/mcp" if transport == "streamableHttp" else "/sse"
        server = McpServer(
            url=f"http://127.0.0.1:{port}{path}",
            required=True,
            default_tools_approval_mode=ALWAYS,
        )
        texts, messages = called(
            server,
            tmp_path,
            Call("mcp__s__echo", {"message": "hi"}, "c1"),
            Call("mcp__s__get-sum", {"a": 2, "b": 3}, "c2"),
            Call("mcp__s__trigger-long-running-operation", {"duration": 0.2, "steps": 2}, "c3"),
        )
    assert texts[0] == "Echo: hi"
    assert "is 5" in texts[1]
    assert [msg.success for msg in messages if isinstance(msg, McpToolCallEnd)] == [True] * 3
    assert any(isinstance(msg, McpToolCallProgress) for msg in messages)


def test_the_status_names_tools_and_transport(node_packages: NodePackages, tmp_path: Path) -> None:
    with everything_on_http(node_packages, "sse") as port:
        server = McpServer(url=f"http://127.0.0.1:{port}/sse", enabled_tools=("echo",))
        with (
            FakeModel() as model,
            Engine(model, cwd=str(tmp_path), mcp_servers={"s": server}) as engine,
        ):
            while not engine.wait_for(McpServerStatus).tools:
                pass
            engine.codex.submit(ListMcpTools())
            msg = engine.next().msg
    assert "echo" in str(msg)
    assert "'sse'" in str(msg)


def test_the_filesystem_server_works_in_the_folder_of_the_session(
    node_packages: NodePackages, tmp_path: Path
) -> None:
    (tmp_path / "note.txt").write_text("remember the milk")
    texts, _ = called(
        stdio(node_packages.argv("server-filesystem", str(tmp_path))),
        tmp_path,
        Call("mcp__s__read_text_file", {"path": str(tmp_path / "note.txt")}, "c1"),
        Call("mcp__s__write_file", {"path": str(tmp_path / "new.txt"), "content": "x"}, "c2"),
        Call("mcp__s__read_text_file", {"path": "/etc/passwd"}, "c3"),
    )
    assert "remember the milk" in texts[0]
    assert (tmp_path / "new.txt").read_text() == "x"
    assert texts[2].startswith("error: ")


def test_the_memory_server_remembers(node_packages: NodePackages, tmp_path: Path) -> None:
    entity = {"name": "Ada", "entityType": "person", "observations": ["wrote programs"]}
    memory = {"MEMORY_FILE_PATH": str(tmp_path / "memory.jsonl")}
    texts, _ = called(
        stdio(node_packages.argv("server-memory"), env=memory),
        tmp_path,
        Call("mcp__s__create_entities", {"entities": [entity]}, "c1"),
        Call("mcp__s__read_graph", {}, "c2"),
    )
    assert "wrote programs" in texts[1]


@pytest.mark.skipif(shutil.which("git") is None, reason="there is no git")
def test_the_git_server_reads_a_repository(mcp_python: Path, tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    (tmp_path / "new.txt").touch()
    server = stdio((str(mcp_python), "-m", "mcp_server_git", "--repository", str(tmp_path)))
    texts, _ = called(server, tmp_path, Call("mcp__s__git_status", {"repo_path": str(tmp_path)}))
    assert "new.txt" in texts[0]


def test_the_time_server_tells_the_time(mcp_python: Path, tmp_path: Path) -> None:
    server = stdio((str(mcp_python), "-m", "mcp_server_time"))
    call = Call("mcp__s__get_current_time", {"timezone": "Asia/Tokyo"})
    texts, messages = called(server, tmp_path, call)
    assert "Asia/Tokyo" in texts[0]
    assert only(messages, McpToolCallEnd).success
