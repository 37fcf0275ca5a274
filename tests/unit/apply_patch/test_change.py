from __future__ import annotations

import pytest

from codex.apply_patch.change import apply_chunks
from codex.apply_patch.parser import UpdateFile, parse_patch
from codex.apply_patch.text import decode_file, encode_file
from codex.base.errors import PatchError


def edited(file: bytes | str, body: str) -> bytes:
    """Return the file after an update with these chunks."""
    data = file.encode() if isinstance(file, str) else file
    (update,) = parse_patch(f"*** Begin Patch\n*** Update File: f\n{body}*** End Patch").hunks
    assert isinstance(update, UpdateFile)
    return encode_file(apply_chunks(decode_file(data), update.chunks, path="f"))


@pytest.mark.parametrize(
    ("file", "body", "expected"),
    [
        ("a\nb\nc\n", "-b\n+x\n+y\n", "a\nx\ny\nc\n"),
        ("a\nb\nc\n", " a\n-b\n c\n", "a\nc\n"),
        ("a\n", "-a\n", ""),
        ("", "+a\n", "a\n"),
        ("", "@@ -0,0 +1,1 @@\n+a\n", "a\n"),
        ("a\nb\n", "@@\n+c\n", "a\nb\nc\n"),
        ("a\nb\n", "@@ a\n+x\n", "a\nx\nb\n"),
        ("a\n\n", "-a\n+b\n", "b\n\n"),
        ("a\n\n\n", "@@\n+b\n", "a\n\n\nb\n"),
        ("a\nb\nc\n", "@@\n a\n+x\n b\n@@\n b\n+y\n c\n", "a\nx\nb\ny\nc\n"),
        ("a\nb\n", "@@ a\n+x\n@@ a\n+y\n", "a\nx\ny\nb\n"),
    ],
)
def test_lines_are_replaced_removed_and_added(file: str, body: str, expected: str) -> None:
    assert edited(file, body) == expected.encode()


@pytest.mark.parametrize(
    ("file", "body", "expected"),
    [
        ("a\nb", "-a\n+x\n", "x\nb"),
        ("a\nb", "-b\n+x\n", "a\nx"),
        ("a\nb", "@@\n+c\n", "a\nb\nc"),
        ("a\nb", "-b\n", "a"),
        ("a\nb", "-b\n\\ No newline at end of file\n+b\n", "a\nb\n"),
        ("a\nb\n", "-b\n+c\n\\ No newline at end of file\n", "a\nc"),
        ("a\nb\n", "-b\n+c\n", "a\nc\n"),
    ],
)
def test_the_final_newline_stays_as_it_was_unless_the_patch_says_so(
    file: str, body: str, expected: str
) -> None:
    assert edited(file, body) == expected.encode()


@pytest.mark.parametrize(
    ("file", "body", "expected"),
    [
        ("  a  \nb\n", " a\n-b\n+c\n", "  a  \nc\n"),
        ("it\u2019s\nb\n", " it's\n-b\n+c\n", "it\u2019s\nc\n"),
        ("\ta\n\tb\n", "     a\n-    b\n+\tc\n", "\ta\n\tc\n"),
        ("a\n  b  \nc\n", "-a\n+x\n b\n-c\n+y\n", "x\n  b  \ny\n"),
    ],
)
def test_context_keeps_the_file_s_own_characters(file: str, body: str, expected: str) -> None:
    assert edited(file, body) == expected.encode()


@pytest.mark.parametrize(
    ("file", "body", "expected"),
    [
        # A patch with bare line feeds for a CRLF file.
        ("a\r\nb\r\nc\r\n", " a\n-b\n+x\n+y\n c\n", "a\r\nx\r\ny\r\nc\r\n"),
        ("a\r\nb\r\n", "@@\n+c\n", "a\r\nb\r\nc\r\n"),
        ("a\r\nb\r\n", "@@ a\n+x\n", "a\r\nx\r\nb\r\n"),
        ("a\r\nb", "-b\n+c\n+d\n", "a\r\nc\r\nd"),
        ("a\r\nb\r\n", "+0\n a\n", "0\r\na\r\nb\r\n"),
        # A CRLF patch for a file with bare line feeds.
        ("a\nb\n", " a\r\n-b\r\n+x\r\n", "a\nx\n"),
        ("a\nb\n", "@@\r\n+c\r\n", "a\nb\nc\n"),
        # A CRLF patch for a CRLF file.
        ("a\r\nb\r\n", " a\r\n-b\r\n+x\r\n", "a\r\nx\r\n"),
        # Mixed endings: each line keeps its own; a new one takes that of the line it replaces.
        ("a\nb\r\nc\n", "-b\n+x\n", "a\nx\r\nc\n"),
        ("a\r\nb\nc\r\n", "-a\n+x\n b\n-c\n+y\n", "x\r\nb\ny\r\n"),
        ("a\r\nb\nc\r\n", "-a\n-b\n+x\n+y\n+z\n", "x\r\ny\nz\nc\r\n"),
        # The patch knows the endings and changes them.
        ("a\nb\n", "-b\n+b\r\n", "a\nb\r\n"),
        ("a\r\nb\r\n", "-a\r\n+a\n", "a\nb\r\n"),
    ],
)
def test_line_endings_are_kept(file: str, body: str, expected: str) -> None:
    assert edited(file, body) == expected.encode()


def test_a_byte_order_mark_stays_in_front() -> None:
    assert edited(b"\xef\xbb\xbfa\nb\n", "-a\n+x\n") == b"\xef\xbb\xbfx\nb\n"
    utf_16 = "\ufeffgrün\r\nb\r\n".encode("utf-16-le")
    expected = "\ufeffgrünlich\r\nb\r\n".encode("utf-16-le")
    assert edited(utf_16, "-grün\n+grünlich\n") == expected


def test_bytes_that_are_no_utf_8_survive() -> None:
    file = "caf\u00e9\nb\nc\n".encode("latin-1")
    assert edited(file, " caf\ufffd\n-b\n+x\n") == b"caf\xe9\nx\nc\n"
    assert edited(file, "-caf\ufffd\n+tea\n") == b"tea\nb\nc\n"


def test_characters_of_an_unknown_encoding_are_not_guessed() -> None:
    with pytest.raises(PatchError, match="f is not UTF-8 and its encoding is not known"):
        edited(b"caf\xe9\nb\n", "-b\n+th\u00e9\n")


def test_a_damaged_utf_8_file_stays_utf_8() -> None:
    file = "für alle\n".encode() + b"\xff\nb\n"
    assert edited(file, "-b\n+é\n") == "für alle\n".encode() + b"\xff\n" + "é\n".encode()
