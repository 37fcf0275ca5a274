from __future__ import annotations

import pytest

from codex.sandbox.output import NOT_SHOWN, CappedOutput, LiveLimits, LiveOutput

LIMITS = LiveLimits(interval_s=1.0, chunk_bytes=8, total_bytes=20)


def capped(*chunks: bytes, max_bytes: int = 20, max_lines: int = 6) -> str:
    output = CappedOutput(max_bytes=max_bytes, max_lines=max_lines)
    for chunk in chunks:
        output.add(chunk)
    return output.text()


def test_what_fits_is_kept_whole() -> None:
    assert capped() == ""
    assert capped(b"abc\n", b"def\n") == "abc\ndef\n"
    assert capped(b"x" * 20) == "x" * 20
    assert capped(b"\n" * 6) == "\n" * 6


def test_too_many_bytes_leave_head_and_tail_with_the_cut_announced_between() -> None:
    assert capped(b"0123456789abcdefghijKLMNO") == (
        "0123456789\n[... 5 bytes, 0 lines left out ...]\nfghijKLMNO"
    )


def test_too_many_lines_leave_the_first_and_the_last() -> None:
    lines = b"".join(b"%d\n" % number for number in range(8))
    assert capped(lines, max_bytes=100) == (
        "0\n1\n2\n[... 4 bytes, 2 lines left out ...]\n5\n6\n7\n"
    )


def test_a_last_line_without_an_end_counts_as_a_line() -> None:
    assert capped(b"0\n1\n2\n3\n4\n5\n6\n7", max_bytes=100).endswith("out ...]\n5\n6\n7")


def test_the_cut_falls_between_lines_where_they_are_short() -> None:
    assert capped(b"12345678\nabcdefgh\nABCDEFGH\n") == (
        "12345678\n[... 9 bytes, 1 lines left out ...]\nABCDEFGH\n"
    )


def test_the_cut_never_splits_a_character() -> None:
    text = capped("€".encode() * 10)
    assert text == "€€€\n[... 12 bytes, 0 lines left out ...]\n€€€"


def test_bytes_that_are_no_text_are_replaced() -> None:
    assert capped(b"a\xff\xfeb") == "a\ufffd\ufffdb"
    assert "\ufffd" in capped(bytes(range(128, 192)))


def test_the_counts_hold_however_the_output_arrives() -> None:
    data = b"".join(b"line %d\n" % number for number in range(1000))
    whole = capped(data, max_bytes=1000, max_lines=50)
    assert whole == capped(
        *(data[i : i + 7] for i in range(0, len(data), 7)), max_bytes=1000, max_lines=50
    )
    assert whole.count("\n") == 51
    assert "950 lines left out" in whole


def test_newlines_may_be_counted_by_the_caller() -> None:
    output = CappedOutput(max_lines=2)
    output.add(b"a\nb\nc\n", newlines=3)
    assert "1 lines left out" in output.text()


def test_the_first_bytes_pass_at_once() -> None:
    live = LiveOutput(LIMITS)
    assert live.add(b"a", 10.0) == "a"
    assert live.due_at() is None


def test_later_bytes_gather_until_they_are_due() -> None:
    live = LiveOutput(LIMITS)
    live.add(b"a", 10.0)
    assert live.add(b"b", 10.5) == ""
    assert live.due_at() == 11.0
    assert live.flush(11.0) == "b"
    assert live.due_at() is None
    assert live.add(b"c", 12.0) == "c"


def test_a_large_piece_does_not_wait() -> None:
    live = LiveOutput(LIMITS)
    live.add(b"a", 10.0)
    assert live.add(b"12345678", 10.1) == "12345678"


def test_a_character_that_arrives_in_two_pieces_passes_in_one() -> None:
    live = LiveOutput(LIMITS)
    assert live.add("é".encode()[:1], 0.0) == ""
    assert live.add("é".encode()[1:], 2.0) == "é"


def test_a_character_that_never_ends_is_replaced_at_the_end() -> None:
    live = LiveOutput(LIMITS)
    live.add("é".encode()[:1], 0.0)
    assert live.close() == "\ufffd"


def test_what_is_too_much_is_announced_once_and_then_dropped() -> None:
    live = LiveOutput(LIMITS)
    assert live.add(b"x" * 20, 0.0) == "x" * 20
    assert live.add(b"y", 2.0) == NOT_SHOWN
    assert live.add(b"z", 4.0) == ""
    assert live.close() == ""


@pytest.mark.parametrize("size", [19, 20])
def test_what_is_just_enough_is_not_announced(size: int) -> None:
    live = LiveOutput(LIMITS)
    assert live.add(b"x" * size, 0.0) + live.close() == "x" * size
