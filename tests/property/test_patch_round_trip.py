"""Patches made from random edits turn the old file into the new one, and touch nothing else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from codex.apply_patch.change import apply_chunks
from codex.apply_patch.diff import unified_diff
from codex.apply_patch.files import apply, plan
from codex.apply_patch.parser import UpdateFile, parse_patch
from codex.apply_patch.text import decode_file, encode_file
from codex.base.errors import PatchError
from codex.subcommands.apply_patch import run
from tests.support.examples import scaled
from tests.support.hosts import make_host, written
from tests.support.tree import read_tree, write_tree

# Few different lines, so that most of them recur.
LINES = st.lists(
    st.sampled_from(["", " ", "a", "b", "  a", "def f():", "-", "+x", "@@", "*** a", "é\u2028"]),
    max_size=12,
)


@st.composite
def texts(draw: st.DrawFn) -> str:
    """Strategy for a file's text, with LF, CRLF or both, with or without final newline."""
    endings = draw(st.sampled_from([["\n"], ["\r\n"], ["\n", "\r\n"]]))
    text = "".join(line + draw(st.sampled_from(endings)) for line in draw(LINES))
    return text if draw(st.booleans()) else text.removesuffix("\n").removesuffix("\r")


@st.composite
def edits(draw: st.DrawFn) -> tuple[str, str]:
    """Strategy for a text, and the same text with lines removed, replaced and added."""
    old = draw(texts())
    lines = re.findall(r"[^\n]*\n|[^\n]+", old)
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(lines)))
        end = min(len(lines), start + draw(st.integers(0, 2)))
        lines[start:end] = re.findall(r"[^\n]*\n|[^\n]+", draw(texts()))[:3]
    # Only the last line of a file may lack its newline.
    lines = [line if line.endswith("\n") else line + "\n" for line in lines[:-1]] + lines[-1:]
    return old, "".join(lines)


def has_known_endings(old: str, new: str) -> bool:
    """No last line without newline that has to be followed by one among both kinds of endings."""
    return (
        not old
        or old.endswith("\n")
        or "\r" not in old + new
        or not re.search(r"(?<!\r)\n", old + new)
    )


def update(body: str, *, old: str) -> str:
    """Return the text after an update with these chunks."""
    (hunk,) = parse_patch(f"*** Begin Patch\n*** Update File: f\n{body}*** End Patch").hunks
    assert isinstance(hunk, UpdateFile)
    return encode_file(apply_chunks(decode_file(old.encode()), hunk.chunks, path="f")).decode()


@settings(max_examples=scaled(400))
@given(edit_=edits(), context=st.integers(1, 4))
def test_unified_diffs_apply_as_patches(edit_: tuple[str, str], context: int) -> None:
    old, new = edit_
    assume(has_known_endings(old, new))
    if diff := unified_diff(old, new, context=context):
        assert update(diff, old=old) == new


@settings(max_examples=scaled(400))
@given(edit_=edits(), context=st.integers(1, 4))
def test_chunks_without_line_numbers_fit_where_they_belong_or_nowhere(
    edit_: tuple[str, str], context: int
) -> None:
    old, new = edit_
    assume(has_known_endings(old, new))
    if body := re.sub(r"(?m)^@@ .*@@$", "@@", unified_diff(old, new, context=context)):
        try:
            result = update(body, old=old)
        except PatchError as error:
            result = error.message
        assert result == new or "equally well" in result


@settings(max_examples=scaled(300))
@given(old=texts(), new=texts())
def test_a_diff_of_anything_applies(old: str, new: str) -> None:
    assume(has_known_endings(old, new))
    if old and (diff := unified_diff(old, new, context=1000)):
        assert update(diff, old=old) == new


@settings(max_examples=scaled(200))
@given(data=st.binary(max_size=40))
def test_bytes_that_a_patch_does_not_touch_survive(data: bytes) -> None:
    before = b"first line\n" + data.replace(b"first line", b"") + b"\nlast line\n"
    (hunk,) = parse_patch(
        "*** Begin Patch\n*** Update File: f\n@@\n-first line\n+1\n*** End Patch"
    ).hunks
    assert isinstance(hunk, UpdateFile)
    after = encode_file(apply_chunks(decode_file(before), hunk.chunks, path="f"))
    assert after == b"1\n" + before.removeprefix(b"first line\n")


NAMES = st.sampled_from(["a", "b", "sub/c", "sub/deep/d", "new", "sub"])
SECTIONS = st.one_of(
    st.builds("*** Add File: {}\n+{}\n".format, NAMES, st.sampled_from(["x", "y"])),
    st.builds("*** Delete File: {}\n".format, NAMES),
    st.builds("*** Update File: {}\n@@\n-one\n+two\n".format, NAMES),
    st.builds("*** Update File: {}\n*** Move to: {}\n".format, NAMES, NAMES),
    st.builds("*** Update File: {}\n*** Move to: {}\n@@\n-one\n+1\n".format, NAMES, NAMES),
)

FILES: dict[str, str | bytes] = {"a": "one\n", "b": "one\ntwo\n", "sub/c": "zero\none\n"}


def expected_tree(files: dict[str, str], sections: list[str]) -> dict[str, str] | None:
    """Return the files after the sections, applied in order; None if one does not fit."""
    for section in sections:
        header, *rest = section.splitlines()
        kind, name = re.fullmatch(r"\*\*\* (\w+) File: (.*)", header).groups()  # type: ignore[union-attr]
        if name == "sub" or (kind != "Add" and name not in files):
            return None
        if kind == "Add":
            files[name] = rest[0][1:] + "\n"
            continue
        content = files[name]
        if kind == "Delete":
            del files[name]
            continue
        if rest[-1].startswith("+"):
            if content.split("\n").count("one") != 1:
                return None
            content = re.sub("(?m)^one$", rest[-1][1:], content)
        if rest[0].startswith("*** Move"):
            del files[name]
            name = rest[0].removeprefix("*** Move to: ")
        if name == "sub":
            return None
        files[name] = content
    return files


@settings(max_examples=scaled(300), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sections=st.lists(SECTIONS, min_size=1, max_size=5))
def test_sections_build_on_each_other_or_nothing_changes(
    tmp_path_factory: pytest.TempPathFactory, sections: list[str]
) -> None:
    root = tmp_path_factory.mktemp("tree")
    write_tree(root, FILES)
    before = read_tree(root)
    host = make_host(root)
    status = run(host, f"*** Begin Patch\n{''.join(sections)}*** End Patch\n")
    after = {name: data for name, data in read_tree(root).items() if data is not None}
    expected = expected_tree({name: str(data) for name, data in FILES.items()}, sections)
    if expected is None:
        assert status == 1
        assert read_tree(root) == before
    elif status == 0:
        assert after == {name: text.encode() for name, text in expected.items()}
    else:
        # A file that is created and removed within the patch.
        assert written(host.stderr) == "No files were modified.\n"
        assert read_tree(root) == before


def test_the_plan_tells_every_path_it_writes(tmp_path: Path) -> None:
    write_tree(tmp_path, FILES)
    text = (
        "*** Begin Patch\n*** Update File: a\n*** Move to: x/y\n*** Delete File: b\n*** End Patch"
    )
    done = plan(parse_patch(text), cwd=str(tmp_path))
    assert set(done.paths) == {str(tmp_path / name) for name in ("a", "x/y", "b")}
    apply(done, roots=[str(tmp_path)])
    assert not (tmp_path / "a").exists()
