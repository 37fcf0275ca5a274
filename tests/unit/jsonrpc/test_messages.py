"""Lines and messages of JSON-RPC."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codex.jsonrpc.messages import (
    INTERNAL_ERROR,
    INVALID_REQUEST,
    PARSE_ERROR,
    InvalidMessage,
    LineBuffer,
    RpcFailure,
    RpcMessage,
    RpcNotification,
    RpcRequest,
    RpcResponse,
    encode_message,
    parse_messages,
)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=6,
)
IDS = st.integers(-(2**53), 2**53) | st.text(max_size=8)
PARAMS = st.none() | st.dictionaries(st.text(max_size=4), JSON)
MESSAGES = st.one_of(
    st.builds(RpcRequest, IDS, st.text(max_size=8), PARAMS),
    st.builds(RpcNotification, st.text(max_size=8), PARAMS),
    st.builds(RpcResponse, IDS, JSON),
    st.builds(RpcFailure, st.none() | IDS, st.integers(-40000, 0), st.text(max_size=8), JSON),
)


@given(MESSAGES)
def test_what_is_written_is_read_again(message: RpcMessage) -> None:
    assert parse_messages(encode_message(message)) == [message]


@given(st.lists(MESSAGES, max_size=4), st.data())
def test_lines_are_whole_whatever_the_pieces(
    messages: list[RpcMessage], data: st.DataObject
) -> None:
    stream = b"".join(encode_message(message) + b"\n" for message in messages)
    buffer = LineBuffer()
    lines = []
    while stream:
        size = data.draw(st.integers(1, len(stream)))
        lines += buffer.feed(stream[:size])
        stream = stream[size:]
    assert [message for line in lines for message in parse_messages(line)] == messages


@given(st.binary(max_size=60))
def test_no_bytes_raise(line: bytes) -> None:
    for message in parse_messages(line):
        assert isinstance(
            message, RpcRequest | RpcNotification | RpcResponse | RpcFailure | InvalidMessage
        )


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        (b"[]", InvalidMessage(None, INVALID_REQUEST, "an empty batch")),
        (b"3", InvalidMessage(None, INVALID_REQUEST, "a message must be an object")),
        (b'{"id":7,"method":3}', InvalidMessage(7, INVALID_REQUEST, "`method` must be a string")),
        (b'{"id":7}', InvalidMessage(7, INVALID_REQUEST, "neither a request nor a response")),
        (b'{"id":null,"method":"x"}', None),
        (b'{"id":true,"method":"x"}', None),
        (b'{"id":1.5,"method":"x"}', None),
        (b'{"id":1,"method":"x","params":"no"}', None),
    ],
)
def test_what_is_no_message_says_why(line: bytes, wanted: InvalidMessage | None) -> None:
    (found,) = parse_messages(line)
    assert isinstance(found, InvalidMessage)
    assert found.code == INVALID_REQUEST
    assert wanted in (None, found)


def test_text_that_is_no_json_is_a_parse_error() -> None:
    (found,) = parse_messages(b"{nope")
    assert isinstance(found, InvalidMessage)
    assert (found.id, found.code) == (None, PARSE_ERROR)


def test_a_batch_is_taken_apart_with_what_is_wrong_in_it() -> None:
    found = parse_messages(b'[{"method":"a"},{"id":1,"result":2},7]')
    assert found[:2] == [RpcNotification("a", None), RpcResponse(1, 2)]
    assert isinstance(found[2], InvalidMessage)


def test_an_error_without_its_members_is_still_an_error() -> None:
    assert parse_messages(b'{"id":1,"error":{}}') == [
        RpcFailure(1, INTERNAL_ERROR, "an error without a message", None)
    ]


def test_a_line_that_is_too_long_is_dropped_and_the_next_one_kept() -> None:
    buffer = LineBuffer(max_line_bytes=10)
    assert buffer.feed(b"x" * 8) == []
    assert buffer.feed(b"x" * 8) == []
    assert buffer.feed(b"xx\nshort\n  \n") == [b"short"]
    assert buffer.dropped_count == 1
