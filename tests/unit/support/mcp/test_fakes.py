"""The MCP servers and clients of the tests, tested on each other."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from tests.support.mcp.client import McpClient
from tests.support.mcp.http_server import HttpMcp, event, text
from tests.support.mcp.servers import PROGRAM, offered, scripted
from tests.support.mcp.stdio_bridge import SESSION, Bridge

if TYPE_CHECKING:
    from collections.abc import Iterator

HELLO = {"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {"protocolVersion": "v"}}


@pytest.fixture
def client() -> Iterator[McpClient]:
    words = [sys.executable, PROGRAM, "many=150"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(words, text=True, **pipes) as process:  # type: ignore[call-overload]
        yield McpClient(process)


def test_the_client_speaks_with_the_scripted_server(client: McpClient) -> None:
    assert client.hello()["protocolVersion"] == "2025-11-25"
    page = client.ask("tools/list", {})
    assert (len(page["tools"]), page["nextCursor"]) == (100, "100")
    assert len(client.ask("tools/list", {"cursor": "100"})["tools"]) == 50
    assert client.call("any", 2, text="x")["content"] == [{"type": "text", "text": "any: x"}]
    assert client.end() == 0
    assert client.rest() == []


@pytest.mark.parametrize(("manner", "status"), [("last-words", 3), ("once=/", 4)])
def test_the_scripted_server_ends_as_it_is_told(manner: str, status: int) -> None:
    done = subprocess.run([sys.executable, PROGRAM, manner], capture_output=True, check=False)
    assert done.returncode == status
    assert done.stderr


def test_settings_name_the_scripted_server() -> None:
    assert scripted("hang").args == (PROGRAM, "hang")
    assert scripted().required
    assert offered({"tools": [{"name": "shell"}, {"name": "mcp__s__t"}]}) == ["mcp__s__t"]


def post(url: str, message: Any, session: str = "") -> tuple[int, dict[str, str], bytes]:
    """Send one POST; return status, headers and body."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port)
    headers = {SESSION: session} if session else {}
    connection.request("POST", parts.path, json.dumps(message), headers)
    answer = connection.getresponse()
    found = (answer.status, dict(answer.getheaders()), answer.read())
    connection.close()
    return found


def test_the_bridge_hands_on_what_it_is_given_and_keeps_sessions_apart() -> None:
    environ = {"PATH": os.environ["PATH"]}
    with Bridge((sys.executable, PROGRAM), cwd=Path.cwd(), environ=environ) as bridge:
        status, headers, body = post(bridge.url, HELLO)
        assert (status, json.loads(body)["id"]) == (200, 0)
        note = {"jsonrpc": "2.0", "method": "notifications/initialized"}
        assert post(bridge.url, note, headers[SESSION])[0] == 202
        assert post(bridge.url, HELLO)[1][SESSION] != headers[SESSION]


def test_the_http_server_notes_what_comes_and_follows_its_script() -> None:
    call = {"id": 1, "method": "tools/call", "params": {"name": "echo", "arguments": {"text": "x"}}}
    with HttpMcp() as server:
        status, headers, _ = post(server.url, HELLO)
        assert (status, headers["Mcp-Session-Id"]) == (200, "session-1")
        assert json.loads(post(server.url, call)[2])["result"] == text("x")
        server.on_call.append(lambda exchange, _: exchange.answer(418, b"tea"))
        assert post(server.url, call)[::2] == (418, b"tea")
        server.older_endpoint = "/endpoint"
        assert post(server.url, call)[0] == 405
        assert server.methods() == ["initialize", *["tools/call"] * 3]


def test_an_event_has_its_fields() -> None:
    assert event(b"x", "n", id="1") == b"event: n\nid: 1\ndata: x\n\n"
