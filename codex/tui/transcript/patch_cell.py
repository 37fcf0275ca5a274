"""Diffs of files as coloured Lines with line numbers, and the cell of a patch. Pure."""

from __future__ import annotations

import enum
import os
import re
from typing import TYPE_CHECKING, NamedTuple, assert_never

from codex.protocol.events import Add, Delete, Update
from codex.tui.drawing.text import (
    BOLD,
    CODE_TAB,
    DIM,
    PLAIN,
    Line,
    Span,
    Style,
    cell_width,
    line,
    lines,
    wrap,
    wrapped,
)
from codex.tui.transcript.cells import BAD, BAD_TITLE, CAUTION, GOOD, MORE, WORK, Cell

if TYPE_CHECKING:
    from collections.abc import Mapping

    from codex.protocol.events import FileChange

_MAX_LINES = 60
"""Number of lines shown of a longer diff of one file in the compact form."""

_HUNK = re.compile(r"@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@")


class _Row(NamedTuple):
    number: int | None
    """Line number in the new file; for a removed line, in the old one; None if it is no line."""
    sign: str
    text: str


class _Shape(NamedTuple):
    sign: str
    """Kind of change: `A`, `D`, `M` or `R`."""
    style: Style
    rows: list[_Row]


def diff_lines(
    changes: Mapping[str, FileChange], width: int, *, cwd: str, limit: int | None = None
) -> list[Line]:
    """Return the name of each file, the counts of its added and removed lines, and its diff.

    Args: cwd: directory; paths below it are shown relative to it. limit: number of lines shown of a
        longer diff of one file, half first and half last ones; None: all.
    """
    found: list[Line] = []
    for path, change in changes.items():
        if found:
            found.append(())
        found += _file_lines(path, change, width, cwd=cwd, limit=limit)
    return found


def _titles(changes: Mapping[str, FileChange], width: int, *, cwd: str) -> list[Line]:
    """Return the name of each file with the counts of its added and removed lines."""
    rows = [_title(path, change, _shape(change), cwd=cwd) for path, change in changes.items()]
    return wrapped(rows, width, indent=(Span("  "),))


def short_name(path: str, cwd: str) -> str:
    """Return the path, relative to `cwd` if it is below it, otherwise unchanged."""
    prefix = cwd.rstrip("/") + "/"
    return os.path.relpath(path, cwd) if path.startswith(prefix) else path


def _file_lines(
    path: str, change: FileChange, width: int, *, cwd: str, limit: int | None
) -> list[Line]:
    shape = _shape(change)
    found = wrap(_title(path, change, shape, cwd=cwd), width, indent=(Span("  "),))
    rows = shape.rows
    hidden = 0 if limit is None or len(rows) <= limit + 1 else len(rows) - limit
    half = len(rows) if not hidden else (limit or 0) // 2
    size = len(str(max((row.number or 0 for row in rows), default=0)))
    for index, row in enumerate(rows):
        if index == half:
            found += wrap((Span(f"… {hidden:,} lines ({MORE})", DIM),), width)
        if hidden and half <= index < half + hidden:
            continue
        found += _numbered(row, width, size=size)
    return found


def _title(path: str, change: FileChange, shape: _Shape, *, cwd: str) -> Line:
    added = sum(row.sign == "+" for row in shape.rows)
    removed = sum(row.sign == "-" for row in shape.rows)
    title = (Span(f"{shape.sign} ", shape.style), *line(short_name(path, cwd), BOLD))
    if isinstance(change, Update) and change.move_path:
        title += (Span(" → "), *line(short_name(change.move_path, cwd), BOLD))
    if added or removed:
        title += (Span(" ("), Span(f"+{added}", GOOD), Span(" "), Span(f"-{removed}", BAD))
        title += (Span(")"),)
    return title


def _shape(change: FileChange) -> _Shape:
    match change:
        case Add():
            return _Shape("A", GOOD._replace(bold=True), _content(change.content, "+"))
        case Delete():
            return _Shape("D", BAD_TITLE, _content(change.content, "-"))
        case Update():
            is_move = change.move_path is not None
            style = Style(fg="cyan" if is_move else "yellow", bold=True)
            return _Shape("R" if is_move else "M", style, _unified(change.unified_diff))
        case _:
            assert_never(change)


def _content(text: str, sign: str) -> list[_Row]:
    rows = text.removesuffix("\n").split("\n") if text else []
    return [_Row(number, sign, row) for number, row in enumerate(rows, start=1)]


def _unified(diff: str) -> list[_Row]:
    """Parse a unified diff without file headers; return its lines, each with its number."""
    found: list[_Row] = []
    old = new = 1
    for text in diff.removesuffix("\n").split("\n") if diff else []:
        hunk = _HUNK.match(text)
        if hunk:
            old, new = int(hunk[1]), int(hunk[2])
            if found:
                found.append(_Row(None, "⋮", ""))
        elif text.startswith("+"):
            found.append(_Row(new, "+", text[1:]))
            new += 1
        elif text.startswith("-"):
            found.append(_Row(old, "-", text[1:]))
            old += 1
        elif text.startswith("\\"):
            found.append(_Row(None, "\\", text[1:]))
        else:
            found.append(_Row(new, " ", text[1:]))
            old, new = old + 1, new + 1
    return found


_STYLES = {"+": GOOD, "-": BAD, " ": PLAIN}


def _numbered(row: _Row, width: int, *, size: int) -> list[Line]:
    """Return a row such as `12 +text`, wrapped behind the sign."""
    style = _STYLES.get(row.sign, DIM)
    number = f"{'' if row.number is None else row.number:>{size}} "
    head: Line = (Span(number, DIM), Span(row.sign, style))
    # A carriage return at the end is the file's line ending, not content.
    body = [
        part for text in lines(row.text.removesuffix("\r"), style, tab=CODE_TAB) for part in text
    ]
    indent: Line = (Span(" " * (cell_width(number) + 1)),)
    if width - cell_width(number) - 1 < 8:
        return wrap((*head, *body), width)
    rows = wrap(tuple(body), width - cell_width(number) - 1)
    return [((head if index == 0 else indent) + part) for index, part in enumerate(rows)]


def git_lines(text: str) -> list[Line]:
    """Return the output of `git diff` as coloured lines, cleaned but not wrapped."""
    return [
        row
        for text_row in text.removesuffix("\n").split("\n")
        for row in lines(text_row.removesuffix("\r"), _git_style(text_row), tab=CODE_TAB) or [()]
    ]


def _git_style(row: str) -> Style:
    if row.startswith(("diff --git ", "--- ", "+++ ")):
        return BOLD
    if row.startswith("@@"):
        return Style(fg="cyan")
    return _STYLES.get(row[:1], DIM)


class PatchState(enum.Enum):
    """How far a patch has come; the value is shown to the user."""

    PROPOSED = "proposed patch"
    APPLYING = "applying patch"
    APPLIED = "patch applied"
    FAILED = "patch failed"
    REJECTED = "patch not applied"


_TITLES = {
    PatchState.PROPOSED: CAUTION,
    PatchState.APPLYING: WORK,
    PatchState.APPLIED: GOOD,
    PatchState.FAILED: BAD,
    PatchState.REJECTED: BAD,
}


class PatchCell(Cell):
    """The cell of a patch: changes of files, and their outcome."""

    def __init__(self, changes: Mapping[str, FileChange], *, cwd: str, reason: str | None) -> None:
        super().__init__()
        self._changes = changes
        self._cwd = cwd
        self._reason = reason
        self._message = ""
        self.state = PatchState.PROPOSED
        self.is_live = True

    def advance(self, state: PatchState, message: str = "") -> None:
        """Note the patch's new state. Args: message: what went wrong; empty if nothing did."""
        self.state = state
        self._message = message
        self.is_live = state in (PatchState.PROPOSED, PatchState.APPLYING)
        self.touch()

    def lines(self, width: int, *, full: bool = False) -> list[Line]:
        """Return the state, the reason, the diff and the error.

        In the compact form, a proposed patch shows file names and line counts instead of the diff.
        """
        style = _TITLES[self.state]._replace(bold=True)
        found = wrap((Span(self.state.value, style),), width)
        if self._reason:
            found += wrapped(lines(self._reason, Style(italic=True)), width)
        if self.state is PatchState.PROPOSED and not full:  # the dialog shows the lines
            found += _titles(self._changes, width, cwd=self._cwd)
        else:
            limit = None if full else _MAX_LINES
            found += diff_lines(self._changes, width, cwd=self._cwd, limit=limit)
        if self._message:
            found += wrapped(lines(self._message, BAD), width)
        return found

    def text(self) -> str:
        """Return the state, the reason, the changes as a diff, and the error."""
        parts = [self.state.value, *([self._reason] if self._reason else [])]
        for path, change in self._changes.items():
            shape = _shape(change)
            parts.append(f"{shape.sign} {short_name(path, self._cwd)}")
            parts += [f"{row.sign}{row.text}" for row in shape.rows]
        return "\n".join([*parts, *([self._message] if self._message else [])])
