from __future__ import annotations

import pytest

from codex.apply_patch import diff
from codex.apply_patch.diff import unified_diff


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("a\n", "a\n", ""),
        ("", "", ""),
        ("a\n", "b\n", "@@ -1 +1 @@\n-a\n+b\n"),
        (
            "foo\nbar\nbaz\nqux\n",
            "foo\nBAR\nbaz\nQUX\n",
            "@@ -1,4 +1,4 @@\n foo\n-bar\n+BAR\n baz\n-qux\n+QUX\n",
        ),
        ("foo\nbar\nbaz\n", "foo\nbar\nBAZ\n", "@@ -2,2 +2,2 @@\n bar\n-baz\n+BAZ\n"),
        ("foo\nbar\nbaz\n", "foo\nbar\nbaz\nquux\n", "@@ -3 +3,2 @@\n baz\n+quux\n"),
        ("", "a\nb\n", "@@ -0,0 +1,2 @@\n+a\n+b\n"),
        ("a\n", "", "@@ -1 +0,0 @@\n-a\n"),
        ("a\nb\nc\n", "b\nc\n", "@@ -1,2 +1 @@\n-a\n b\n"),
        ("a", "a\n", "@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+a\n"),
        ("a\nb", "x\nb", "@@ -1,2 +1,2 @@\n-a\n+x\n b\n\\ No newline at end of file\n"),
        ("a\r\n", "a\n", "@@ -1 +1 @@\n-a\r\n+a\n"),
        (
            "1\n2\n3\n4\n5\n6\n",
            "1\nx\n3\n4\n5\ny\n",
            "@@ -1,3 +1,3 @@\n 1\n-2\n+x\n 3\n@@ -5,2 +5,2 @@\n 5\n-6\n+y\n",
        ),
    ],
)
def test_diffs_have_one_line_of_context_and_no_headers(old: str, new: str, expected: str) -> None:
    assert unified_diff(old, new) == expected


def test_texts_that_differ_too_much_become_one_block(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(diff, "MAX_EDITS", 2)
    assert unified_diff("a\nb\nc\n", "x\nb\ny\n") == "@@ -1,3 +1,3 @@\n-a\n-b\n-c\n+x\n+b\n+y\n"


def test_recurring_lines_do_not_make_it_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [f"{i % 50}\n" for i in range(20_000)]
    changed = ["first\n", *lines[1:10_000], "middle\n", *lines[10_000:-1], "last\n"]
    result = unified_diff("".join(lines), "".join(changed))
    assert [line for line in result.splitlines() if line[0] in "-+"] == [
        "-0",
        "+first",
        "+middle",
        "-49",
        "+last",
    ]
    monkeypatch.setattr(diff, "_MAX_STEPS", 100)
    assert unified_diff("".join(lines), "".join(changed)).count("\n") > 40_000
