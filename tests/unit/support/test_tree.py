from __future__ import annotations

from pathlib import Path

from tests.support.tree import read_tree, write_tree


def test_a_tree_reads_back_as_it_was_written(tmp_path: Path) -> None:
    write_tree(tmp_path, {"a/b.txt": "x\n", "c": b"\xff", "empty/": ""})
    (tmp_path / "link").symlink_to("c")
    assert read_tree(tmp_path) == {
        "a/": None,
        "a/b.txt": b"x\n",
        "c": b"\xff",
        "empty/": None,
        "link": b"-> c",
    }
