"""Server-sent events: bytes in, data out."""

from __future__ import annotations

import pytest

from codex.net.failure import RequestError
from codex.net.sse import SseParser


def parse(*chunks: bytes) -> list[str]:
    parser = SseParser()
    events = [event for chunk in chunks for event in parser.feed(chunk)]
    return events + parser.finish()


@pytest.mark.parametrize("end", [b"\n", b"\r", b"\r\n"])
def test_every_line_end_ends_a_line(end: bytes) -> None:
    assert parse(end.join([b"data: a", b"", b"data: b", b"", b""])) == ["a", "b"]


def test_an_event_is_given_as_soon_as_its_blank_line_has_come() -> None:
    parser = SseParser()
    assert parser.feed(b"data: a\n") == []
    assert parser.feed(b"\n") == ["a"]


def test_an_event_does_not_wait_for_the_second_half_of_crlf() -> None:
    parser = SseParser()
    assert parser.feed(b"data: a\r\n\r") == ["a"]
    assert parser.feed(b"\ndata: b\r\n\r\n") == ["b"]


def test_a_byte_order_mark_is_skipped_however_it_is_split() -> None:
    assert parse(b"\xef", b"\xbb", b"\xbf", b"data: a\n\n") == ["a"]


def test_a_byte_order_mark_is_skipped_only_at_the_start() -> None:
    assert parse(b"data: a\n\n\xef\xbb\xbfdata: b\n\n") == ["a"]


def test_data_lines_are_joined_by_line_feeds() -> None:
    assert parse(b"data: a\r\ndata: b\ndata:\ndata: c\n\n") == ["a\nb\n\nc"]


def test_one_space_after_the_colon_is_no_data() -> None:
    assert parse(b"data:  a\n\ndata:b\n\ndata\n\n") == [" a", "b", ""]


def test_comments_other_fields_and_events_without_data_are_nothing() -> None:
    stream = b": hi\n\nevent: x\nid: 1\nretry: 5\n\nevent: y\ndata: a\ndatax: b\n\n:\n\n"
    assert parse(stream) == ["a"]


def test_invalid_utf8_is_replaced() -> None:
    assert parse(b"data: a\xff\xc3b\n\n") == ["a\ufffd\ufffdb"]


def test_a_character_may_be_split_over_chunks() -> None:
    data = "data: é€😀\n\n".encode()
    assert parse(*(data[at : at + 1] for at in range(len(data)))) == ["é€😀"]


@pytest.mark.parametrize("end", [b"", b"\n", b"\r", b"\r\n"])
def test_a_last_event_needs_no_blank_line(end: bytes) -> None:
    assert parse(b"data: a\n\ndata: b" + end) == ["a", "b"]


def test_an_empty_stream_has_no_events() -> None:
    assert parse() == []
    assert parse(b"", b"\n\n") == []


def test_only_line_ends_of_the_format_end_a_line() -> None:
    assert parse("data: a\x0b\x0c\x1c\x85\u2028b\n\n".encode()) == ["a\x0b\x0c\x1c\x85\u2028b"]


@pytest.mark.parametrize("chunk_bytes", [100, 1_000_000])
def test_an_event_of_50_mb_arrives_whole(chunk_bytes: int) -> None:
    parser = SseParser()
    chunk = b"x" * chunk_bytes
    parser.feed(b"data: ")
    for _ in range(50_000_000 // chunk_bytes):
        assert parser.feed(chunk) == []
    (event,) = parser.feed(b"\n\n")
    assert len(event) == 50_000_000


def test_a_line_that_outgrows_the_limit_is_an_error() -> None:
    parser = SseParser(max_event_bytes=1000)
    parser.feed(b"data: " + b"x" * 900)
    with pytest.raises(RequestError, match="more than 1,000 bytes") as caught:
        parser.feed(b"x" * 100)
    assert caught.value.kind == "protocol"
    assert not caught.value.is_retryable


def test_data_lines_that_outgrow_the_limit_together_are_an_error() -> None:
    parser = SseParser(max_event_bytes=1000)
    with pytest.raises(RequestError, match="more than 1,000 bytes"):
        parser.feed(b"data:\n" * 1000)


def test_the_limit_is_one_of_each_event() -> None:
    parser = SseParser(max_event_bytes=1000)
    for _ in range(5):
        assert parser.feed(b"data: " + b"x" * 900 + b"\n\n") == ["x" * 900]
