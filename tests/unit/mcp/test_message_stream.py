"""Messages in server-sent events, however they are cut into pieces and connections."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from codex.jsonrpc.messages import InvalidMessage, RpcNotification, RpcResponse
from codex.mcp.message_stream import LONGEST_PAUSE_S, PAUSE_S, MessageStream

BODY = (
    b"id: 1\nretry: 700\ndata:\n\n"
    b': words\nevent: message\nid: 2\ndata: {"method": "m"}\n\n'
    b'event: other\ndata: {"method": "not this"}\n\n'
    b"data: nonsense\n\n"
    b'id: 3\ndata: {"id": 7,\ndata: "result": "\xc3\xbc"}\n\n'
)


@given(st.lists(st.integers(0, len(BODY)), max_size=6))
def test_messages_do_not_depend_on_the_pieces(cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), len(BODY)]
    stream = MessageStream(7)
    found = []
    for start, end in itertools.pairwise(edges):
        found += stream.feed(BODY[start:end])
    assert [type(message) for message in found] == [RpcNotification, InvalidMessage, RpcResponse]
    assert found[-1] == RpcResponse(7, "ü")
    assert stream.is_answered
    assert stream.last_event_id == "3"
    assert stream.pause_s() == 0.7


def test_the_next_connection_knows_where_the_last_one_was() -> None:
    stream = MessageStream(7)
    assert stream.pause_s() == PAUSE_S
    stream.feed(b'id: 1\ndata: {"method"')
    stream.feed(b"\n\nretry: 9000000\n\n")
    assert stream.pause_s() == LONGEST_PAUSE_S
    assert stream.feed(b'data: {"method": "m"}\n\n') == [RpcNotification("m", None)]
    assert (stream.last_event_id, stream.pause_s()) == ("1", LONGEST_PAUSE_S)
    assert not stream.is_answered


def test_a_stream_for_nobody_is_never_answered() -> None:
    stream = MessageStream(None)
    stream.feed(b'data: {"id": null, "error": {"code": 1, "message": "x"}}\n\n')
    assert not stream.is_answered
