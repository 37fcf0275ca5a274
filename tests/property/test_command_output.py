"""A command's output under any text, any limits and any chunking."""

from __future__ import annotations

import re
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from codex.sandbox.output import CappedOutput, LiveLimits, LiveOutput

TEXT = st.text(st.sampled_from("ab\n\n é€😀\t"), max_size=300)
CUTS = st.lists(st.integers(0, 1200), max_size=8)
MARKER = re.compile(r"\n?\[\.\.\. (\d+) bytes, (\d+) lines left out \.\.\.\]\n")


def chunks(data: bytes, cuts: list[int]) -> list[bytes]:
    edges = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    return [data[start:end] for start, end in pairwise(edges)]


@given(TEXT, CUTS, st.integers(16, 400), st.integers(2, 40))
def test_head_and_tail_are_of_the_text_and_the_counts_add_up(
    text: str, cuts: list[int], max_bytes: int, max_lines: int
) -> None:
    data = text.encode()
    output = CappedOutput(max_bytes=max_bytes, max_lines=max_lines)
    for chunk in chunks(data, cuts):
        output.add(chunk)
    kept = output.text()
    if len(data) <= max_bytes and text.count("\n") <= max_lines:
        assert kept == text
        return
    match = MARKER.search(kept)
    assert match is not None
    head, tail = kept[: match.start()], kept[match.end() :]
    left_out, lines = int(match[1]), int(match[2])
    if match[0].startswith("\n") and len(data) - left_out > len((head + tail).encode()):
        head += "\n"  # the text's own
    assert text.startswith(head)
    assert text.endswith(tail)
    assert len((head + tail).encode()) == len(data) - left_out <= max_bytes
    assert (head + tail).count("\n") == text.count("\n") - lines <= max_lines


@given(st.binary(max_size=400), CUTS, CUTS, st.integers(2, 60), st.integers(2, 12))
def test_any_bytes_in_any_pieces_give_the_same_text(
    data: bytes, cuts: list[int], other_cuts: list[int], max_bytes: int, max_lines: int
) -> None:
    texts = set()
    for pieces in (chunks(data, cuts), chunks(data, other_cuts)):
        output = CappedOutput(max_bytes=max_bytes, max_lines=max_lines)
        for chunk in pieces:
            output.add(chunk)
        texts.add(output.text())
    assert len(texts) == 1


@given(TEXT, CUTS, st.lists(st.floats(0, 0.05), min_size=10, max_size=10))
def test_what_passes_live_is_the_text_itself(
    text: str, cuts: list[int], pauses: list[float]
) -> None:
    live = LiveOutput(LiveLimits(total_bytes=10_000, chunk_bytes=50))
    now = 0.0
    passed = []
    for chunk, pause in zip(chunks(text.encode(), cuts), pauses, strict=False):
        now += pause
        passed.append(live.add(chunk, now))
    passed.append(live.close())
    assert "".join(passed) == text
