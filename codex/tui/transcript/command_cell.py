"""The cell of a command: what runs, its output as it arrives, and how it ended. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from codex.base.bash import join, script_of
from codex.base.elapsed import format_duration
from codex.sandbox.output import NOT_SHOWN
from codex.tui.drawing.ansi import parse_ansi, parse_ansi_part
from codex.tui.drawing.text import BOLD, DIM, PLAIN, Line, Span, Style, clip, lines, wrapped
from codex.tui.transcript.cells import BAD, CAUTION, GOOD, MORE, WORK, Cell

if TYPE_CHECKING:
    from collections.abc import Sequence

    from codex.protocol.events import ExecCommandBegin, ExecCommandEnd

RUNNING_LINES = 5
"""Number of output lines that are shown while the command runs: the last ones."""
ENDED_LINES = 10
"""Number of lines shown of a longer output after the end: half first, half last ones."""
USER_LINES = 40
"""Number of lines shown of a user's command, if longer, after its end: half first, half last."""
TAIL = 8_192
"""Number of characters at the end of the output that are searched for the last lines."""

_CUT = re.compile(r"\[\.\.\. (\d+) bytes, (\d+) lines left out \.\.\.\]")
"""Pattern of the marker that sandbox/output.py writes in place of omitted lines."""


def command_text(command: Sequence[str]) -> str:
    """Return the command as a person would type it: only the script of `bash -lc` and the like."""
    return script_of(command) or join(command)


def command_lines(command: Sequence[str], width: int, *, mark: Span) -> list[Line]:
    """Return the whole command, wrapped, behind `mark`; each line of a script begins a row.

    Args: mark: beginning of the first row, two columns wide.
    """
    rows = lines(command_text(command), BOLD) or [()]
    inner = max(2, width - 2)
    if width < 8:
        return wrapped([(mark, *rows[0]), *rows[1:]], width)
    found = wrapped(rows, inner)
    return [((mark if index == 0 else Span("  ")), *row) for index, row in enumerate(found)]


class CommandCell(Cell):
    """The cell of one command of the model or the user."""

    def __init__(self, command: Sequence[str], cwd: str, *, is_from_user: bool = False) -> None:
        super().__init__()
        self._command = tuple(command)
        self._cwd = cwd
        self._is_from_user = is_from_user
        self._state = "waits for approval"
        self._style = CAUTION
        self._has_begun = False
        self._parts: list[str] = []
        self._tail = ""
        self._rows = _LiveRows()
        self._kept = ""
        """Output as the end event reports it, the middle left out if long; empty before the end."""
        self._denial: str | None = None
        self.is_live = True

    def begin(self, msg: ExecCommandBegin) -> None:
        """Show that the command has begun to run."""
        self._cwd, self._is_from_user = msg.cwd, msg.is_from_user
        self._state, self._style = "running", WORK
        self._has_begun = True
        self.touch()

    def output(self, chunk: str) -> None:
        """Append a chunk of output."""
        self._parts.append(chunk)
        self._tail = (self._tail + chunk)[-TAIL:]
        self.touch()

    def end(self, msg: ExecCommandEnd) -> None:
        """Show how the command ended."""
        self._kept = msg.aggregated_output
        self._denial = msg.denial
        self._state = _outcome(msg.exit_code, msg.duration_ms)
        self._close(GOOD if msg.exit_code == 0 else BAD)

    def stop(self, outcome: str) -> None:
        """Close the cell of a command whose end no event reports.

        Args: outcome: text shown if the command has begun; otherwise it is `not run`.
        """
        self._state = outcome if self._has_begun else "not run"
        self._close(BAD)

    def _close(self, style: Style) -> None:
        self._style = style
        self._tail = ""
        self._parts = ["".join(self._parts)]
        self._rows = _LiveRows()
        self.is_live = False
        self.touch()

    def _output(self) -> str:
        """Return all output that is known, from the live chunks and the end event."""
        live, stop, _ = "".join(self._parts).partition(NOT_SHOWN)
        if not self._kept or (live and not stop):
            return live
        return _joined(live, self._kept) if live else self._kept

    def lines(self, width: int, *, full: bool = False) -> list[Line]:
        """Return the command, its output, what the sandbox blocked, and how the command ended."""
        mark = Span("! " if self._is_from_user else "$ ", self._style._replace(bold=True))
        found = command_lines(self._command, width, mark=mark)
        found += self._output_lines(width, full=full)
        if self._denial:
            found += _inset(lines(self._denial, CAUTION), width)
        style = BAD if self._style is BAD else DIM
        return found + _inset([(Span(self._state, style),)], width)

    def _output_lines(self, width: int, *, full: bool) -> list[Line]:
        if full:
            is_whole = self.is_live or not self._kept
            return self._rows.of(self._parts, width) if is_whole else _whole(self._output(), width)
        if self.is_live:
            last = self._tail.removesuffix("\n").rsplit("\n", RUNNING_LINES)[-RUNNING_LINES:]
            return _inset(_parsed("\n".join(last)), width, is_clipped=True)
        limit = USER_LINES if self._is_from_user else ENDED_LINES
        return _inset(_head_and_tail(self._output(), limit), width, is_clipped=True)

    def text(self) -> str:
        """Return the command, all its output that is known, what was blocked, and the outcome."""
        output = "\n".join("".join(span.text for span in row) for row in _parsed(self._output()))
        mark = "!" if self._is_from_user else "$"
        parts = [f"{mark} {command_text(self._command)}", output, self._denial or "", self._state]
        return "\n".join(part for part in parts if part)

    def guess(self, width: int, *, full: bool) -> int:
        """Return the approximate number of rows; always 4 for the compact form, which is short."""
        if not full:
            return 4
        size = sum(map(len, self._parts)) + len(self._kept)
        return sum(part.count("\n") for part in self._parts) + size // width + 4


class _LiveRows:
    """The rows of growing output; complete lines are drawn once for each width."""

    def __init__(self) -> None:
        self._width = 0
        self._forget()

    def _forget(self) -> None:
        self._rows: list[Line] = []
        self._style = PLAIN
        self._count = 0
        self._rest = ""

    def of(self, parts: Sequence[str], width: int) -> list[Line]:
        """Return the rows of all output. Args: parts: its chunks, in a list that only grows."""
        if width != self._width:
            self._width = width
            self._forget()
        text = self._rest + "".join(parts[self._count :])
        self._count = len(parts)
        whole, newline, self._rest = text.rpartition("\n")
        if newline:
            found, self._style = parse_ansi_part(whole.removesuffix("\r"), self._style, DIM)
            self._rows += _inset(found, width)
        last = parse_ansi_part(self._rest, self._style, DIM)[0] if self._rest else []
        return self._rows + _inset(last, width)


def _whole(text: str, width: int) -> list[Line]:
    return _inset(_parsed(text), width)


def _outcome(exit_code: int, duration_ms: int) -> str:
    took = format_duration(max(0, duration_ms))
    match exit_code:
        case -1:
            return "did not start"
        case 124:
            return f"timed out after {took}"
        case 130:
            return f"interrupted after {took}"
        case _:
            return f"exit {exit_code} · {took}"


def _parsed(text: str) -> list[Line]:
    return parse_ansi(text, DIM) if text else []


def _inset(rows: Sequence[Line], width: int, *, is_clipped: bool = False) -> list[Line]:
    """Indent rows by two columns, if there is room. Args: is_clipped: clip instead of wrapping."""
    if width < 8:
        return [clip(row, width) for row in rows] if is_clipped else wrapped(rows, width)
    inner = width - 2
    fitted = [clip(row, inner) for row in rows] if is_clipped else wrapped(rows, inner)
    return [(Span("  ", PLAIN), *row) if row else () for row in fitted]


def _head_and_tail(text: str, limit: int) -> list[Line]:
    """Return all lines; of more than `limit` + 1, the first and the last `limit` // 2.

    A row between them counts the omitted ones.
    """
    rows = text.removesuffix("\n").split("\n")
    if len(rows) <= limit + 1:
        return _parsed(text)
    half = limit // 2
    hidden = sum(_lines_in(row) for row in rows[half:-half])
    more: Line = (Span(f"… {hidden:,} lines ({MORE})", DIM),)
    return [*_parsed("\n".join(rows[:half])), more, *_parsed("\n".join(rows[-half:]))]


def _lines_in(row: str) -> int:
    """Return how many lines of output a row stands for: a cut's marker for those omitted there."""
    match = _CUT.fullmatch(row)
    return 1 if match is None else int(match[2])


def _joined(shown: str, kept: str) -> str:
    """Join output whose middle is missing: the beginning as `shown`, the end from `kept`."""
    cut = _CUT.search(kept)
    if cut is None or cut.start() > len(shown):
        return kept
    head, tail = kept[: cut.start()], kept[cut.end() :].removeprefix("\n")
    size = len(head.encode()) + int(cut[1]) - len(shown.encode())
    count = head.count("\n") + int(cut[2]) - shown.count("\n")
    if count <= 0:  # the end overlaps what was shown
        return shown.rstrip("\n") + "\n" + "".join(tail.splitlines(keepends=True)[-count:])
    return f"{shown.rstrip()}\n[... {size} bytes, {count} lines left out ...]\n{tail}"
