"""Any text can be drawn as Markdown, keeps its words, fits, and streams to the same result."""

from __future__ import annotations

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from codex.tui.drawing.links import with_links
from codex.tui.drawing.markdown import render
from codex.tui.drawing.streaming import MarkdownStream
from codex.tui.drawing.text import line_width, plain
from codex.tui.transcript.messages import MessageCell
from tests.support.examples import scaled

SCRAPS = st.sampled_from(
    [
        *("# ", "## ", "- ", "* ", "1. ", "2) ", "> ", "```", "~~~", "```py\n", "---\n", "===\n"),
        *("**", "*", "_", "~~", "`", "[a](b)", "[a]: b", "![x](y)", "<b>", "</b>", "<!--"),
        *("\n", "\n\n", "    ", "  \n", "\\", "&amp;", "【F:a.py†L3】", "http://a.b", "<div>\n"),
        *("\t", "\x1b[31m", "\r", "word", "漢字", "- [x] ", "<http://a.b>", "|"),
        *("| a | b |\n|--|:-:|\n", "\U0001f469\u200d\U0001f467"),
    ]
)
MARKDOWN = st.lists(st.one_of(SCRAPS, st.text(max_size=8)), max_size=40).map("".join)
WORDS = st.lists(st.text(alphabet="abcdefg", min_size=1, max_size=9), min_size=1, max_size=12)
DOCUMENT = st.lists(
    st.one_of(
        WORDS.map(" ".join),
        WORDS.map(lambda words: "\n".join(f"- {word}" for word in words)),
        WORDS.map(lambda words: "\n".join(f"{at}. {word}" for at, word in enumerate(words, 1))),
        WORDS.map(lambda words: "```\n" + "\n".join(words) + "\n```"),
        WORDS.map(lambda words: f"# {words[0]}"),
        WORDS.map(lambda words: "> " + "\n> ".join(words)),
        WORDS.map(lambda words: f"| {words[0]} |\n|---|\n| {words[-1]} |"),
    ),
    min_size=1,
    max_size=6,
).map("\n\n".join)


def shown(text: str, width: int) -> list[str]:
    return [plain(row) for row in render(text, width)]


@given(MARKDOWN, st.integers(2, 60))
def test_any_text_is_drawn_within_the_width(text: str, width: int) -> None:
    for row in render(with_links(text, opener="vscode", cwd="/r"), width):
        assert line_width(row) <= width
        assert not re.search("[\x00-\x1f\x7f-\x9f]", plain(row))


@given(MARKDOWN)
def test_no_word_is_lost(text: str) -> None:
    words = re.findall(r"word|漢字", text)
    drawn = "".join(shown(text, 10_000))
    assert len(re.findall(r"word|漢字", drawn)) >= len(words)


@given(DOCUMENT, st.lists(st.integers(0, 2000), max_size=12), st.integers(10, 80))
@settings(max_examples=scaled(60))
def test_while_it_streams_it_looks_as_it_will(text: str, cuts: list[int], width: int) -> None:
    stream = MarkdownStream(str)
    at = 0
    for cut in sorted(cut % (len(text) + 1) for cut in cuts):
        stream.append(text[at:cut])
        stream.lines(width)
        at = cut
    stream.append(text[at:])
    assert stream.lines(width) == render(text, width)


@given(MARKDOWN, st.lists(st.integers(0, 2000), max_size=8), st.integers(2, 60))
@settings(max_examples=scaled(60))
def test_any_chunking_ends_with_the_lines_of_the_whole(
    text: str, cuts: list[int], width: int
) -> None:
    grown, whole = MessageCell(str), MessageCell(str)
    at = 0
    for cut in sorted(cut % (len(text) + 1) for cut in cuts):
        grown.append(text[at:cut])
        assert all(line_width(row) <= width for row in grown.lines(width))
        at = cut
    grown.append(text[at:])
    assert grown.text() == text
    grown.finish()
    whole.finish(text)
    assert grown.lines(width) == whole.lines(width)
