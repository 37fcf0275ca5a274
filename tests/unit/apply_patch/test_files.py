from __future__ import annotations

import os
from pathlib import Path

import pytest

from codex.apply_patch import transaction
from codex.apply_patch.files import (
    PatchPlan,
    PatchSummary,
    apply,
    is_plan_inside,
    outside_paths,
    plan,
)
from codex.apply_patch.parser import parse_patch
from codex.base.errors import PatchError
from codex.protocol.events import Add, Delete, Update
from tests.support.tree import read_tree, write_tree


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Make a working directory with a sibling outside it."""
    folder = tmp_path / "root"
    folder.mkdir()
    (tmp_path / "outside").mkdir()
    return folder


def planned(root: Path, body: str) -> PatchPlan:
    return plan(parse_patch(f"*** Begin Patch\n{body}*** End Patch"), cwd=str(root))


def error_of(root: Path, body: str) -> str:
    before = read_tree(root.parent)
    with pytest.raises(PatchError) as caught:
        apply(planned(root, body), roots=[str(root)])
    assert read_tree(root.parent) == before
    return caught.value.message


def test_changes_are_net_and_in_the_patch_s_order(root: Path) -> None:
    write_tree(root, {"b": "1\n2\n3\n", "c": "gone\n", "d": "moved\n"})
    done = planned(
        root,
        "*** Update File: d\n*** Move to: sub/e\n@@\n-moved\n+here\n"
        "*** Add File: a\n+x\n"
        "*** Update File: b\n@@\n-2\n+two\n"
        "*** Delete File: c\n"
        "*** Update File: a\n@@\n-x\n+y\n",
    )
    assert list(done.changes.items()) == [
        (
            str(root / "d"),
            Update(unified_diff="@@ -1 +1 @@\n-moved\n+here\n", move_path=str(root / "sub/e")),
        ),
        (str(root / "a"), Add(content="y\n")),
        (
            str(root / "b"),
            Update(unified_diff="@@ -1,3 +1,3 @@\n 1\n-2\n+two\n 3\n", move_path=None),
        ),
        (str(root / "c"), Delete(content="gone\n")),
    ]
    assert done.summary == PatchSummary(added=("a",), modified=("sub/e", "b"), deleted=("c",))


def test_an_added_file_that_replaces_one_shows_what_goes(root: Path) -> None:
    write_tree(root, {"a": "old\n"})
    done = planned(root, "*** Add File: a\n+new\n")
    assert done.changes == {
        str(root / "a"): Update(unified_diff="@@ -1 +1 @@\n-old\n+new\n", move_path=None)
    }


def test_a_move_over_a_file_shows_both(root: Path) -> None:
    write_tree(root, {"a": "new\n", "b": "old\n"})
    done = planned(root, "*** Update File: a\n*** Move to: b\n")
    assert done.changes == {
        str(root / "a"): Delete(content="new\n"),
        str(root / "b"): Update(unified_diff="@@ -1 +1 @@\n-old\n+new\n", move_path=None),
    }
    assert done.summary == PatchSummary(modified=("b",))


def test_moves_in_a_chain_are_one_move(root: Path) -> None:
    write_tree(root, {"a": "x\n"})
    done = planned(root, "*** Update File: a\n*** Move to: b\n*** Update File: b\n*** Move to: c\n")
    assert done.changes == {
        str(root / "a"): Update(unified_diff="", move_path=str(root / "c")),
    }
    assert apply(done, roots=[str(root)]).text == ("Success. Updated the following files:\nM c\n")
    assert read_tree(root) == {"c": b"x\n"}


def test_files_may_be_swapped(root: Path) -> None:
    write_tree(root, {"a": "1\n", "b": "2\n"})
    moves = [("a", "t"), ("b", "a"), ("t", "b")]
    body = "".join(f"*** Update File: {old}\n*** Move to: {new}\n" for old, new in moves)
    apply(planned(root, body), roots=[str(root)])
    assert read_tree(root) == {"a": b"2\n", "b": b"1\n"}


def test_a_moved_file_may_be_made_again(root: Path) -> None:
    write_tree(root, {"a": "1\n"})
    done = planned(root, "*** Update File: a\n*** Move to: b\n*** Add File: a\n+2\n")
    assert done.summary == PatchSummary(modified=("a", "b"))
    apply(done, roots=[str(root)])
    assert read_tree(root) == {"a": b"2\n", "b": b"1\n"}


def test_bytes_that_are_no_text_are_shown_as_such(root: Path) -> None:
    write_tree(root, {"a": b"\xff\n"})
    assert planned(root, "*** Delete File: a\n").changes == {
        str(root / "a"): Delete(content="\ufffd\n")
    }


def test_paths_are_relative_to_the_given_directory(root: Path, tmp_path: Path) -> None:
    write_tree(root, {"f": "root\n"})
    write_tree(tmp_path, {"f": "other\n"})
    assert str(root / "f") in planned(root, "*** Update File: ./f\n@@\n-root\n+x\n").changes
    up = planned(root, "*** Update File: ../f\n@@\n-other\n+x\n")
    assert list(up.changes) == [str(tmp_path / "f")]
    absolute = planned(root, f"*** Update File: {tmp_path}/f\n@@\n-other\n+x\n")
    assert list(absolute.changes) == [str(tmp_path / "f")]


@pytest.mark.parametrize("path", ["", ".", "..", "sub/", "sub/..", "/"])
def test_paths_that_name_no_file_are_refused(root: Path, path: str) -> None:
    assert error_of(root, f"*** Add File: {path}\n+x\n").endswith("it names no file")


def test_every_problem_is_told_at_once(root: Path) -> None:
    message = error_of(root, "*** Delete File: a\n*** Add File: x\0y\n*** Delete File: b\n")
    assert message == (
        "Failed to delete 'a': there is no such file\n"
        "Failed to write 'x\0y': a path cannot hold a NUL character\n"
        "Failed to delete 'b': there is no such file"
    )


def test_what_is_no_regular_file_is_refused(root: Path) -> None:
    os.mkfifo(root / "pipe")
    assert "it is not a regular file" in error_of(root, "*** Delete File: pipe\n")
    (root / "folder").mkdir()
    assert "it is a directory" in error_of(root, "*** Add File: folder\n+x\n")
    assert "File name too long" in error_of(root, f"*** Add File: {'x' * 300}\n+x\n")


def test_a_large_file_is_refused(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_tree(root, {"a": "x" * 100})
    monkeypatch.setattr(transaction, "_MAX_BYTES", 10)
    assert "it is larger than" in error_of(root, "*** Delete File: a\n")


def test_a_file_with_a_false_mark_names_itself(root: Path) -> None:
    write_tree(root, {"a": b"\xff\xfea"})
    message = error_of(root, "*** Update File: a\n@@\n-a\n+b\n")
    assert message.startswith(
        "Failed to read 'a' to update: its byte order mark says utf-16-le, but the rest is not"
    )


def test_a_file_cannot_be_a_folder_too(root: Path) -> None:
    message = error_of(root, "*** Add File: a/b\n+x\n*** Add File: a\n+x\n")
    assert message == f"Failed to write 'a/b': '{root}/a' is a file, not a folder"


def test_modes_are_kept(root: Path) -> None:
    write_tree(root, {"run.sh": "a\n", "secret": "b\n", "gone": "c\n"})
    (root / "run.sh").chmod(0o755)
    (root / "secret").chmod(0o600)
    (root / "gone").chmod(0o700)
    body = (
        "*** Update File: run.sh\n@@\n-a\n+x\n"
        "*** Update File: secret\n*** Move to: moved\n@@\n-b\n+y\n"
        "*** Delete File: gone\n*** Add File: gone\n+z\n"
        "*** Add File: new\n+n\n"
    )
    old_mask = os.umask(0o027)
    try:
        apply(planned(root, body), roots=[str(root)])
    finally:
        os.umask(old_mask)
    modes = {name: (root / name).stat().st_mode & 0o7777 for name in os.listdir(root)}
    assert modes == {"run.sh": 0o755, "moved": 0o600, "gone": 0o700, "new": 0o640}


def test_links_are_written_through_and_removed_themselves(root: Path) -> None:
    write_tree(root, {"real": "a\n", "other": "b\n"})
    (root / "link").symlink_to("real")
    (root / "dead").symlink_to("nowhere")
    (root / "dangling").symlink_to("made")
    body = (
        "*** Update File: link\n@@\n-a\n+x\n*** Delete File: dead\n*** Add File: dangling\n+new\n"
    )
    apply(planned(root, body), roots=[str(root)])
    assert read_tree(root) == {
        "real": b"x\n",
        "other": b"b\n",
        "link": b"-> real",
        "dangling": b"-> made",
        "made": b"new\n",
    }


def test_a_removed_link_may_become_a_file(root: Path) -> None:
    write_tree(root, {"real": "a\n"})
    (root / "link").symlink_to("real")
    apply(planned(root, "*** Delete File: link\n*** Add File: link\n+x\n"), roots=[str(root)])
    assert read_tree(root) == {"real": b"a\n", "link": b"x\n"}
    assert (root / "link").stat().st_mode & 0o111 == 0


def test_links_are_not_moved(root: Path) -> None:
    write_tree(root, {"real": "a\n"})
    (root / "link").symlink_to("real")
    message = error_of(root, "*** Update File: link\n*** Move to: other\n")
    assert message == "Failed to move 'link': it is a symbolic link, which a patch cannot move"


def test_a_missing_file_is_not_moved(root: Path) -> None:
    message = error_of(root, "*** Update File: a\n*** Move to: b\n@@\n-x\n+y\n")
    assert message == "Failed to move 'a': there is no such file"


def test_a_circle_of_links_is_refused(root: Path) -> None:
    (root / "a").symlink_to("b")
    (root / "b").symlink_to("a")
    assert "form a loop" in error_of(root, "*** Add File: a\n+x\n")


def outside(root: Path, body: str) -> list[str]:
    """Return the outside paths, relative to the folder above the root."""
    done = planned(root, body)
    found = outside_paths(done, [str(root)])
    assert is_plan_inside(done, [str(root)]) is not bool(found)
    assert is_plan_inside(done, None)
    return [os.path.relpath(path, root.parent) for path in found]


def test_everything_below_a_root_is_inside(root: Path) -> None:
    write_tree(root, {"a": "x\n", "sub/b": "x\n"})
    assert outside(root, "*** Delete File: a\n*** Add File: sub/../new/c\n+x\n") == []


def test_paths_that_leave_the_root_are_outside(root: Path) -> None:
    write_tree(root.parent, {"outside/f": "x\n", "root/g": "x\n", "rooted": "x\n"})
    assert outside(root, "*** Add File: ../new\n+x\n") == ["new"]
    assert outside(root, "*** Update File: ../outside/f\n*** Move to: here\n") == ["outside/f"]
    assert outside(root, "*** Update File: g\n*** Move to: ../outside/g\n") == ["outside/g"]
    assert outside(root, "*** Delete File: ../rooted\n") == ["rooted"]
    assert outside(root, f"*** Add File: {root.parent}/new\n+x\n") == ["new"]


def test_links_that_leave_the_root_are_outside(root: Path) -> None:
    write_tree(root.parent, {"outside/f": "x\n"})
    (root / "file").symlink_to("../outside/f")
    (root / "folder").symlink_to("../outside")
    assert outside(root, "*** Update File: file\n@@\n-x\n+y\n") == ["outside/f"]
    assert outside(root, "*** Add File: folder/new\n+x\n") == ["outside/new"]
    assert outside(root, "*** Delete File: folder/f\n") == ["outside/f"]
    assert outside(root, "*** Add File: folder/../new\n+x\n") == ["new"]
    # The link itself is inside.
    assert outside(root, "*** Delete File: file\n") == []


def test_hard_links_are_outside_where_they_would_be_changed(root: Path) -> None:
    write_tree(root.parent, {"outside/f": "x\n"})
    os.link(root.parent / "outside/f", root / "f")
    assert outside(root, "*** Update File: f\n@@\n-x\n+y\n") == ["root/f"]
    assert outside(root, "*** Delete File: f\n") == []
    apply(planned(root, "*** Update File: f\n@@\n-x\n+y\n"), roots=None)
    assert (root.parent / "outside/f").read_text() == "x\n"


@pytest.mark.parametrize(
    "path",
    [".git/hooks/pre-commit", ".git/config", "sub/.GIT/x", ".vscode/tasks.json", ".mcp.json"],
)
def test_protected_names_are_outside(root: Path, path: str) -> None:
    assert outside(root, f"*** Add File: {path}\n+x\n") == [f"root/{path}"]


def test_similar_names_are_not_protected(root: Path) -> None:
    assert outside(root, "*** Add File: .gitignore\n+x\n*** Add File: .github/x\n+x\n") == []


def test_further_folders_can_be_protected(root: Path) -> None:
    done = planned(root, "*** Add File: home/config.toml\n+x\n*** Add File: rc\n+x\n")
    roots = [str(root)]
    assert is_plan_inside(done, roots)
    assert outside_paths(done, roots, protected=[str(root / "home")]) == done.paths[:1]
    assert outside_paths(done, roots, protected=[str(root / "rc")]) == done.paths[1:]


def test_a_root_may_be_a_link_and_several_count(root: Path) -> None:
    alias = root.parent / "alias"
    alias.symlink_to("root")
    done = planned(alias, "*** Add File: f\n+x\n")
    assert done.paths == (str(root / "f"),)
    assert list(done.changes) == [str(alias / "f")]
    assert is_plan_inside(done, [str(alias)])
    assert is_plan_inside(done, ["/nowhere", str(root)])
    assert is_plan_inside(done, ["/"])
    assert not is_plan_inside(done, [])


def test_nothing_is_written_outside_the_roots(root: Path) -> None:
    message = error_of(root, "*** Add File: in\n+x\n*** Add File: ../out\n+x\n")
    assert message == (
        "The patch writes to paths outside the writable folders, to protected paths, or to files "
        f"with several hard links: '{root.parent}/out'"
    )


def test_a_plan_for_a_folder_that_is_gone_is_refused(root: Path) -> None:
    write_tree(root, {"sub/f": "x\n"})
    done = planned(root, "*** Delete File: sub/f\n")
    (root / "sub/f").unlink()
    (root / "sub").rmdir()
    with pytest.raises(PatchError, match="it was changed meanwhile"):
        apply(done, roots=[str(root)])


def test_an_empty_plan_is_refused(root: Path) -> None:
    assert error_of(root, "") == "No files were modified."
    assert error_of(root, "*** Add File: a\n+x\n*** Delete File: a\n") == "No files were modified."
