"""Text from outside must not control the terminal."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codex.base.printable import printable


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain ü\tand\n", "plain ü\tand\n"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x9b31mred", "red"),
        ("\x1b]0;title\x07after", "after"),
        ("\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1bPq#0\x1b\\after", "after"),
        ("\x1b(Bafter\x1b7\x1b8\x1bc", "after"),
        ("\x1b]52;c;never ended", "\\x1b]52;c;never ended"),
        ("a\r\nb", "a\nb"),
        ("10%\r20%\r", "10%\n20%\n"),
        ("bell\x07 null\x00 back\x08", "bell\\x07 null\\x00 back\\x08"),
        ("access\u202elevel", "access\\u202elevel"),
        ("half \ud800", "half \\ud800"),
    ],
)
def test_text_is_made_harmless(text: str, expected: str) -> None:
    assert printable(text) == expected


@given(st.text(st.characters(), max_size=50) | st.text("\x1b\x9b[]()\\P;0m\x07\r\n", max_size=30))
def test_no_control_survives(text: str) -> None:
    shown = printable(text)
    controls = [char for char in shown if unicodedata.category(char) in ("Cc", "Cs")]
    assert set(controls) <= {"\t", "\n"}
