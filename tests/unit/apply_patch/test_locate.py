from __future__ import annotations

import pytest

from codex.apply_patch.locate import locate
from codex.apply_patch.parser import UpdateFile, parse_patch
from codex.base.errors import PatchError


def starts(file: str, body: str) -> list[int]:
    """Return the line numbers, from 1, at which the chunks of an update are placed."""
    patch = parse_patch(f"*** Begin Patch\n*** Update File: f\n{body}*** End Patch")
    (update,) = patch.hunks
    assert isinstance(update, UpdateFile)
    return [place.start + 1 for place in locate(update.chunks, file.split("\n"), path="f")]


def error_of(file: str, body: str) -> str:
    with pytest.raises(PatchError) as caught:
        starts(file, body)
    return caught.value.message


CLASSES = """class A:
    def run(self):
        return 1

class B:
    def run(self):
        return 1
        # again
        return 1
"""


def test_a_single_place_needs_no_context() -> None:
    assert starts("a\nb\nc", "-b\n+x\n") == [2]


def test_two_equal_places_are_refused_with_their_line_numbers() -> None:
    message = error_of("a\nb\na\nb", "@@\n-b\n+x\n")
    assert message.startswith("The chunk on patch line 3 fits f equally well at lines 2, 4:")
    assert "add more lines of context" in message


def test_many_equal_places_are_counted() -> None:
    assert "9, 10 and 5 more" in error_of("b\n" * 15, "-b\n+x\n")


def test_a_more_exact_place_wins() -> None:
    assert starts("  b\nb\nb ", "-b\n+x\n") == [2]


def test_context_decides() -> None:
    assert starts(CLASSES, "@@ class A:\n-        return 1\n+        return 2\n") == [3]


def test_an_ambiguous_place_within_the_block_of_the_context_is_refused() -> None:
    message = error_of(CLASSES, "@@ class B:\n-        return 1\n+        return 2\n")
    assert "at lines 7, 9" in message


def test_below_a_context_that_opens_no_block_the_nearest_place_is_meant() -> None:
    file = "[a]\nv = 1\n\n[b]\nv = 1\n\n[c]\nv = 1"
    assert starts(file, "@@ [b]\n-v = 1\n+v = 2\n") == [5]


def test_an_opening_brace_of_its_own_belongs_to_the_block() -> None:
    file = "int f()\n{\n  x;\n  y;\n  x;\n}"
    assert "at lines 3, 5" in error_of(file, "@@ int f()\n-  x;\n+  z;\n")


def test_recurring_contexts_are_told_apart_by_the_lines_below() -> None:
    file = "def f\n  a\ndef f\n  b"
    assert starts(file, "@@ def f\n-  b\n+  c\n") == [4]


def test_recurring_contexts_with_the_same_lines_below_are_refused() -> None:
    file = "def f\n  a\ndef f\n  a"
    assert "at lines 2, 4" in error_of(file, "@@ def f\n-  a\n+  b\n")


def test_stacked_contexts_narrow_the_place_down() -> None:
    body = "@@ class B:\n@@     def run(self):\n         return 1\n-        # again\n"
    assert starts(CLASSES, body) == [7]
    body = "@@ class A:\n@@     def run(self):\n-        return 1\n"
    assert starts(CLASSES, body) == [3]


def test_a_part_of_the_context_line_is_enough() -> None:
    assert starts(CLASSES, "@@ class A\n-        return 1\n+        return 2\n") == [3]
    assert starts(CLASSES, "@@ class A @@\n-        return 1\n+        return 2\n") == [3]


def test_the_context_may_be_repeated_as_the_first_old_line() -> None:
    assert starts("x\ndef f\n  a", "@@ def f\n def f\n-  a\n+  b\n") == [2]


def test_a_missing_context_is_named_with_the_nearest_line() -> None:
    message = error_of("x\ndef func(a):\n  a", "@@ def fumc(a):\n-  a\n+  b\n")
    assert message == (
        "Failed to find context 'def fumc(a):' in f (patch line 3).\n"
        "The nearest line is line 2:\ndef func(a):"
    )


def test_missing_lines_are_printed_with_the_nearest_place() -> None:
    message = error_of("one\ntwo\nthree", "@@\n one\n-tow\n+2\n")
    assert message == (
        "Failed to find expected lines in f (patch line 3):\none\ntow\n"
        "The nearest match is at line 1: line 2 is\ntwo\nwhere the patch has\ntow"
    )


def test_lines_above_their_context_are_not_below_it() -> None:
    message = error_of("a\nb", "@@ b\n-a\n+x\n")
    assert message.startswith("Failed to find expected lines in f below 'b' (line 2)")
    assert message.endswith("The same lines are at line 1.")


def test_every_chunk_that_does_not_fit_is_named() -> None:
    message = error_of("a\nb\nc", "@@\n-x1\n+y\n@@\n-b\n+y\n@@\n-x2\n+y\n")
    assert "x1" in message
    assert "x2" in message


def test_later_chunks_decide_where_earlier_ones_stand() -> None:
    file = "a\nb\nc\na\nd"
    assert starts(file, "@@\n-a\n+x\n@@\n-c\n+y\n") == [1, 3]
    assert starts(file, "@@\n-c\n+y\n@@\n-a\n+x\n") == [3, 4]


def test_the_same_chunk_twice_means_both_places() -> None:
    assert starts("a\nb\na", "@@\n-a\n+x\n@@\n-a\n+x\n") == [1, 3]


def test_chunks_that_stand_alone_may_come_in_any_order() -> None:
    assert starts("a\nb\nc", "@@\n-c\n+x\n@@\n-a\n+y\n") == [3, 1]


def test_chunks_may_share_context_lines() -> None:
    assert starts("a\nb\nc", "@@\n-a\n+x\n b\n@@\n b\n-c\n+y\n") == [1, 2]


def test_chunks_that_change_the_same_line_are_refused() -> None:
    message = error_of("a\nb\nc", "@@\n-a\n-b\n+x\n@@\n-b\n-c\n+y\n")
    assert message == "Two chunks change line 2 of f: make them one chunk"


def test_the_end_of_file_mark_decides() -> None:
    assert starts("a\nb\na", "-a\n+x\n*** End of File\n") == [3]
    assert starts("a\nb\na\n\n", "-a\n+x\n*** End of File\n") == [3]


def test_a_wrong_end_of_file_mark_is_forgiven_where_one_place_is_left() -> None:
    assert starts("a\nb\nc", "-b\n+x\n*** End of File\n") == [2]
    assert "at lines 1, 2" in error_of("a\na\nc", "-a\n+x\n*** End of File\n")


def test_blank_lines_after_a_chunk_are_spacing() -> None:
    assert starts("a\nb", "@@\n-a\n+x\n\n\n@@\n-b\n+y\n\n") == [1, 2]


def test_blank_lines_after_a_chunk_are_context_where_that_decides() -> None:
    assert starts("a\nb\na\n\nb", "@@\n-a\n+x\n\n") == [3]


def test_blank_lines_that_decide_nothing_leave_the_chunk_refused() -> None:
    assert "at lines 1, 3" in error_of("a\n\na\n\nb", "@@\n-a\n+x\n\n")


def test_additions_stand_below_their_context() -> None:
    assert starts("a\nb\nc", "@@ b\n+x\n\n") == [3]
    assert starts("a\nb\nc", "@@ b\n+x\n*** End of File\n") == [4]
    assert "at lines 2, 4" in error_of("b\na\nb\na", "@@ b\n+x\n")


def test_additions_without_context_stand_at_the_end() -> None:
    assert starts("a\nb", "@@\n+x\n") == [3]
    assert starts("a\nb", "@@\n+x\n@@\n-a\n+y\n") == [3, 1]


def test_a_line_number_decides_between_equal_places() -> None:
    assert starts("a\nb\na\nb", "@@ -4,1 +4,1 @@\n-b\n+x\n") == [4]
    assert "at lines 2, 4" in error_of("a\nb\na\nb", "@@ -3,1 +3,1 @@\n-b\n+x\n")


def test_a_line_number_alone_is_no_place_for_an_addition() -> None:
    assert "only adds lines to f" in error_of("a\nb", "@@ -1,0 +2,1 @@\n+x\n")
