from __future__ import annotations

import pytest

from codex.apply_patch.text import decode_file, encode_file, readable
from codex.base.errors import PatchError

LATIN_1 = "déjà vu\n".encode("latin-1")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n",
        b"a",
        b"a\nb\n",
        b"a\r\nb\nc\r\n\r\nd",
        b"a\rb\r",
        b"\xef\xbb\xbfa\n",
        b"\xff\x00\xfe\n\x80",
        LATIN_1,
        "\ufeffa\r\nb\n".encode("utf-16-le"),
        "\ufeffa\r\nb\n".encode("utf-16-be"),
        "\ufeffa\n".encode("utf-32-le"),
        "\ufeffa\n".encode("utf-32-be"),
        b"\xff\xfe\x00\xd8",
        "a\x0bb\x0cc\u2028d\x85e\n".encode(),
    ],
)
def test_every_file_comes_out_as_it_went_in(data: bytes) -> None:
    assert encode_file(decode_file(data)) == data


def test_lines_end_at_line_feeds_only() -> None:
    text = decode_file("a\x0cb\u2028c\rd\r\ne".encode())
    assert text.lines == ("a\x0cb\u2028c\rd", "e")
    assert text.endings == ("\r\n", "")


def test_the_byte_order_mark_is_no_part_of_the_first_line() -> None:
    assert decode_file(b"\xef\xbb\xbfa\n").lines == ("a",)
    assert decode_file("\ufeffa\n".encode("utf-16-le")).lines == ("a",)


def test_only_a_missing_newline_at_the_end_counts_as_missing() -> None:
    assert decode_file(b"").has_final_newline
    assert decode_file(b"a\n").has_final_newline
    assert not decode_file(b"a\nb").has_final_newline


def test_a_few_stray_bytes_leave_a_file_utf_8() -> None:
    assert not decode_file("häßlich\n".encode() + b"\xff\n").is_guess
    assert decode_file(LATIN_1).is_guess
    assert not decode_file(b"plain\n").is_guess
    assert not decode_file("größer\n".encode()).is_guess


def test_a_broken_promise_of_utf_16_is_refused() -> None:
    with pytest.raises(PatchError, match="says utf-16-le, but the rest is not valid utf-16-le"):
        decode_file(b"\xff\xfea")


def test_people_see_a_replacement_character_for_what_is_no_text() -> None:
    assert readable(LATIN_1) == "d\ufffdj\ufffd vu\n"
    assert readable("\ufeffaé\n".encode("utf-16-le")) == "aé\n"
