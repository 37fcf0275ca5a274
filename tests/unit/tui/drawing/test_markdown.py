from __future__ import annotations

import pytest

from codex.tui.drawing.markdown import render
from codex.tui.drawing.text import Span, Style, plain


def shown(text: str, width: int = 40) -> list[str]:
    return [plain(row) for row in render(text, width)]


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("", []),
        ("a\nb  \nc\\\nd", ["a", "b", "c", "d"]),
        ("a\n\n\nb", ["a", "", "b"]),
        ("# One\n## Two\nThree\n---", ["# One", "", "## Two", "", "## Three"]),
        ("#", ["# "]),
        ("- a\n- b\n  - c", ["- a", "- b", "  - c"]),
        ("* a\n\n* b", ["- a", "- b"]),
        ("3. a\n4. b", ["3. a", "4. b"]),
        ("1) a", ["1) a"]),
        ("- a\n\n  b", ["- a", "  ", "  b"]),
        ("-", ["- "]),
        ("- [x] done\n- [ ] open", ["- [x] done", "- [ ] open"]),
        ("> a\n> > b", ["> a", "> ", "> > b"]),
        ("---", ["─" * 40]),
        ("<div>\n<b>\n</div>", ["<div>", "<b>", "</div>"]),
        ("a <i>b</i> &amp; c", ["a <i>b</i> & c"]),
        ("```py x\na\n\nb\n```", ["```py x", "a", "", "b", "```"]),
        ("~~~\n~~~", ["~~~", "~~~"]),
        ("    a\n    b", ["  a", "  b"]),
        ('[a](http://b "c")', ['a (http://b "c")']),
        ("[http://b](http://b) <http://c>", ["http://b http://c"]),
        ("[](http://b)", [" (http://b)"]),
        ("![a](b) ![](c)", ["[image: a] (b) [image: ] (c)"]),
        ("[a]: http://b", ["[a]: http://b"]),
        ("[a\nb](c)", ["a", "b (c)"]),
        ("a\x1b[31m\x07b", ["a\\x07b"]),
        ("[x](javascript:a)", ["[x](javascript:a)"]),
    ],
)
def test_every_element_has_its_form(text: str, rows: list[str]) -> None:
    assert shown(text) == rows


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("**a**", Span("a", Style(bold=True))),
        ("*a*", Span("a", Style(italic=True))),
        ("~~a~~", Span("a", Style(strike=True))),
        ("***a***", Span("a", Style(bold=True, italic=True))),
        ("`a`", Span("a", Style(fg="cyan"))),
        ("**`a`**", Span("a", Style(fg="cyan", bold=True))),
        ("[a](b)", Span("a", Style(underline=True, link="b"))),
        ("- [x] a", Span("[x] ", Style(fg="green"))),
    ],
)
def test_styles(text: str, span: Span) -> None:
    (row,) = render(text, 40)
    assert span in row


def test_file_links_show_their_label_alone() -> None:
    assert shown("[a.py:1](<vscode://file/a.py:1>)") == ["a.py:1"]


def test_tables_have_columns() -> None:
    text = "| a | long heading | n |\n|:-:|---|--:|\n| **x** | y | 10 |\n| 漢字 | | 7 |"
    assert shown(text) == [
        " a   │ long heading │  n",
        "─────┼──────────────┼───",
        " x   │ y            │ 10",
        "漢字 │              │  7",
    ]


def test_wide_tables_wrap_their_cells() -> None:
    text = "| a | b |\n|---|---|\n| one two three four | five six seven |"
    assert [row.rstrip() for row in shown(text, 20)] == [
        "a        │ b",
        "─────────┼─────────",
        "one two  │ five six",
        "three    │ seven",
        "four     │",
    ]


def test_tables_without_room_become_records() -> None:
    text = "| name | value | | d |\n|---|---|---|---|\n"
    text += "| aaaaaa | bbbbbbb cc | cccccccc | dddddd |\n| e |"
    assert shown(text, 18) == [
        "name: aaaaaa",
        "value: bbbbbbb cc",
        "cccccccc",
        "d: dddddd",
        "─" * 18,
        "name: e",
        "value: ",
        "d: ",
    ]
    assert shown("| aaaaaaaa | bbbbbbbb |\n|---|---|", 10) == ["aaaaaaaa", "bbbbbbbb"]


def test_what_has_no_room_behind_its_mark_is_not_indented() -> None:
    assert shown("- abcdefgh", 6) == ["- ", "abcdef", "gh"]
    assert shown("    code", 6) == ["code"]


def test_deep_nesting_is_drawn() -> None:
    assert "end" in "".join(shown(">" * 60 + "end", 200))
