from __future__ import annotations

import re
from itertools import pairwise

import pytest

from codex.tui.drawing.highlight import LANGUAGES, MAX_CODE, highlight
from codex.tui.drawing.text import PLAIN, Span, Style, plain

CODE = "# a comment\n\ndef f(x):\n\treturn 'text', 12  # {}\n"


@pytest.mark.parametrize("language", [*sorted(LANGUAGES), "PY", ".rs", "unknown", ""])
def test_every_language_keeps_the_text(language: str) -> None:
    rows = [plain(row) for row in highlight(CODE, language)]
    assert rows == ["# a comment", "", "def f(x):", "    return 'text', 12  # {}"]


def test_python_has_colours() -> None:
    (row,) = highlight("def f(): return 'a'", "py")
    assert row[0] == Span("def", Style(fg="magenta"))
    assert Span("f", Style(bold=True)) in row
    assert any(span.style.fg == "green" and "a" in span.text for span in row)


def test_unknown_languages_and_very_long_code_stay_plain() -> None:
    assert highlight("def f", "klingon") == [(Span("def f"),)]
    code = "x = 1\n" * (MAX_CODE // 6 + 1)
    assert highlight(code, "py")[0] == (Span("x = 1"),)


def test_only_colours_readable_on_any_background_are_used() -> None:
    styles = {span.style for row in highlight(CODE, "py") for span in row} - {PLAIN}
    assert styles
    assert all(style.bg is None for style in styles)
    assert {style.fg for style in styles} <= {None, "magenta", "cyan", "green", "red"}


def test_a_string_over_lines_is_coloured_on_each() -> None:
    rows = highlight('"""a\nb\n"""', "python")
    assert len(rows) == 3
    assert all(first[-1].style == second[-1].style for first, second in pairwise(rows))


def test_control_characters_are_spelled() -> None:
    assert not re.search("[\x00-\x1f]", plain(highlight("a = '\x07\x1b[31m'", "py")[0]))
