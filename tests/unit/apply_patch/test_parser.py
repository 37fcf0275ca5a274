from __future__ import annotations

import pytest

from codex.apply_patch.parser import (
    AddFile,
    Chunk,
    DeleteFile,
    Hunk,
    UpdateFile,
    parse_patch,
)
from codex.base.errors import PatchError

BEGIN = "*** Begin Patch\n"
END = "*** End Patch"


def sections(body: str) -> tuple[Hunk, ...]:
    return parse_patch(BEGIN + body + END).hunks


def chunks(body: str) -> tuple[Chunk, ...]:
    (hunk,) = sections("*** Update File: f\n" + body)
    assert isinstance(hunk, UpdateFile)
    return hunk.chunks


def error_of(text: str) -> str:
    with pytest.raises(PatchError) as caught:
        parse_patch(text)
    return caught.value.message


def test_all_sections_are_read_in_order() -> None:
    patch = """*** Begin Patch
*** Add File: notes/todo.md
+# Todo
+- water the plants
*** Delete File: notes/done.md
*** Update File: lib/area.rb
*** Move to: lib/geometry/area.rb
@@ class Circle
   attr_reader :r
-  PI = 3.14
+  PI = Math::PI
@@
   end
+# vim: sw=2
*** End of File
*** End Patch
"""
    assert parse_patch(patch).hunks == (
        AddFile("notes/todo.md", "# Todo\n- water the plants\n"),
        DeleteFile("notes/done.md"),
        UpdateFile(
            "lib/area.rb",
            "lib/geometry/area.rb",
            (
                Chunk(
                    contexts=("class Circle",),
                    lines=("   attr_reader :r", "-  PI = 3.14", "+  PI = Math::PI"),
                    line_number=8,
                ),
                Chunk(lines=("   end", "+# vim: sw=2"), is_end_of_file=True, line_number=12),
            ),
        ),
    )


def test_no_sections_are_no_parse_error() -> None:
    assert parse_patch(BEGIN + END).hunks == ()


@pytest.mark.parametrize(
    "text",
    [
        "  *** Begin Patch  \n*** Delete File: f\n *** End Patch \n",
        "\n\n*** Begin Patch\n\n  *** Delete File: f  \n\n*** End Patch\n\n",
        "*** Begin Patch\r\n*** Delete File: f\r\n*** End Patch\r\n",
        "<<'EOF'\n*** Begin Patch\n*** Delete File: f\n*** End Patch\nEOF\n",
        '<<"EOF"\n*** Begin Patch\n*** Delete File: f\n*** End Patch\nEOF',
        "<<EOF\n*** Begin Patch\n*** Delete File: f\n*** End Patch\nEOF",
        "apply_patch <<'PATCH'\n*** Begin Patch\n*** Delete File: f\n*** End Patch\nPATCH",
        "```patch\n*** Begin Patch\n*** Delete File: f\n*** End Patch\n```",
    ],
)
def test_blanks_and_wrappers_around_the_markers_are_ignored(text: str) -> None:
    assert parse_patch(text).hunks == (DeleteFile("f"),)


def test_a_heredoc_with_unmatched_quotes_is_refused() -> None:
    text = "<<\"EOF'\n*** Begin Patch\n*** Delete File: f\n*** End Patch\nEOF"
    assert error_of(text).startswith("Invalid patch: the first line must be '*** Begin Patch'")


def test_wrong_first_and_last_lines_are_named() -> None:
    assert "not 'hello'" in error_of("hello\n*** End Patch")
    assert "the last line must be '*** End Patch', not 'bye'" in error_of("*** Begin Patch\nbye")
    assert "the last line must be" in error_of("*** Begin Patch")
    assert "the first line must be" in error_of("")


def test_lone_surrogates_are_refused() -> None:
    assert "not valid Unicode" in error_of(BEGIN + "*** Delete File: \ud800\n" + END)


def test_an_unknown_header_names_its_line_and_the_valid_ones() -> None:
    message = error_of(BEGIN + "*** Delete File: a\n*** Frobnicate File: foo\n" + END)
    assert message.startswith("Invalid patch hunk on line 3: '*** Frobnicate File: foo'")
    assert "'*** Add File: PATH', '*** Delete File: PATH' and '*** Update File: PATH'" in message


def test_an_added_file_may_be_empty() -> None:
    assert sections("*** Add File: f\n") == (AddFile("f", ""),)


def test_blank_lines_between_sections_are_no_content() -> None:
    assert sections("*** Add File: f\n+a\n\n\n*** Add File: g\n\n") == (
        AddFile("f", "a\n"),
        AddFile("g", ""),
    )


def test_a_forgotten_plus_on_an_empty_line_of_a_new_file_is_forgiven() -> None:
    assert sections("*** Add File: f\n+a\n\n+b\n") == (AddFile("f", "a\n\nb\n"),)


def test_carriage_returns_of_a_new_file_are_content() -> None:
    assert sections("*** Add File: f\r\n+a\r\n\r\n+b\r\n") == (AddFile("f", "a\r\n\r\nb\r\n"),)


def test_a_new_file_may_lack_its_final_newline() -> None:
    assert sections("*** Add File: f\n+a\n+b\n\\ No newline at end of file\n") == (
        AddFile("f", "a\nb"),
    )


def test_a_new_file_with_a_bare_line_says_how_to_write_it() -> None:
    message = error_of(BEGIN + "*** Add File: f\n+a\nb\n" + END)
    assert message.startswith("Invalid patch hunk on line 4: 'b'")
    assert "every line of a new file starts with '+'" in message


def test_a_move_needs_no_chunks() -> None:
    assert sections("*** Update File: a\n*** Move to: b\n") == (UpdateFile("a", "b", ()),)


def test_an_update_without_chunks_and_move_is_refused() -> None:
    message = error_of(BEGIN + "*** Delete File: x\n*** Update File: a\n\n" + END)
    assert message.startswith("Invalid patch hunk on line 3: the update of 'a' is empty")


def test_the_first_chunk_needs_no_marker() -> None:
    assert chunks("-a\n+b\n") == (Chunk(lines=("-a", "+b"), line_number=3),)


def test_contexts_may_be_stacked() -> None:
    (chunk,) = chunks("@@ class A\n@@   def f\n+x\n")
    assert chunk.contexts == ("class A", "  def f")
    (chunk,) = chunks("@@ class A\n\n@@ def f\n+x\n")
    assert chunk.contexts == ("class A", "def f")


def test_a_marker_with_blanks_has_no_context() -> None:
    assert chunks("@@  \n+x\n")[0].contexts == ()
    assert chunks("@@\r\n+x\n")[0].contexts == ()


def test_headers_of_unified_diffs_are_hints() -> None:
    (chunk,) = chunks("@@ -12,3 +14,4 @@ def f():\n a\n+x\n")
    assert (chunk.contexts, chunk.diff_line) == ((), 12)
    (chunk,) = chunks("@@ -7 +7 @@\n a\n+x\n")
    assert chunk.diff_line == 7


def test_an_empty_line_is_kept_apart_from_a_blank_context_line() -> None:
    first, second = chunks("@@\n a\n\n \n-b\n\n\n@@\n+c\n\n")
    assert first.lines == (" a", "", " ", "-b", "", "")
    assert second.lines == ("+c", "")


def test_an_end_of_file_mark_ends_the_chunk() -> None:
    first, second = chunks("-a\n*** End of File  \n\n@@\n-b\n")
    assert first.is_end_of_file
    assert not second.is_end_of_file


@pytest.mark.parametrize(
    ("body", "has_final_newline"),
    [
        ("-a\n\\ No newline at end of file\n+b\n", True),
        ("-a\n+b\n\\ No newline at end of file\n", False),
        ("-a\n\\ No newline at end of file\n+b\n\\ No newline at end of file\n", False),
        (" a\n\\ No newline at end of file\n", False),
        ("-a\n+b\n", None),
    ],
)
def test_the_newline_marks_of_unified_diffs_are_understood(
    body: str, has_final_newline: bool | None
) -> None:
    (chunk,) = chunks(body)
    assert chunk.has_final_newline is has_final_newline
    assert chunk.is_end_of_file is (has_final_newline is not None)


def test_a_chunk_without_lines_is_refused() -> None:
    update = BEGIN + "*** Update File: f\n"
    assert "on line 3: no lines follow" in error_of(update + "@@ x\n" + END)
    assert "on line 4: unexpected line '*** End of File'" in error_of(
        update + "@@\n*** End of File\n" + END
    )
    assert "on line 4: unexpected line 'what'" in error_of(update + "@@\nwhat\n" + END)


def test_a_further_chunk_needs_a_marker() -> None:
    message = error_of(BEGIN + "*** Update File: f\n-a\n*** End of File\n-b\n" + END)
    assert "on line 5: unexpected line '-b'" in message
    assert "another chunk with '@@'" in message


def test_any_path_is_accepted() -> None:
    assert sections("*** Delete File: ../../etc/passwd\n*** Add File:\n") == (
        DeleteFile("../../etc/passwd"),
        AddFile("", ""),
    )


def test_long_lines_are_cut_in_errors() -> None:
    assert len(error_of("x" * 1000)) < 200
