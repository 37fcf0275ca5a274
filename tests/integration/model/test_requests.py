"""ModelClient against a real server: requests, responses and failures."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

import pytest

from codex.base.cancel import Cancel
from codex.model.event import (
    ArgumentsDelta,
    Completed,
    ItemDone,
    ReasoningDelta,
    ResponseEvent,
    TextDelta,
)
from codex.model.retry import ModelError
from codex.net.failure import RequestError
from codex.protocol.items import FunctionCall, Message, ModelText, TokenUsage
from codex.protocol.settings import WireApi
from tests.support.model.clients import WIRES, ask, make_client, make_prompt
from tests.support.model.fake_model import (
    Call,
    Cut,
    FakeModel,
    Reasoning,
    Reply,
    Stall,
    Text,
    Usage,
)

if TYPE_CHECKING:
    from pathlib import Path

    from codex.model.client import ModelClient

PATHS = {WireApi.RESPONSES: "/v1/responses", WireApi.CHAT: "/v1/chat/completions"}


def texts(events: list[ResponseEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, TextDelta))


def failure(client: ModelClient) -> RequestError:
    with pytest.raises(RequestError) as caught:
        ask(client)
    client.close()
    return caught.value


@pytest.mark.parametrize("wire", WIRES)
def test_an_answer_is_the_same_on_both_wires(wire: WireApi) -> None:
    answer = Reply.of(
        Reasoning("First look."),
        Text("Looking at it."),
        Call("shell", {"command": ["ls"]}, "c1"),
        Call("shell", {"command": ["pwd"]}, "c2"),
        usage=Usage(input=9, cached=4, output=6, reasoning=2),
    )
    with FakeModel([answer]) as model:
        client = make_client(model.base_url, wire)
        events = ask(client)
        client.close()
    assert texts(events) == "Looking at it."
    reasoning = [event.text for event in events if isinstance(event, ReasoningDelta)]
    assert "".join(reasoning) == "First look."
    arguments = [event for event in events if isinstance(event, ArgumentsDelta)]
    assert {(event.call_id, event.name) for event in arguments} == {
        ("c1", "shell"),
        ("c2", "shell"),
    }
    assert [event.item for event in events if isinstance(event, ItemDone)][1:] == [
        Message("assistant", (ModelText("Looking at it."),)),
        FunctionCall("shell", '{"command": ["ls"]}', "c1"),
        FunctionCall("shell", '{"command": ["pwd"]}', "c2"),
    ]
    assert isinstance(events[-1], Completed)
    assert events[-1].usage == TokenUsage(9, 4, 6, 2, 15)


@pytest.mark.parametrize("wire", WIRES)
def test_a_request_goes_to_its_path_with_its_headers_and_query(wire: WireApi) -> None:
    with FakeModel([Reply.text("a")]) as model:
        client = make_client(
            model.base_url,
            wire,
            environ={"KEY": "sk-123456", "TEAM": "blue"},
            env_key="KEY",
            query_params={"api-version": "2025 04"},
            http_headers={"X-Fixed": "1"},
            env_http_headers={"X-Team": "TEAM"},
        )
        ask(client)
        client.close()
        (request,) = model.requests
    assert request.path == f"{PATHS[wire]}?api-version=2025+04"
    expected = {
        "authorization": "Bearer sk-123456",
        "content-type": "application/json",
        "accept": "text/event-stream",
        "x-fixed": "1",
        "x-team": "blue",
        "host": f"127.0.0.1:{model.port}",
    }
    assert expected.items() <= request.headers.items()
    assert request.headers["user-agent"].startswith("codex/")
    assert "originator" not in request.headers
    assert request.body["model"] == "m"


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize("framing", ["chunked", "length", "close"])
def test_every_byte_may_come_by_itself(wire: WireApi, framing: Any) -> None:
    answer = Reply.of(Text("Grüße 😀"), Call("shell", {}), framing=framing, piece_size=1)
    with FakeModel([answer]) as model:
        client = make_client(model.base_url, wire)
        assert texts(ask(client)) == "Grüße 😀"
        client.close()


@pytest.mark.parametrize("wire", WIRES)
def test_a_delta_is_seen_while_the_answer_goes_on(wire: WireApi) -> None:
    stall = Stall()
    probe = b"".join(
        piece for piece in Reply.text("one two").pieces(wire.value) if isinstance(piece, bytes)
    )
    answer = Reply.text("one two").stall_at(probe.index(b" two"), stall)
    cancel = Cancel()
    with FakeModel([answer]) as model:
        client = make_client(model.base_url, wire)
        with client.stream(make_prompt(), cancel) as stream:
            assert next(stream) == TextDelta("one")
            assert not stall.release.is_set()
            stall.release.set()
            assert isinstance(list(stream)[-1], Completed)
        client.close()
    cancel.close()


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize("framing", ["chunked", "length"])
def test_one_connection_serves_one_request_after_the_other(wire: WireApi, framing: Any) -> None:
    script = [Reply.text(text, framing=framing) for text in ("a", "b", "c")]
    with FakeModel(script) as model:
        client = make_client(model.base_url, wire)
        assert [texts(ask(client)) for _ in range(3)] == ["a", "b", "c"]
        client.close()
        assert model.connections == 1


@pytest.mark.parametrize("wire", WIRES)
def test_an_answer_ends_though_the_server_keeps_its_body_open(wire: WireApi) -> None:
    script = [Reply.text("a").stall_at(-1, Stall()), Reply.text("b")]
    with FakeModel(script) as model:
        client = make_client(model.base_url, wire)
        assert texts(ask(client)) == "a"
        assert texts(ask(client)) == "b"
        client.close()
        assert model.connections == 2


def test_a_kept_connection_that_the_server_has_closed_is_not_used() -> None:
    closing = Reply.text("a", framing="length", headers={"Connection": "close"})
    with FakeModel([closing, Reply.text("b")]) as model:
        client = make_client(model.base_url)
        assert texts(ask(client)) == "a"
        assert texts(ask(client)) == "b"
        client.close()
        assert model.connections == 2


def test_a_kept_connection_that_went_away_meanwhile_is_replaced() -> None:
    with FakeModel([Reply.text("a"), Reply.text("b")]) as model:
        client = make_client(model.base_url)
        assert texts(ask(client)) == "a"
        model.close_connections()
        assert texts(ask(client)) == "b"
        client.close()


def test_a_connection_that_was_idle_for_long_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("codex.net.http.MAX_IDLE_S", -1.0)
    with FakeModel([Reply.text("a"), Reply.text("b")]) as model:
        client = make_client(model.base_url)
        assert texts(ask(client)) == "a"
        assert texts(ask(client)) == "b"
        client.close()
        assert model.connections == 2


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize("framing", ["chunked", "length", "close"])
def test_a_cut_stream_is_a_failure_that_may_pass(wire: WireApi, framing: Any) -> None:
    answer = Reply.text("one two three", framing=framing).cut_at(400)
    with FakeModel([answer]) as model:
        error = failure(make_client(model.base_url, wire))
    assert (error.kind, error.phase, error.is_retryable) == ("stream", "stream", True)
    cause = error.message.removeprefix("the response ended before it was complete")
    # Without a framing, the end of the connection is the end of the body.
    assert cause == ("" if framing == "close" else ": the server closed the connection")


@pytest.mark.parametrize("wire", WIRES)
def test_a_reset_is_a_failure_that_may_pass(wire: WireApi) -> None:
    answer = Reply.text("one two three").cut_at(400, Cut(by_reset=True))
    with FakeModel([answer]) as model:
        error = failure(make_client(model.base_url, wire))
    assert (error.kind, error.is_retryable) == ("stream", True)


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize(
    ("status", "headers", "kind", "is_retryable", "retry_after_ms"),
    [
        (400, {}, "bad_request", False, None),
        (401, {}, "unauthorized", False, None),
        (404, {}, "not_found", False, None),
        (429, {}, "rate_limit", True, None),
        (429, {"Retry-After": "7"}, "rate_limit", True, 7000),
        (429, {"Retry-After": "700"}, "rate_limit", False, 700_000),
        # The clock of the test's Host shows 08:00:00.
        (429, {"Retry-After": "Fri, 15 Jan 2027 08:00:09 GMT"}, "rate_limit", True, 9000),
        (500, {}, "server", True, None),
        (503, {"retry-after-ms": "20"}, "overloaded", True, 20),
    ],
)
def test_a_refusal_is_told_with_the_servers_words(
    wire: WireApi,
    status: int,
    headers: dict[str, str],
    kind: str,
    is_retryable: bool,
    retry_after_ms: int | None,
) -> None:
    with FakeModel([Reply.error(status, "the reason", headers=headers)]) as model:
        error = failure(make_client(model.base_url, wire))
    assert isinstance(error, ModelError)
    assert (error.kind, error.phase, error.status) == (kind, "request", status)
    assert (error.is_retryable, error.retry_after_ms) == (is_retryable, retry_after_ms)
    assert f'"{model.base_url.removesuffix("/v1")}{PATHS[wire]}" answered {status}' in error.message
    assert "the reason" in error.message


def test_failed_and_incomplete_responses_are_failures() -> None:
    failed = {"error": {"code": "server_is_overloaded", "message": "busy"}}
    incomplete = {"incomplete_details": {"reason": "max_output_tokens"}}
    script = [
        Reply.events({"type": "response.failed", "response": failed}),
        Reply.events({"type": "response.incomplete", "response": incomplete}),
    ]
    with FakeModel(script) as model:
        client = make_client(model.base_url)
        kinds = [failure(client).kind for _ in range(2)]
    assert kinds == ["overloaded", "incomplete"]


def test_a_key_that_the_server_echoes_is_hidden() -> None:
    with FakeModel([Reply.error(401, "Incorrect API key: sk-123456")]) as model:
        error = failure(make_client(model.base_url, environ={"K": "sk-123456"}, env_key="K"))
    assert "Incorrect API key: [hidden]" in error.message
    assert error.advice == "Check the API key in the environment variable `K`."


def test_a_redirect_is_not_followed() -> None:
    with FakeModel([Reply.raw(b"", status=307, headers={"Location": "http://other/v1"})]) as model:
        error = failure(make_client(model.base_url))
    assert error.kind == "redirect"
    assert "'http://other/v1'" in error.message


def test_a_huge_error_is_cut_short() -> None:
    body = b"x" * 5_000_000
    with FakeModel([Reply.raw(body, status=500, framing="length")]) as model:
        error = failure(make_client(model.base_url))
    assert len(error.message) < 1200


def test_a_server_that_does_not_know_how_to_count_is_asked_again_without() -> None:
    refusal = Reply.raw(
        b'{"detail": [{"loc": ["body", "stream_options"], "msg": "Extra inputs"}]}',
        status=422,
        framing="length",
    )
    with FakeModel([refusal, Reply.text("a"), Reply.text("b")]) as model:
        client = make_client(model.base_url, WireApi.CHAT)
        assert texts(ask(client)) == "a"
        assert texts(ask(client)) == "b"
        client.close()
        asked = ["stream_options" in request.body for request in model.requests]
    assert asked == [True, False, False]


def test_a_refused_connection_names_the_server() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    error = failure(make_client(f"http://127.0.0.1:{port}/v1"))
    assert (error.kind, error.phase, error.is_retryable) == ("connect", "request", True)
    assert error.message == f'cannot connect to "http://127.0.0.1:{port}": Connection refused'
    assert error.advice == "Start the server, or correct base_url of the provider."


def test_localhost_is_found_whichever_family_the_server_listens_on() -> None:
    with FakeModel([Reply.text("a")]) as model:
        client = make_client(f"http://localhost:{model.port}/v1")
        assert texts(ask(client)) == "a"
        client.close()


def test_a_name_that_does_not_exist_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def getaddrinfo(*_: object, **__: object) -> list[Any]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    error = failure(make_client("http://no-such-host.invalid/v1"))
    assert (error.kind, error.is_retryable) == ("connect", True)
    assert error.message == (
        'cannot connect to "http://no-such-host.invalid": '
        "the name cannot be resolved (Name or service not known)"
    )


@pytest.mark.parametrize("cut", [Cut(), Cut(by_reset=True)])
def test_a_server_that_hangs_up_before_the_head_is_a_failure_that_may_pass(cut: Cut) -> None:
    with FakeModel([Reply.text("a", before_head=cut)]) as model:
        error = failure(make_client(model.base_url))
    assert (error.kind, error.phase, error.is_retryable) == ("connect", "request", True)
    assert "broke before a response arrived" in error.message


def test_a_server_that_does_not_speak_http_is_told_as_such() -> None:
    with FakeModel([Reply.raw(b"a", head=b"220 mail.example ESMTP\r\n")]) as model:
        error = failure(make_client(model.base_url))
    assert (error.kind, error.is_retryable) == ("protocol", False)
    assert "not HTTP" in error.message


def test_a_missing_key_is_told_before_anything_is_sent() -> None:
    with FakeModel() as model:
        error = failure(make_client(model.base_url, env_key="NO_SUCH_KEY"))
        assert error.kind == "missing_key"
        assert model.connections == 0


@pytest.mark.parametrize("wire", WIRES)
def test_an_event_of_50_mb_arrives(wire: WireApi) -> None:
    text = "x" * 50_000_000
    with FakeModel([Reply.call("shell", {"command": [text]})]) as model:
        client = make_client(model.base_url, wire)
        calls = [event.item for event in ask(client) if isinstance(event, ItemDone)]
        client.close()
    assert isinstance(calls[0], FunctionCall)
    assert len(calls[0].arguments) > 50_000_000


@pytest.mark.parametrize("wire", WIRES)
def test_an_event_that_never_ends_is_given_up(wire: WireApi) -> None:
    with FakeModel([Reply.raw(b"data: ", *[b"x" * 1_000_000] * 80)]) as model:
        error = failure(make_client(model.base_url, wire))
    assert (error.kind, error.is_retryable) == ("protocol", False)


def test_a_fixture_replaces_the_server(tmp_path: Path) -> None:
    item = '{"type":"message","role":"assistant","content":[{"type":"output_text","text":"hi"}]}'
    fixture = tmp_path / "fixture.sse"
    fixture.write_text(
        f'event: x\ndata: {{"type":"response.output_item.done","item":{item}}}\n'
        'data: {"type":"response.completed","response":{"id":"resp_f","output":[]}}\n',
        encoding="utf-8",
    )
    client = make_client(
        "http://nowhere.invalid/v1", environ={"CODEX_RS_SSE_FIXTURE": str(fixture)}
    )
    for _ in range(2):
        assert ask(client) == [
            ItemDone(Message("assistant", (ModelText("hi"),))),
            Completed("resp_f", None),
        ]
    client.close()


def test_a_missing_fixture_is_named() -> None:
    error = failure(make_client("http://x/v1", environ={"CODEX_RS_SSE_FIXTURE": "/none.sse"}))
    assert '"/none.sse" (named by CODEX_RS_SSE_FIXTURE)' in error.message
