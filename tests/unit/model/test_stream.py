"""ModelStream: from the bytes of a response to its events, on both wires, without a server."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from codex.base.errors import Interrupted
from codex.model.chat import ChatDecoder
from codex.model.client import END_GRACE_S, ModelStream
from codex.model.event import Completed, ItemDone, ResponseEvent, TextDelta
from codex.model.responses import ResponsesDecoder
from codex.model.retry import ModelError
from codex.protocol.items import Message, ModelText
from tests.support.model.pieces import Pieces
from tests.support.model.reply import Call, Reasoning, Reply, Text, sse

if TYPE_CHECKING:
    from collections.abc import Iterable

    from codex.model.client import Decoder

WIRES = ("responses", "chat")
ANSWER = Reply.of(Reasoning("Härdle"), Text("Grüße, 世界 😀"), Call("shell", {"command": ["ls"]}))


def decoder(wire: str) -> Decoder:
    return ResponsesDecoder() if wire == "responses" else ChatDecoder()


def whole(reply: Reply, wire: str) -> bytes:
    """Return the body of a reply, with non-ASCII characters as UTF-8 instead of escapes."""
    body = b"".join(piece for piece in reply.pieces(wire) if isinstance(piece, bytes))
    events = [line.removeprefix(b"data: ") for line in body.split(b"\n\n") if line]
    texts = [
        data.decode() if data == b"[DONE]" else json.dumps(json.loads(data), ensure_ascii=False)
        for data in events
    ]
    return sse(texts)


def read(
    wire: str, pieces: Iterable[bytes], error: Exception | None = None
) -> tuple[list[ResponseEvent], Pieces]:
    """Return the events of an answer in these pieces, and their source."""
    source = Pieces(pieces, error)
    with ModelStream(source, decoder(wire)) as stream:
        return list(stream), source


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_a_boundary_at_any_byte_changes_nothing(wire: str, end: bytes) -> None:
    body = whole(ANSWER, wire).replace(b"\n", end)
    expected, _ = read(wire, [body])
    items = [event.item for event in expected if isinstance(event, ItemDone)]
    assert Message("assistant", (ModelText("Grüße, 世界 😀"),)) in items
    assert isinstance(expected[-1], Completed)
    for at in range(len(body) + 1):
        assert read(wire, [body[:at], body[at:]])[0] == expected, at
    assert read(wire, (body[at : at + 1] for at in range(len(body))))[0] == expected


def outcome(wire: str, source: Pieces) -> str | list[ResponseEvent]:
    """Return the items of an answer, or the kind of its error."""
    try:
        with ModelStream(source, decoder(wire)) as stream:
            return [event for event in stream if isinstance(event, ItemDone)]
    except ModelError as error:
        return error.kind


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize("error", [None, ModelError("reset", kind="stream")])
def test_a_cut_at_any_byte_is_an_error_or_the_whole_answer(
    wire: str, error: ModelError | None
) -> None:
    body = whole(ANSWER, wire)
    items = outcome(wire, Pieces([body]))
    failures = 0
    for at in range(len(body) + 1):
        source = Pieces([body[:at]], error)
        result = outcome(wire, source)
        if result == "stream":
            failures += 1
            assert source.fate == "discarded"
        else:
            assert result == items
            assert source.fate == "released"
    assert len(body) / 2 < failures <= len(body)


@pytest.mark.parametrize("wire", WIRES)
def test_the_answer_ends_with_its_last_event_though_more_may_follow(wire: str) -> None:
    source = Pieces([whole(Reply.text("a"), wire) + b"data: {broken", b"never read"])
    stream = ModelStream(source, decoder(wire))
    events = list(stream)
    assert isinstance(events[-1], Completed)
    assert source.fate == "released"
    assert source.read() == b"never read"


@pytest.mark.parametrize("wire", WIRES)
def test_the_connection_is_given_back_before_completed_is_seen(wire: str) -> None:
    source = Pieces([whole(Reply.text("a"), wire)])
    with ModelStream(source, decoder(wire)) as stream:
        for event in stream:
            if isinstance(event, Completed):
                break
        assert source.fate == "released"
    assert source.fate == "released"


def test_a_stream_that_is_left_early_gives_its_connection_up() -> None:
    source = Pieces([whole(Reply.text("a b"), "chat")])
    with ModelStream(source, decoder("chat")) as stream:
        assert next(stream) == TextDelta("a")
    assert source.fate == "discarded"
    assert list(stream) == []


@pytest.mark.parametrize("wire", WIRES)
def test_invalid_utf8_costs_a_character_and_not_the_answer(wire: str) -> None:
    body = whole(Reply.text("abc"), wire).replace(b"abc", b"a\xffc")
    events, _ = read(wire, [body])
    assert ItemDone(Message("assistant", (ModelText("a\ufffdc"),))) in events


@pytest.mark.parametrize("wire", WIRES)
def test_half_an_emoji_costs_a_character_and_not_the_answer(wire: str) -> None:
    body = whole(Reply.text("abc"), wire).replace(b"abc", rb"a\ud83dc")
    events, _ = read(wire, [body])
    assert ItemDone(Message("assistant", (ModelText("a?c"),))) in events


@pytest.mark.parametrize("wire", WIRES)
def test_data_that_is_no_json_object_is_passed_over(wire: str) -> None:
    junk = b"data: {broken\n\ndata: 5\n\ndata:\n\ndata: [[[\n\n: comment\n\nevent: ping\n\n"
    body = whole(Reply.text("a"), wire)
    assert read(wire, [b"\n" + junk + body])[0] == read(wire, [body])[0]


@pytest.mark.parametrize(
    "event",
    [
        b"[" * 100_000,
        b'{"error":' * 1000 + b"1" + b"}" * 1000,
        b'{"choices": [{"delta": {"content": ' + b"[" * 900 + b"]" * 900 + b"}}]}",
        # Only the lenient reader accepts half an emoji.
        b'{"a": "\\ud83d", "b": ' + b"[" * 500 + b"]" * 500 + b"}",
        b'{"a": "\\ud83d", "b": ' + b"9" * 30 + b"}",
    ],
)
@pytest.mark.parametrize("wire", WIRES)
def test_json_that_is_beyond_measure_is_passed_over(wire: str, event: bytes) -> None:
    body = whole(Reply.text("a"), wire)
    deep = b"data: " + event + b"\n\n"
    assert read(wire, [b"\n" + deep + body])[0] == read(wire, [body])[0]


def test_done_may_lack_its_brackets() -> None:
    chunk = {"choices": [{"delta": {"content": "a"}}]}
    events, _ = read("chat", [sse([chunk, "DONE"])])
    assert isinstance(events[-1], Completed)


def test_behind_the_finish_reason_only_a_short_silence_is_borne() -> None:
    chunk = {"choices": [{"delta": {"content": "a"}, "finish_reason": "stop"}]}
    events, source = read("chat", [sse([chunk])], ModelError("silent", kind="timeout"))
    assert isinstance(events[-1], Completed)
    assert source.timeouts == [END_GRACE_S]


def test_an_interrupt_behind_the_finish_reason_is_one() -> None:
    chunk = {"choices": [{"delta": {"content": "a"}, "finish_reason": "stop"}]}
    with pytest.raises(Interrupted):
        read("chat", [sse([chunk])], Interrupted())


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize(
    ("body", "kind", "text"),
    [
        (b'{"id": "x", "object": "chat.completion"}', "protocol", "not answer with a stream"),
        (b'{"detail": "wrong door"}', "protocol", "wrong door"),
        (b'{"error": {"message": "no", "code": "insufficient_quota"}}', "quota", "no"),
        (b"  <html><title>Log in</title>", "protocol", "Log in"),
        (b"[1, 2]", "protocol", "not answer with a stream"),
    ],
)
def test_a_body_that_is_no_stream_is_an_error_that_shows_it(
    wire: str, body: bytes, kind: str, text: str
) -> None:
    with pytest.raises(ModelError, match=text) as caught:
        read(wire, [body[:3], body[3:]])
    assert caught.value.kind == kind


@pytest.mark.parametrize("wire", WIRES)
def test_an_empty_body_is_a_stream_that_was_cut(wire: str) -> None:
    with pytest.raises(ModelError) as caught:
        read(wire, [])
    assert caught.value.kind == "stream"


def test_a_secret_that_the_server_echoes_is_hidden() -> None:
    event = {"type": "error", "message": "bad key sk-123456"}
    stream = ModelStream(Pieces([sse([event])]), ResponsesDecoder(), ("sk-123456",))
    with pytest.raises(ModelError) as caught:
        list(stream)
    stream.close()
    assert "[hidden]" in str(caught.value)
    assert "sk-123456" not in str(caught.value)


@pytest.mark.parametrize("wire", WIRES)
def test_an_answer_of_50_mb_in_one_event_arrives(wire: str) -> None:
    text = "x" * 50_000_000
    delta: Any = {"type": "response.output_text.delta", "delta": text}
    if wire == "chat":
        delta = {"choices": [{"delta": {"content": text}}]}
    body = sse([delta]) + whole(Reply.text("."), wire)
    pieces = [body[at : at + 65536] for at in range(0, len(body), 65536)]
    events, _ = read(wire, pieces)
    assert events[0] == TextDelta(text)
    assert isinstance(events[-1], Completed)
