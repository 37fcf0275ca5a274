"""The fake model server, as seen by the standard library's HTTP client."""

from __future__ import annotations

import http.client
import json
import ssl
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.model.certificates import make_authority, make_certificate
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

CONVERSATION = Reply.of(
    Reasoning("First the files."),
    Text("Looking at it."),
    Call("shell", {"command": ["ls", "-l"]}, "c1"),
    Call("shell", "{broken", "c2"),
    usage=Usage(input=7, cached=3, output=4, reasoning=2),
)


@contextmanager
def connect(model: FakeModel) -> Iterator[http.client.HTTPConnection]:
    with closing(http.client.HTTPConnection("127.0.0.1", model.port, timeout=30)) as connection:
        yield connection


def ask(model: FakeModel, path: str = "/v1/responses") -> bytes:
    """Send one request on a connection of its own; return the body of the answer."""
    with connect(model) as connection:
        return post(connection, path)


def post(connection: http.client.HTTPConnection, path: str = "/v1/responses") -> bytes:
    connection.request("POST", path, b'{"model": "m"}', {"Authorization": "Bearer k"})
    return connection.getresponse().read()


def events(body: bytes) -> list[Any]:
    lines = [line[6:] for line in body.decode().split("\n\n") if line]
    return ["[DONE]" if line == "[DONE]" else json.loads(line) for line in lines]


def test_a_conversation_is_rendered_for_responses() -> None:
    with FakeModel([CONVERSATION]) as model:
        got = events(ask(model))
    items = [event["item"] for event in got if event["type"] == "response.output_item.done"]
    assert [item["type"] for item in items] == [
        "reasoning",
        "message",
        "function_call",
        "function_call",
    ]
    assert items[2]["arguments"] == '{"command": ["ls", "-l"]}'
    assert items[3]["arguments"] == "{broken"
    deltas = [event for event in got if event["type"] == "response.output_text.delta"]
    assert "".join(event["delta"] for event in deltas) == "Looking at it."
    assert len(deltas) > 1
    assert got[-1]["type"] == "response.completed"
    assert got[-1]["response"]["output"] == items
    assert got[-1]["response"]["usage"]["input_tokens_details"] == {"cached_tokens": 3}


def test_a_conversation_is_rendered_for_chat() -> None:
    with FakeModel([CONVERSATION]) as model:
        got = events(ask(model, "/v1/chat/completions"))
    assert got[-1] == "[DONE]"
    assert got[-2]["usage"]["prompt_tokens"] == 7
    assert got[-3]["choices"][0]["finish_reason"] == "tool_calls"
    deltas = [chunk["choices"][0]["delta"] for chunk in got[:-2]]
    assert "".join(delta.get("content", "") for delta in deltas) == "Looking at it."
    assert "".join(delta.get("reasoning_content", "") for delta in deltas) == "First the files."
    calls = [call for delta in deltas for call in delta.get("tool_calls", [])]
    second = [call["function"]["arguments"] for call in calls if call["index"] == 1]
    assert "".join(second) == "{broken"


def test_requests_are_recorded_in_order() -> None:
    with FakeModel([Reply.text("a"), Reply.text("b")]) as model, connect(model) as connection:
        post(connection, "/v1/responses?api-version=1")
        post(connection, "/v1/chat/completions")
        first, second = model.next_request(), model.next_request()
        assert model.requests == [first, second]
        assert model.connections == 1
    assert first.path == "/v1/responses?api-version=1"
    assert (first.wire, second.wire) == ("responses", "chat")
    assert first.headers["authorization"] == "Bearer k"
    assert first.body == {"model": "m"}


def test_a_reply_may_depend_on_the_request() -> None:
    with FakeModel() as model:
        model.add(lambda request: Reply.raw(request.raw))
        assert ask(model) == b'{"model": "m"}'


def test_an_exhausted_script_and_an_unknown_path_say_so() -> None:
    with FakeModel() as model, connect(model) as connection:
        assert b"no reply left" in post(connection)
        assert b"no such path" in post(connection, "/v1/other")


def test_an_error_has_its_status_its_headers_and_its_message() -> None:
    reply = Reply.error(429, "slow", code="x", headers={"Retry-After": "3"})
    with FakeModel([reply]) as model, connect(model) as connection:
        connection.request("POST", "/v1/responses", b"{}")
        response = connection.getresponse()
        assert (response.status, response.headers["Retry-After"]) == (429, "3")
        assert json.loads(response.read()) == {"error": {"message": "slow", "code": "x"}}


@pytest.mark.parametrize("framing", ["chunked", "length", "close"])
def test_a_body_arrives_whole_under_every_framing(framing: Any) -> None:
    reply = Reply.raw(b"one", b"two", b"three", framing=framing, piece_size=2)
    with FakeModel([reply]) as model:
        assert ask(model) == b"onetwothree"


@pytest.mark.parametrize("framing", ["chunked", "length"])
def test_a_cut_ends_the_body_at_its_byte(framing: Any) -> None:
    reply = Reply.raw(b"abcdef", framing=framing).cut_at(4)
    with FakeModel([reply]) as model, pytest.raises(http.client.IncompleteRead) as caught:
        ask(model)
    assert caught.value.partial == b"abcd"


def test_a_reset_is_seen_as_one() -> None:
    stall = Stall()
    reply = Reply.raw(b"abcdef").stall_at(3, stall).cut_at(3, Cut(by_reset=True))
    with FakeModel([reply]) as model, connect(model) as connection:
        connection.request("POST", "/v1/responses", b"{}")
        response = connection.getresponse()
        assert response.read(3) == b"abc"
        stall.release.set()
        with pytest.raises(ConnectionResetError):
            response.read()


def test_a_cut_before_the_head_leaves_nothing_to_read() -> None:
    with (
        FakeModel([Reply.text("a", before_head=Cut())]) as model,
        pytest.raises(http.client.RemoteDisconnected),
    ):
        ask(model)


def test_a_head_may_be_anything() -> None:
    with (
        FakeModel([Reply.raw(b"", head=b"hello\r\n")]) as model,
        pytest.raises(http.client.BadStatusLine),
    ):
        ask(model)


def test_a_stall_holds_the_body_until_released() -> None:
    stall = Stall()
    reply = Reply.raw(b"abcdef", framing="length").stall_at(2, stall)
    with FakeModel([reply]) as model, connect(model) as connection:
        connection.request("POST", "/v1/responses", b"{}")
        response = connection.getresponse()
        assert response.read(2) == b"ab"
        assert stall.reached.wait(30)
        stall.release.set()
        assert response.read() == b"cdef"


def test_closing_ends_a_stall_before_the_head() -> None:
    stall = Stall()
    with FakeModel([Reply.text("never", before_head=stall)]) as model, connect(model) as connection:
        connection.request("POST", "/v1/responses", b"{}")
        assert stall.reached.wait(30)
        model.close()
        with pytest.raises((http.client.HTTPException, ConnectionError)):
            connection.getresponse()


def test_tls_is_spoken_with_a_certificate_of_the_test(tmp_path: Path) -> None:
    authority = make_authority(tmp_path)
    context = ssl.create_default_context(cafile=authority.certificate)
    with FakeModel([Reply.text("hi")], certificate=make_certificate(tmp_path, authority)) as model:
        assert model.base_url.startswith("https://")
        connection = http.client.HTTPSConnection("127.0.0.1", model.port, context=context)
        assert events(post(connection))[-1]["type"] == "response.completed"
        connection.close()
