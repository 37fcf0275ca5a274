"""Any chunking of a stream of server-sent events gives the same events."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from codex.net.sse import SseParser

LINE = st.one_of(
    st.sampled_from(
        [b"", b"data: a", b"data:", b"data", b": c", b"event: x", b"data:  \xff", b"x"]
    ),
    st.binary(max_size=8).map(lambda raw: raw.translate(None, b"\r\n")),
    st.text(alphabet="é世😀 a", max_size=5).map(lambda text: b"data: " + text.encode()),
)
END = st.sampled_from([b"\n", b"\r", b"\r\n"])
STREAM = st.builds(
    lambda mark, lines: mark + b"".join(line + end for line, end in lines),
    st.sampled_from([b"", b"\xef\xbb\xbf"]),
    st.lists(st.tuples(LINE, END), max_size=20),
)


def parse(chunks: list[bytes]) -> list[str]:
    parser = SseParser()
    return [event for chunk in chunks for event in parser.feed(chunk)] + parser.finish()


def split(data: bytes, cuts: list[int]) -> list[bytes]:
    places = sorted({0, *(cut % (len(data) + 1) for cut in cuts), len(data)})
    return [data[start:end] for start, end in pairwise(places)]


@given(STREAM, st.lists(st.integers(0, 1000), max_size=10))
def test_any_chunking_parses_alike(stream: bytes, cuts: list[int]) -> None:
    assert parse(split(stream, cuts)) == parse([stream])


@given(STREAM)
def test_byte_by_byte_parses_alike(stream: bytes) -> None:
    assert parse([stream[at : at + 1] for at in range(len(stream))]) == parse([stream])


@given(st.binary(max_size=300), st.lists(st.integers(0, 300), max_size=5))
def test_any_bytes_parse_alike_and_without_an_error(stream: bytes, cuts: list[int]) -> None:
    assert parse(split(stream, cuts)) == parse([stream])


@given(st.lists(st.text(alphabet=st.characters(exclude_categories=["Cs"])), max_size=10))
def test_what_was_sent_is_what_arrives(texts: list[str]) -> None:
    payloads = [text.replace("\r", "") for text in texts]
    stream = b"".join(
        b"".join(b"data: " + line.encode() + b"\n" for line in payload.split("\n")) + b"\n"
        for payload in payloads
    )
    assert parse([stream]) == payloads
