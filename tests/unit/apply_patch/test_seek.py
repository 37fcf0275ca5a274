from __future__ import annotations

import pytest

from codex.apply_patch.seek import SEARCHED, Haystack, plain_line


def hits(lines: list[str], *pattern: str) -> list[list[int]]:
    return list(Haystack(lines).places(pattern))


def test_passes_grow_more_forgiving() -> None:
    lines = ["x", "  x", "x ", "\tx ", "x"]
    assert hits(lines, "x") == [[0, 4], [0, 2, 4], [0, 1, 2, 3, 4], [0, 1, 2, 3, 4]]


def test_typographic_characters_match_plain_ones_last() -> None:
    lines = ["say \u201chi\u201d \u2013 it\u2019s\u00a0ok", "x"]
    assert hits(lines, 'say "hi" - it\'s ok') == [[], [], [], [0]]


def test_undecodable_bytes_match_what_the_model_saw_of_them() -> None:
    assert hits(["caf\udce9", "\udcd6\udcd0!"], "caf\ufffd") == [[], [], [], [0]]
    assert plain_line("\udcd6\udcd0!") == plain_line("\ufffd!")


def test_overlapping_places_are_all_found() -> None:
    assert hits(["a"] * 4, "a", "a")[0] == [0, 1, 2]


def test_a_pattern_matches_whole_lines_only() -> None:
    assert hits(["ab", "b", "a"], "b")[0] == [1]
    assert hits(["a", "b"], "a", "b", "c") == [[], [], [], []]
    assert hits([], "a") == [[], [], [], []]
    assert hits(["", "a", ""], "")[0] == [0, 2]


def test_lines_that_contain_a_fragment() -> None:
    assert Haystack(["def f(x):", "f", "  def f(y):"]).containing("def f") == [0, 2]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        (
            ["def f(x):", "    return y"],
            "The nearest match is at line 2: line 3 is\n    return x\nwhere the patch has\n    "
            "return y",
        ),
        (["    retrun x"], "The nearest line is line 3:\n    return x"),
        (
            ["    return x", "", "nothing"],
            "The nearest match is at line 3, but the file ends at line 4, before the lines of the "
            "patch do.",
        ),
        (["something wholly different"], "Nothing in the file is similar"),
        ([""], "Nothing in the file is similar"),
        (["def f(x):"], "The same lines are at line 2."),
    ],
)
def test_the_nearest_place_is_named(pattern: list[str], expected: str) -> None:
    file = ["import os", "def f(x):", "    return x", ""]
    assert Haystack(file).nearest(pattern).startswith(expected)


def test_it_says_how_far_it_has_searched() -> None:
    file = ["x"] * SEARCHED + ["    return y"]
    sentence = Haystack(file).nearest(["    retrun y"])
    assert sentence.startswith("Nothing in the first 5,000 lines of the file is similar")


def test_a_pattern_that_begins_before_the_file_is_near_its_first_line() -> None:
    sentence = Haystack(["b", "c"]).nearest(["a", "b", "c"])
    assert sentence == "The nearest match is at line 1, but the patch has lines above that."
