"""Parse the text of a patch: its sections in order, with their lines as the model wrote them.

Tolerant where only one reading is possible (blanks around markers, a heredoc or a Markdown fence
around the patch, several `@@` lines in a row, headers of unified diffs), strict elsewhere. Knows
nothing of files: any path is accepted here and checked in files.py.
"""

from __future__ import annotations

import re

import msgspec

from codex.base.errors import PatchError

BEGIN = "*** Begin Patch"
_END = "*** End Patch"
_END_OF_FILE = "*** End of File"
_ADD = "*** Add File:"
_DELETE = "*** Delete File:"
_UPDATE = "*** Update File:"
_MOVE = "*** Move to:"
_HEADERS = f"'{_ADD} PATH', '{_DELETE} PATH' and '{_UPDATE} PATH'"

DIFF_HEADER = re.compile(r"@@ -(\d+)(?:,\d+)? \+\d+(?:,\d+)? @@")
HEREDOC_START = re.compile(r"(?:apply_?patch\s*)?<<-?\s*(['\"]?)(\w+)\1")


class AddFile(msgspec.Struct, frozen=True):
    """A section that creates or replaces a file."""

    path: str
    content: str


class DeleteFile(msgspec.Struct, frozen=True):
    """A section that removes a file."""

    path: str


class Chunk(msgspec.Struct, frozen=True, kw_only=True):
    """One change at one place of a file, as the patch writes it."""

    contexts: tuple[str, ...] = ()
    """Texts of the `@@` lines, outermost first; each is part of a file line above the change."""
    lines: tuple[str, ...]
    """Lines as written: a space, `-` or `+`, then the text, which may end in CR. An empty string is
    an empty line of the patch: an empty context line or, at the end, perhaps only spacing."""
    is_end_of_file: bool = False
    """Whether the patch says that the lines are the last ones of the file."""
    has_final_newline: bool | None = None
    """Whether the new file ends in a newline, if a line "\\ No newline at end of file" tells; None:
    as the old one."""
    diff_line: int | None = None
    """Old line number in a unified-diff header, from 1; only a hint, since models miscount. None
    without such a header."""
    line_number: int
    """Number of the chunk's first line in the patch, from 1."""


class UpdateFile(msgspec.Struct, frozen=True):
    """A section that changes a file, moves it, or both."""

    path: str
    move_path: str | None
    """New path; None if the file is not moved."""
    chunks: tuple[Chunk, ...]
    """Changes of the lines; empty only for a file that is moved unchanged."""


Hunk = AddFile | DeleteFile | UpdateFile


class Patch(msgspec.Struct, frozen=True):
    """The sections of a patch, in order."""

    hunks: tuple[Hunk, ...]


def parse_patch(text: str) -> Patch:
    """Parse a complete patch, which may have no sections.

    Raises: PatchError, which says what is wrong, on which line (the begin marker is line 1), and
        what to send instead.
    """
    if not is_unicode(text):
        raise PatchError("Invalid patch: it is not valid Unicode text")
    lines = _unwrap(text.strip().split("\n"))
    if lines[0].strip() != BEGIN:
        raise PatchError(
            f"Invalid patch: the first line must be '{BEGIN}', not '{_short(lines[0])}'"
        )
    if len(lines) < 2 or lines[-1].strip() != _END:
        raise PatchError(
            f"Invalid patch: the last line must be '{_END}', not '{_short(lines[-1])}'"
        )
    reader = _LineReader(lines[1:-1])
    hunks: list[Hunk] = []
    while reader.skip_blank():
        hunks.append(_section(reader))
    return Patch(tuple(hunks))


def is_unicode(text: str) -> bool:
    """Return whether the text can be written as UTF-8: it has no lone surrogates."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


class _LineReader:
    """Reads the lines between the begin and end markers of a patch, one at a time."""

    def __init__(self, lines: list[str]) -> None:
        self._lines = lines
        self._index = 0

    @property
    def line_number(self) -> int:
        """Number of the next line in the patch; the begin marker is line 1."""
        return self._index + 2

    def peek(self) -> str | None:
        """Return the next line without advancing; None at the end."""
        return self._lines[self._index] if self._index < len(self._lines) else None

    def take(self) -> str:
        """Return the next line and advance past it."""
        self._index += 1
        return self._lines[self._index - 1]

    def skip_blank(self) -> bool:
        """Advance to the next line that is not blank; return whether there is one."""
        while (line := self.peek()) is not None and not line.strip():
            self._index += 1
        return line is not None

    def next_written(self) -> str:
        """Return the next line that is not blank, without advancing; "" at the end."""
        return next((line for line in self._lines[self._index :] if line.strip()), "")

    def error(self, message: str) -> PatchError:
        """Return an error about the line that `take` returned last."""
        return PatchError(f"Invalid patch hunk on line {self.line_number - 1}: {message}")


def _unwrap(lines: list[str]) -> list[str]:
    """Remove the heredoc or the Markdown fence that some models put around a patch."""
    if len(lines) < 4:
        return lines
    first, last = lines[0].strip(), lines[-1].strip()
    start = HEREDOC_START.fullmatch(first)
    if (start and last == start[2]) or (first.startswith("```") and last == "```"):
        return "\n".join(lines[1:-1]).strip().split("\n")
    return lines


def _section(reader: _LineReader) -> Hunk:
    header = reader.take().strip()
    if header.startswith(_ADD):
        return AddFile(header.removeprefix(_ADD).strip(), _added_content(reader))
    if header.startswith(_DELETE):
        return DeleteFile(header.removeprefix(_DELETE).strip())
    if header.startswith(_UPDATE):
        return _update(reader, header.removeprefix(_UPDATE).strip())
    raise reader.error(
        f"'{_short(header)}' is not a section header. Valid ones are {_HEADERS}; "
        "every line of a new file starts with '+'"
    )


def _added_content(reader: _LineReader) -> str:
    content = ""
    while (line := reader.peek()) is not None:
        if line.startswith("+"):
            content += line[1:] + "\n"
        elif line.startswith("\\ "):
            content = content.removesuffix("\n")
        elif not line.strip() and reader.next_written().startswith("+"):
            # This can only be an empty line whose '+' was forgotten.
            content += line.strip(" \t") + "\n"
        else:
            break
        reader.take()
    return content


def _update(reader: _LineReader, path: str) -> UpdateFile:
    header = reader.line_number - 1
    move_path = None
    if (line := reader.peek()) is not None and line.strip().startswith(_MOVE):
        move_path = reader.take().strip().removeprefix(_MOVE).strip()
    chunks: list[Chunk] = []
    while reader.skip_blank() and not (reader.peek() or "").startswith("***"):
        chunks.append(_chunk(reader, is_first=not chunks))
    if not chunks and move_path is None:
        raise PatchError(
            f"Invalid patch hunk on line {header}: the update of '{path}' is empty: "
            "it needs lines that start with ' ', '-' or '+'"
        )
    return UpdateFile(path, move_path, tuple(chunks))


def _chunk(reader: _LineReader, *, is_first: bool) -> Chunk:
    line_number = reader.line_number
    contexts: list[str] = []
    diff_line = None
    while reader.next_written().startswith("@@"):
        reader.skip_blank()
        marker = reader.take().rstrip("\r")
        if header := DIFF_HEADER.match(marker):
            diff_line = int(header[1])
        elif context := marker.removeprefix("@@").removeprefix(" ").rstrip():
            contexts.append(context)
    has_marker = reader.line_number > line_number
    if not has_marker and not is_first:
        raise _unexpected(reader)
    lines, is_end_of_file, has_final_newline = _body(reader)
    if not lines:
        raise (
            _unexpected(reader)
            if reader.peek() is not None
            else reader.error(
                "no lines follow: a chunk needs lines that start with ' ', '-' or '+'"
            )
        )
    return Chunk(
        contexts=tuple(contexts),
        lines=tuple(lines),
        is_end_of_file=is_end_of_file,
        has_final_newline=has_final_newline,
        diff_line=diff_line,
        line_number=line_number,
    )


def _body(reader: _LineReader) -> tuple[list[str], bool, bool | None]:
    """Return a chunk's lines, then its `is_end_of_file` and `has_final_newline`."""
    lines: list[str] = []
    has_final_newline: bool | None = None
    while (line := reader.peek()) is not None:
        if line.rstrip() == _END_OF_FILE and lines:
            reader.take()
            return lines, True, has_final_newline
        if line.startswith("\\ ") and lines:
            has_final_newline = lines[-1].startswith("-")
        elif line in ("", "\r"):
            lines.append("")
        elif line[0] in " -+":
            lines.append(line)
        else:
            break
        reader.take()
    return lines, has_final_newline is not None, has_final_newline


def _unexpected(reader: _LineReader) -> PatchError:
    line = reader.take()
    return reader.error(
        f"unexpected line '{_short(line)}': the lines of a chunk start with ' ', '-' or '+', "
        "another chunk with '@@', a section with '***'"
    )


def _short(line: str) -> str:
    line = line.strip()
    return line if len(line) <= 80 else line[:77] + "..."
