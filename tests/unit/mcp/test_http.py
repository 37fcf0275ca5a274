"""One session with an MCP server over HTTP, scripted to the byte."""

from __future__ import annotations

import os
import socket
import threading
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

import pytest

from codex.base.cancel import Cancel
from codex.base.errors import CodexError, Interrupted
from codex.mcp.client import Client, ServerQuestion
from codex.mcp.http import HttpTransport
from codex.protocol.settings import McpServer
from tests.support.mcp.http_server import Exchange, HttpMcp, encoded, event, text
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator


class Heard:
    """Records what a client's owner is told."""

    def __init__(self) -> None:
        self.ends: SimpleQueue[str] = SimpleQueue()
        self.defects: list[str] = []

    def on_question(self, question: ServerQuestion) -> None:
        question.answer({"action": "decline"})

    def on_log(self, level: str, text: str) -> None:
        pass

    def on_defect(self, text: str) -> None:
        self.defects.append(text)

    def on_end(self, reason: str) -> None:
        self.ends.put(reason)


@pytest.fixture
def server() -> Iterator[HttpMcp]:
    with HttpMcp() as server:
        yield server


class Connected:
    """Create a client that has shaken hands; a context manager."""

    def __init__(
        self, server: HttpMcp, environ: dict[str, str] | None = None, **settings: Any
    ) -> None:
        self.heard = Heard()
        settings.setdefault("url", server.url)
        transport = HttpTransport("s", McpServer(**settings), environ or {})
        self.client = Client("s", transport, roots=("/repo",), listener=self.heard)
        self.client.start(Cancel(), 30.0)

    def call(self, words: str = "hi", cancel: Cancel | None = None, timeout_s: float = 30) -> str:
        result = self.client.call_tool(
            "echo",
            {"text": words},
            cancel=cancel or Cancel(),
            timeout_s=timeout_s,
            on_progress=lambda _: None,
        )
        found: str = result["content"][0]["text"]
        return found

    def __enter__(self) -> Connected:
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()


def test_a_session_from_its_start_to_its_end(server: HttpMcp) -> None:
    with Connected(server) as connected:
        assert connected.call() == "hi"
        server.wait_for(lambda seen: seen.method == "GET")
    found = [name for name in server.methods() if name != "GET"]
    assert found == [
        "initialize",
        "notifications/initialized",
        "tools/list",
        "tools/call",
        "DELETE",
    ]
    first, *later = server.seen
    assert "mcp-session-id" not in first.headers
    assert first.headers["accept"] == "application/json, text/event-stream"
    assert {seen.headers["mcp-session-id"] for seen in later} == {"session-1"}
    assert {seen.headers["mcp-protocol-version"] for seen in later} == {"2025-11-25"}


def test_calls_leave_no_descriptor_open(server: HttpMcp) -> None:
    def answer(exchange: Exchange, message: Any) -> None:
        exchange.stream(event(encoded(message, text("streamed"))))

    server.on_call += [answer] * 6
    with Connected(server) as connected:
        connected.call()
        before = len(os.listdir("/proc/self/fd"))
        for _ in range(5):
            connected.call()
        wait_until(lambda: len(os.listdir("/proc/self/fd")) <= before, "descriptors are closed")


def test_a_server_without_sessions_is_sent_no_farewell() -> None:
    with HttpMcp(session_id=None) as server:
        with Connected(server) as connected:
            assert connected.call() == "hi"
        assert "DELETE" not in server.methods()


def test_token_and_headers_go_with_every_request(server: HttpMcp) -> None:
    environ = {"TOKEN": " secret-token ", "TEAM": "build", "UNSET": " "}
    settings = {
        "bearer_token_env_var": "TOKEN",
        "http_headers": {"X-Fixed": "1"},
        "env_http_headers": {"X-Team": "TEAM", "X-None": "UNSET"},
    }
    with Connected(server, environ, **settings) as connected:
        connected.call()
    for seen in server.seen:
        assert seen.headers["authorization"] == "Bearer secret-token"
        assert (seen.headers["x-fixed"], seen.headers["x-team"]) == ("1", "build")
        assert "x-none" not in seen.headers


def test_a_token_that_is_not_set_is_named(server: HttpMcp) -> None:
    with pytest.raises(CodexError, match="`TOKEN`, which holds its token, is not set"):
        Connected(server, bearer_token_env_var="TOKEN")
    with pytest.raises(CodexError, match="'X-A' has characters"):
        Connected(server, http_headers={"X-A": "a\r\nb"})


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
def test_a_stream_may_come_in_any_pieces(server: HttpMcp, size: int) -> None:
    def answer(exchange: Exchange, message: Any) -> None:
        note = b'{"method": "notifications/message", "params": {}}'
        body = event(b"") + event(note, id="1") + event(encoded(message, text("streamed")), id="2")
        exchange.stream(*(body[at : at + size] for at in range(0, len(body), size)))

    server.on_call.append(answer)
    with Connected(server) as connected:
        assert connected.call() == "streamed"
        assert connected.heard.defects == []


def test_a_stream_that_is_cut_is_resumed_where_it_was(server: HttpMcp) -> None:
    waiting: list[Any] = []

    def cut(exchange: Exchange, message: Any) -> None:
        waiting.append(message)
        exchange.stream(event(b"", id="here", retry="10"))

    def go_on(exchange: Exchange) -> None:
        exchange.stream(event(b"", id="there"))

    def finish(exchange: Exchange) -> None:
        exchange.stream(event(encoded(waiting[0], text("at last")), id="end"))

    with Connected(server) as connected:
        server.wait_for(lambda seen: seen.method == "GET")
        server.on_call.append(cut)
        server.on_get.extend([go_on, finish])
        assert connected.call() == "at last"
    resumed = [seen.headers.get("last-event-id") for seen in server.seen if seen.method == "GET"]
    assert resumed == [None, "here", "there"]


@pytest.mark.parametrize(
    ("pieces", "reason"),
    [
        ((), "the response ended before it was complete"),
        ((event(b"", id="x", retry="1"),), "answered 405"),
    ],
)
def test_a_stream_that_cannot_be_resumed_is_an_error(
    server: HttpMcp, pieces: tuple[bytes, ...], reason: str
) -> None:
    server.on_call.append(lambda exchange, _: exchange.stream(*pieces))
    with Connected(server) as connected:
        with pytest.raises(CodexError, match=reason):
            connected.call()
        assert connected.call("again") == "again"


@pytest.mark.parametrize(
    ("status", "body", "headers", "words"),
    [
        (401, b"", {}, "bearer_token_env_var"),
        (403, b"", {}, "OAuth"),
        (307, b"", {"Location": "http://else/x?k=v"}, "a redirection to 'http://else/x'"),
        (500, b'{"id": 1, "error": {"code": 1, "message": "no disk"}}', {}, "no disk"),
        (200, b"nonsense", {}, "does not answer the request"),
        (202, b"", {}, "does not answer the request"),
    ],
)
def test_a_refusal_says_what_it_is_and_the_session_goes_on(
    server: HttpMcp, status: int, body: bytes, headers: dict[str, str], words: str
) -> None:
    server.on_call.append(lambda exchange, _: exchange.answer(status, body, **headers))
    with Connected(server) as connected:
        with pytest.raises(CodexError) as caught:
            connected.call()
        assert words in str(caught.value)
        assert connected.call("again") == "again"


def test_a_secret_that_a_server_repeats_is_hidden(server: HttpMcp) -> None:
    server.on_call.append(lambda e, _: e.answer(403, b"the token secret-token is old"))
    environ = {"TOKEN": "secret-token"}
    with (
        Connected(server, environ, bearer_token_env_var="TOKEN") as connected,
        pytest.raises(CodexError) as caught,
    ):
        connected.call()
    assert "secret-token" not in str(caught.value)
    assert "does not accept the token in `TOKEN`" in str(caught.value)


def test_a_forgotten_session_is_begun_again_and_the_call_made_once_more(server: HttpMcp) -> None:
    with Connected(server) as connected:
        server.on_call.append(lambda exchange, _: exchange.answer(404))
        server.session_id = "session-2"
        assert connected.call("still here") == "still here"
        assert connected.client.is_stale
        assert connected.call("and again") == "and again"
    calls = [
        seen for seen in server.seen if seen.message and seen.message["method"] == "tools/call"
    ]
    ids = [seen.headers["mcp-session-id"] for seen in calls]
    assert ids == ["session-1", "session-2", "session-2"]
    assert server.methods().count("initialize") == 2


def test_a_session_that_is_forgotten_at_once_is_an_error(server: HttpMcp) -> None:
    with Connected(server) as connected:
        server.on_call.extend([lambda exchange, _: exchange.answer(404)] * 2)
        with pytest.raises(CodexError, match="forgotten the session"):
            connected.call()


def test_what_is_interrupted_lets_go_of_its_connection(server: HttpMcp) -> None:
    def hang(exchange: Exchange, _: Any) -> None:
        exchange.stream(event(b"", id="x"))
        cancel.set()
        exchange.wait_for_end()

    cancel = Cancel()
    with Connected(server) as connected:
        server.on_call.append(hang)
        with pytest.raises(Interrupted):
            connected.call(cancel=cancel)
        server.left.get(timeout=30)
        told = server.wait_for(
            lambda s: bool(s.message) and s.message["method"] == "notifications/cancelled"
        )
        assert told.message["params"]["reason"] == "interrupted"


def test_the_end_breaks_off_what_is_under_way(server: HttpMcp) -> None:
    begun = threading.Event()

    def hang(exchange: Exchange, _: Any) -> None:
        begun.set()
        exchange.wait_for_end()

    server.on_call.append(hang)
    outcomes: SimpleQueue[str] = SimpleQueue()
    with Connected(server) as connected:

        def call() -> None:
            try:
                outcomes.put(connected.call())
            except CodexError as error:
                outcomes.put(str(error))

        thread = threading.Thread(target=call)
        thread.start()
        assert begun.wait(30)
    assert outcomes.get(timeout=30) == "it was stopped"
    thread.join()
    server.left.get(timeout=30)


def test_what_a_server_says_by_itself_is_heard(server: HttpMcp) -> None:
    def tell(exchange: Exchange) -> None:
        exchange.stream(event(b'{"method": "notifications/tools/list_changed"}'))
        exchange.stream(event(b'{"id": 9, "method": "ping"}'))
        exchange.wait_for_end()

    server.on_get.append(tell)
    with Connected(server) as connected:
        answer = server.wait_for(lambda seen: bool(seen.message) and seen.message.get("id") == 9)
        assert answer.message["result"] == {}
        assert connected.client.is_stale


def test_a_server_that_is_not_there_is_named() -> None:
    with HttpMcp() as server:
        url = server.url
    with pytest.raises(CodexError, match="cannot connect to"):
        Connected(server, url=url)


@pytest.mark.parametrize("endpoint", ["/endpoint?id=1", "endpoint", "{url}/endpoint"])
def test_a_server_of_2024_is_found_and_used(server: HttpMcp, endpoint: str) -> None:
    server.older_endpoint = endpoint.format(url=server.url)
    with Connected(server) as connected:
        assert connected.client.transport_name == "sse"
        assert connected.call() == "hi"
        assert server.older_stream is not None
        server.older_stream.wfile.write(event(b'{"id": 9, "method": "ping"}'))
        server.wait_for(lambda seen: bool(seen.message) and seen.message.get("id") == 9)
    server.left.get(timeout=30)


def test_a_server_of_2024_that_ends_its_stream_has_ended(server: HttpMcp) -> None:
    server.older_endpoint = "/endpoint"
    with Connected(server) as connected:
        assert server.older_stream is not None
        server.older_stream.connection.shutdown(socket.SHUT_RDWR)
        assert connected.heard.ends.get(timeout=30) == "the server closed its stream"


def test_a_token_is_not_sent_to_another_server(server: HttpMcp) -> None:
    server.older_endpoint = "http://127.0.0.1:9/endpoint"
    with pytest.raises(CodexError, match="an endpoint on another server"):
        Connected(server)


def test_the_refusal_counts_where_there_is_no_older_stream(server: HttpMcp) -> None:
    server.on_initialize = lambda exchange, _: exchange.answer(400, b"go away")
    with pytest.raises(CodexError, match="answered 400 Bad Request: go away"):
        Connected(server)
