from __future__ import annotations

import pytest

from codex.tui.composer.mention import Mention, mention_at, written


@pytest.mark.parametrize(
    ("text", "cursor", "mention"),
    [
        ("@", 1, Mention(0, 1, "")),
        ("see @par", 8, Mention(4, 8, "par")),
        ("see @par now", 6, Mention(4, 8, "par")),
        ("see @par now", 4, None),
        ("see @par now", 9, None),
        ("a\n@b", 4, Mention(2, 4, "b")),
        ("me@example", 5, None),
        ("", 0, None),
    ],
)
def test_the_word_at_the_cursor(text: str, cursor: int, mention: Mention | None) -> None:
    assert mention_at(text, cursor) == mention


def test_paths_with_white_space_are_quoted() -> None:
    assert written("a/b.py") == "a/b.py"
    assert written("a b.py") == '"a b.py"'
    assert written('a "b".py') == "'a \"b\".py'"
