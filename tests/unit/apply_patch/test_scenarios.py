"""Whole patches: a tree before, a patch, the tree after, as the stand-alone command leaves it.

The categories are those of codex-rs's own scenarios, with line endings added. Unlike there, a patch
that fails anywhere changes nothing.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest

from codex.subcommands.apply_patch import run
from tests.support.hosts import make_host, written
from tests.support.tree import read_tree, write_tree

Tree = dict[str, str | bytes]


class Case(NamedTuple):
    before: Tree
    patch: str
    after: Tree | None
    """Tree after the patch; None if the patch fails and nothing changes."""
    output: str
    """Listing, or beginning of the reason."""


CASES = {
    "add a new file": Case(
        {"other": "x\n"},
        "*** Add File: bar.md\n+This is a new file\n",
        {"other": "x\n", "bar.md": "This is a new file\n"},
        "A bar.md\n",
    ),
    "add into new folders": Case(
        {}, "*** Add File: a/b/c.md\n+x\n", {"a/b/c.md": "x\n"}, "A a/b/c.md\n"
    ),
    "add over an existing file": Case(
        {"dup.txt": "old\n"},
        "*** Add File: dup.txt\n+new\n",
        {"dup.txt": "new\n"},
        "M dup.txt\n",
    ),
    "add below a file": Case(
        {"a": "x\n"},
        "*** Add File: a/b\n+x\n",
        None,
        "Failed to write 'a/b': Not a directory\n",
    ),
    "delete a file": Case(
        {"obsolete": "x\n", "keep": "y\n"},
        "*** Delete File: obsolete\n",
        {"keep": "y\n"},
        "D obsolete\n",
    ),
    "delete a missing file": Case(
        {"keep": "y\n"},
        "*** Delete File: missing\n",
        None,
        "Failed to delete 'missing': there is no such file\n",
    ),
    "delete a folder": Case(
        {"dir/f": "y\n"},
        "*** Delete File: dir\n",
        None,
        "Failed to delete 'dir': it is a directory\n",
    ),
    "update in several chunks": Case(
        {"multi.txt": "line1\nline2\nline3\nline4\n"},
        "*** Update File: multi.txt\n@@\n-line2\n+changed2\n@@\n-line4\n+changed4\n",
        {"multi.txt": "line1\nchanged2\nline3\nchanged4\n"},
        "M multi.txt\n",
    ),
    "update by deletion only": Case(
        {"lines.txt": "line1\nline2\nline3\n"},
        "*** Update File: lines.txt\n@@\n line1\n-line2\n line3\n",
        {"lines.txt": "line1\nline3\n"},
        "M lines.txt\n",
    ),
    "update by addition only": Case(
        {"input.txt": "line1\nline2\n"},
        "*** Update File: input.txt\n@@\n+added 1\n+added 2\n",
        {"input.txt": "line1\nline2\nadded 1\nadded 2\n"},
        "M input.txt\n",
    ),
    "update at the end of the file": Case(
        {"tail.txt": "first\nsecond\nfirst\nsecond\n"},
        "*** Update File: tail.txt\n@@\n first\n-second\n+second updated\n*** End of File\n",
        {"tail.txt": "first\nsecond\nfirst\nsecond updated\n"},
        "M tail.txt\n",
    ),
    "update a file without final newline": Case(
        {"no_newline.txt": "no newline at end"},
        "*** Update File: no_newline.txt\n@@\n-no newline at end\n+first\n+second\n",
        {"no_newline.txt": "first\nsecond"},
        "M no_newline.txt\n",
    ),
    "update Unicode text": Case(
        {"foo.txt": "line1\nnaïve café\nline3\n"},
        "*** Update File: foo.txt\n@@\n line1\n-naïve café\n+naïve café ✅\n line3\n",
        {"foo.txt": "line1\nnaïve café ✅\nline3\n"},
        "M foo.txt\n",
    ),
    "update CRLF lines": Case(
        {"w.txt": "one\r\ntwo\r\n"},
        "*** Update File: w.txt\n@@\n one\n-two\n+2\n+3\n",
        {"w.txt": "one\r\n2\r\n3\r\n"},
        "M w.txt\n",
    ),
    "add CRLF lines": Case(
        {}, "*** Add File: w.txt\n+one\r\n+two\r\n", {"w.txt": "one\r\ntwo\r\n"}, "A w.txt\n"
    ),
    "delete CRLF lines only": Case(
        {"w.txt": "one\r\ntwo\r\nthree\r\n"},
        "*** Update File: w.txt\r\n@@\r\n one\r\n-two\r\n three\r\n",
        {"w.txt": "one\r\nthree\r\n"},
        "M w.txt\n",
    ),
    "move a CRLF file": Case(
        {"w.txt": "one\r\ntwo\r\n"},
        "*** Update File: w.txt\n*** Move to: v.txt\n@@\n-one\n+1\n",
        {"v.txt": "1\r\ntwo\r\n"},
        "M v.txt\n",
    ),
    "update CRLF lines in several chunks": Case(
        {"w.txt": "a\r\nb\r\nc\r\nd\r\n"},
        "*** Update File: w.txt\n@@\n-b\n+B\n@@\n-d\n+D\n",
        {"w.txt": "a\r\nB\r\nc\r\nD\r\n"},
        "M w.txt\n",
    ),
    "move into a new folder": Case(
        {"old/name.txt": "old content\n"},
        "*** Update File: old/name.txt\n*** Move to: renamed/dir/name.txt\n@@\n"
        "-old content\n+new content\n",
        {"old/": "", "renamed/dir/name.txt": "new content\n"},
        "M renamed/dir/name.txt\n",
    ),
    "move over an existing file": Case(
        {"from.txt": "from\n", "to.txt": "old\n"},
        "*** Update File: from.txt\n*** Move to: to.txt\n@@\n-from\n+new\n",
        {"to.txt": "new\n"},
        "M to.txt\n",
    ),
    "move only": Case(
        {"a": "x\n"},
        "*** Update File: a\n*** Move to: b\n",
        {"b": "x\n"},
        "M b\n",
    ),
    "move onto itself": Case(
        {"a": "x\n"},
        "*** Update File: a\n*** Move to: ./a\n@@\n-x\n+y\n",
        {"a": "y\n"},
        "M a\n",
    ),
    "add, update and delete": Case(
        {"modify.txt": "line1\nline2\n", "delete.txt": "obsolete\n"},
        "*** Delete File: delete.txt\n*** Update File: modify.txt\n@@\n-line2\n+changed\n"
        "*** Add File: nested/new.txt\n+created\n",
        {"modify.txt": "line1\nchanged\n", "nested/new.txt": "created\n"},
        "A nested/new.txt\nM modify.txt\nD delete.txt\n",
    ),
    "a failure in a later section": Case(
        {},
        "*** Add File: created.txt\n+hello\n*** Update File: missing.txt\n@@\n-old\n+new\n",
        None,
        "Failed to read 'missing.txt' to update: there is no such file\n",
    ),
    "an empty patch": Case({"a": "x\n"}, "", None, "No files were modified.\n"),
    "a missing context": Case(
        {"modify.txt": "line1\nline2\n"},
        "*** Update File: modify.txt\n@@\n-missing\n+changed\n",
        None,
        "Failed to find expected lines in modify.txt (patch line 3):\nmissing\n",
    ),
    "an update without chunks": Case(
        {"foo.txt": "x\n"},
        "*** Update File: foo.txt\n",
        None,
        "Invalid patch hunk on line 2: the update of 'foo.txt' is empty",
    ),
    "an update of a missing file": Case(
        {"foo.txt": "x\n"},
        "*** Update File: missing.txt\n@@\n-old\n+new\n",
        None,
        "Failed to read 'missing.txt' to update: there is no such file\n",
    ),
    "an unknown header": Case(
        {"foo.txt": "x\n"},
        "*** Frobnicate File: foo.txt\n",
        None,
        "Invalid patch hunk on line 2: '*** Frobnicate File: foo.txt' is not a section header",
    ),
    "blanks around a header": Case(
        {"foo.txt": "old\n"},
        "  *** Update File: foo.txt  \n@@\n-old\n+new\n",
        {"foo.txt": "new\n"},
        "M foo.txt\n",
    ),
}


def outcome(tmp_path: Path, case: Case, patch: str) -> tuple[int, str, str]:
    write_tree(tmp_path, case.before)
    host = make_host(tmp_path)
    status = run(host, patch)
    return status, written(host.stdout), written(host.stderr)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_a_patch_leaves_the_expected_tree(case: Case, tmp_path: Path) -> None:
    tree, expected = tmp_path / "tree", tmp_path / "expected"
    tree.mkdir()
    expected.mkdir()
    write_tree(expected, case.before if case.after is None else case.after)
    status, stdout, stderr = outcome(tree, case, f"*** Begin Patch\n{case.patch}*** End Patch\n")
    assert read_tree(tree) == read_tree(expected)
    if case.after is None:
        assert status == 1
        assert stdout == ""
        assert stderr.startswith(case.output)
    else:
        assert (status, stderr) == (0, "")
        assert stdout == "Success. Updated the following files:\n" + case.output


@pytest.mark.parametrize(
    ("begin", "end"),
    [(" *** Begin Patch", "*** End Patch"), ("*** Begin Patch ", " *** End Patch ")],
)
def test_blanks_around_the_outer_markers_are_ignored(begin: str, end: str, tmp_path: Path) -> None:
    case = CASES["delete a file"]
    status, _, _ = outcome(tmp_path, case, f"{begin}\n{case.patch}{end}\n")
    assert status == 0
    assert read_tree(tmp_path) == {"keep": b"y\n"}
