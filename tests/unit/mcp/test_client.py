"""The conversation with one MCP server, over a transport that the test controls."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from codex.base.cancel import Cancel
from codex.base.errors import CodexError
from codex.jsonrpc.messages import (
    INVALID_PARAMS,
    METHOD_NOT_FOUND,
    PARSE_ERROR,
    InvalidMessage,
    RpcFailure,
    RpcId,
    RpcMessage,
    RpcNotification,
    RpcRequest,
    RpcResponse,
)
from codex.mcp.client import MAX_INVALID, Client, ServerQuestion, file_url, read_tool
from codex.mcp.progress import CallProgress

if TYPE_CHECKING:
    from collections.abc import Callable


class Played:
    """A transport that records messages and answers them from `answers`, by method."""

    name = "played"

    def __init__(self, **answers: Any) -> None:
        self.answers: dict[str, Any] = {
            "initialize": {"protocolVersion": "2025-06-18", "capabilities": {"tools": {}}},
            "tools/list": {"tools": []},
            **answers,
        }
        self.sent: list[RpcMessage] = []
        self.version: str | None = None
        self.is_closed = False
        self.receive: Callable[[RpcMessage | InvalidMessage], None]
        self.ended: Callable[[str], None]

    def start(
        self, receive: Callable[[RpcMessage | InvalidMessage], None], ended: Callable[[str], None]
    ) -> None:
        self.receive, self.ended = receive, ended

    def send(self, message: RpcMessage) -> None:
        self.sent.append(message)
        if isinstance(message, RpcRequest):
            answer = self.answers.get(message.method)
            if isinstance(answer, list):
                answer = answer.pop(0)
            if isinstance(answer, RpcFailure):
                self.receive(answer._replace(id=message.id))
            elif answer is not None:
                self.receive(RpcResponse(message.id, answer))

    def agreed(self, protocol_version: str) -> None:
        self.version = protocol_version

    def begin_close(self) -> None:
        self.is_closed = True

    def close(self) -> None:
        self.is_closed = True

    def methods(self) -> list[str]:
        return [m.method for m in self.sent if isinstance(m, RpcRequest | RpcNotification)]

    def answer_to(self, request_id: RpcId) -> RpcMessage:
        return next(
            m for m in self.sent if isinstance(m, RpcResponse | RpcFailure) and m.id == request_id
        )


class Heard:
    """Records what a client's owner is told."""

    def __init__(self) -> None:
        self.questions: list[ServerQuestion] = []
        self.logs: list[tuple[str, str]] = []
        self.defects: list[str] = []
        self.ends: list[str] = []

    def on_question(self, question: ServerQuestion) -> None:
        self.questions.append(question)

    def on_log(self, level: str, text: str) -> None:
        self.logs.append((level, text))

    def on_defect(self, text: str) -> None:
        self.defects.append(text)

    def on_end(self, reason: str) -> None:
        self.ends.append(reason)


def connect(transport: Played) -> tuple[Client, Heard]:
    heard = Heard()
    client = Client("s", transport, roots=("/a b",), listener=heard)
    client.start(Cancel(), 30.0)
    return client, heard


def tools(*names: str, **more: Any) -> dict[str, Any]:
    return {"tools": [{"name": name} for name in names], **more}


def test_the_handshake_agrees_on_the_servers_version() -> None:
    transport = Played(**{"tools/list": tools("a")})
    client, _ = connect(transport)
    assert transport.version == "2025-06-18"
    assert transport.methods() == ["initialize", "notifications/initialized", "tools/list"]
    first = transport.sent[0]
    assert isinstance(first, RpcRequest)
    assert first.params["protocolVersion"] == "2025-11-25"
    assert [tool.name for tool in client.tools] == ["a"]


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ({"initialize": {"protocolVersion": "1999"}}, "it uses version '1999' of MCP"),
        ({"initialize": "hello"}, "is not an object"),
        ({"initialize": RpcFailure(None, -1, "not today")}, "not today"),
        ({"tools/list": {"tools": 1}}, "has no list of tools"),
        ({"tools/list": RpcFailure(None, -1, "no list")}, "no list"),
    ],
)
def test_a_handshake_that_fails_closes_the_connection(answers: Any, words: str) -> None:
    transport = Played(**answers)
    with pytest.raises(CodexError, match=words):
        connect(transport)
    assert transport.is_closed


def test_a_server_that_says_nothing_has_a_time_limit() -> None:
    transport = Played(**{"tools/list": None})
    heard = Heard()
    client = Client("s", transport, roots=(), listener=heard)
    with pytest.raises(CodexError, match="a longer startup_timeout_sec may help"):
        client.start(Cancel(), 0.05)
    assert client.end is not None


def test_the_handshake_is_never_cancelled() -> None:
    transport = Played(initialize=None)
    with pytest.raises(CodexError, match="no response to 'initialize'"):
        Client("s", transport, roots=(), listener=Heard()).start(Cancel(), 0.01)
    assert transport.methods() == ["initialize"]


def test_a_call_that_nobody_waits_for_is_cancelled() -> None:
    transport = Played()
    client, _ = connect(transport)
    with pytest.raises(CodexError, match=r"no response to 'tools/call' within 0\.01 s"):
        client.call_tool("t", None, cancel=Cancel(), timeout_s=0.01, on_progress=lambda _: None)
    call, cancelled = transport.sent[-2:]
    assert isinstance(call, RpcRequest)
    assert cancelled == RpcNotification(
        "notifications/cancelled", {"requestId": call.id, "reason": "timed out"}
    )


def test_progress_is_asked_for_and_handed_on() -> None:
    class Reporting(Played):
        def send(self, message: RpcMessage) -> None:
            if isinstance(message, RpcRequest) and message.method == "tools/call":
                assert message.params == {"name": "t", "_meta": {"progressToken": message.id}}
                told = {"progressToken": message.id, "progress": 1, "total": 4, "message": "1/4"}
                for params in (told, {"progressToken": message.id}, {**told, "progressToken": 99}):
                    self.receive(RpcNotification("notifications/progress", params))
            super().send(message)

    client, _ = connect(Reporting(**{"tools/call": "done"}))
    steps: list[CallProgress] = []
    assert (
        client.call_tool("t", None, cancel=Cancel(), timeout_s=30, on_progress=steps.append)
        == "done"
    )
    assert steps == [CallProgress(1.0, 4.0, "1/4")]


def test_a_server_without_tools_is_not_asked_for_them() -> None:
    transport = Played(initialize={"protocolVersion": "2025-06-18"})
    client, _ = connect(transport)
    assert client.tools == ()
    assert "tools/list" not in transport.methods()


def test_every_page_of_a_list_is_read_and_a_circle_is_left() -> None:
    pages = [tools("a", nextCursor="2"), tools("b", nextCursor="3"), tools("c", nextCursor="3")]
    client, _ = connect(Played(**{"tools/list": pages}))
    assert [tool.name for tool in client.tools] == ["a", "b", "c"]


def test_a_tool_that_is_listed_twice_counts_once() -> None:
    client, heard = connect(Played(**{"tools/list": tools("a", "a")}))
    assert len(client.tools) == 1
    assert heard.defects == ["it lists the tool 'a' twice; the second is ignored"]


def test_a_changed_list_is_read_again_when_asked_for() -> None:
    transport = Played(**{"tools/list": [tools("a"), tools("b")]})
    client, _ = connect(transport)
    stale = [client.is_stale]
    transport.receive(RpcNotification("notifications/tools/list_changed", None))
    stale.append(client.is_stale)
    client.refresh(Cancel(), 30.0)
    stale.append(client.is_stale)
    assert stale == [False, True, False]
    assert [tool.name for tool in client.tools] == ["b"]


def test_what_a_server_asks_is_answered() -> None:
    transport = Played()
    _, heard = connect(transport)
    form = {"message": "Who?", "requestedSchema": {"type": "object"}}
    for request_id, method, params in (
        ("p", "ping", None),
        ("r", "roots/list", None),
        ("s", "sampling/createMessage", {}),
        ("q", "elicitation/create", form),
        ("u", "elicitation/create", {"message": "x", "mode": "url", "url": "http://x"}),
        ("n", "elicitation/create", None),
    ):
        transport.receive(RpcRequest(request_id, method, params))
    roots = {"roots": [{"uri": "file:///a%20b", "name": "/a b"}]}
    assert transport.answer_to("p") == RpcResponse("p", {})
    assert transport.answer_to("r") == RpcResponse("r", roots)
    for request_id, code in (("s", METHOD_NOT_FOUND), ("u", INVALID_PARAMS), ("n", INVALID_PARAMS)):
        refusal = transport.answer_to(request_id)
        assert isinstance(refusal, RpcFailure)
        assert refusal.code == code
    (question,) = heard.questions
    assert (question.message, question.schema) == ("Who?", {"type": "object"})
    question.answer({"action": "decline"})
    assert transport.answer_to("q") == RpcResponse("q", {"action": "decline"})


def test_logs_are_handed_on() -> None:
    transport = Played()
    _, heard = connect(transport)
    for data in ("words", {"a": 1}):
        params = {"level": "warning", "data": data}
        transport.receive(RpcNotification("notifications/message", params))
    transport.receive(RpcNotification("notifications/unknown", None))
    assert heard.logs == [("warning", "words"), ("warning", "{'a': 1}")]


def test_what_is_no_message_is_told_once_and_a_flood_of_it_is_the_end() -> None:
    transport = Played()
    client, heard = connect(transport)
    for _ in range(MAX_INVALID - 1):
        transport.receive(InvalidMessage(None, PARSE_ERROR, "not JSON"))
    assert heard.defects == ["it sent an invalid message (not JSON); ignored"]
    assert client.end is None
    transport.receive(InvalidMessage(None, PARSE_ERROR, "not JSON"))
    assert transport.is_closed
    assert heard.ends == [client.end]
    assert "1,000 invalid messages" in str(client.end)


def test_who_waits_when_the_connection_ends_hears_why() -> None:
    transport = Played()
    client, heard = connect(transport)
    threading.Timer(0.0, transport.ended, ["it exited with status 3"]).start()
    with pytest.raises(CodexError, match="it exited with status 3"):
        client.read_resource("a:b", Cancel(), 30.0)
    transport.ended("again")
    assert heard.ends == ["it exited with status 3"]


def test_resources_and_their_templates_are_one_list() -> None:
    answers = {
        "resources/list": {"resources": [{"uri": "a:b"}]},
        "resources/templates/list": RpcFailure(None, METHOD_NOT_FOUND, "no templates"),
        "resources/read": {"contents": []},
    }
    client, _ = connect(Played(**answers))
    assert client.list_resources(Cancel(), 30.0) == [{"uri": "a:b"}]
    assert client.read_resource("a:b", Cancel(), 30.0) == {"contents": []}


@pytest.mark.parametrize("item", [None, {}, {"name": ""}, {"name": 1}])
def test_a_tool_without_a_name_is_none(item: Any) -> None:
    assert read_tool(item) is None


def test_a_tool_that_can_only_be_a_background_task_is_left_out() -> None:
    assert read_tool({"name": "a", "execution": {"taskSupport": "required"}}) is None
    assert read_tool({"name": "a", "execution": {"taskSupport": "optional"}}) is not None


@pytest.mark.parametrize(
    ("hints", "is_read_only", "is_destructive"),
    [
        (None, False, True),
        ({"readOnlyHint": True}, True, False),
        ({"destructiveHint": False}, False, False),
        ({"destructiveHint": True}, False, True),
        ({"readOnlyHint": True, "destructiveHint": True}, True, False),
        ({"readOnlyHint": "yes"}, False, True),
    ],
)
def test_what_hints_mean(hints: Any, *, is_read_only: bool, is_destructive: bool) -> None:
    tool = read_tool({"name": "a", "annotations": hints})
    assert tool is not None
    assert (tool.is_read_only, tool.is_destructive) == (is_read_only, is_destructive)


def test_a_file_url_is_quoted() -> None:
    assert file_url("/a b/ü#") == "file:///a%20b/%C3%BC%23"
