"""Cell, an entry of the transcript, and the simple kinds of cells. Pure.

A cell knows what happened and draws it at any width, compact or in full. Commands, patches, tool
calls and messages have files of their own. Colours are the terminal's sixteen, and foregrounds
only: no theme to choose, readable on dark and light backgrounds.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, NamedTuple

from codex import __version__
from codex.protocol.events import StepStatus
from codex.tui.drawing.text import (
    BOLD,
    DIM,
    PLAIN,
    Line,
    Span,
    Style,
    clip,
    line,
    lines,
    wrap,
    wrapped,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from codex.protocol.events import PlanStep, SessionConfigured, Step

USER = Style(fg="cyan", bold=True)
AGENT = Style(fg="magenta", bold=True)
WORK = Style(fg="magenta")
GOOD = Style(fg="green")
BAD = Style(fg="red")
BAD_TITLE = Style(fg="red", bold=True)
CAUTION = Style(fg="yellow")

MORE = "Ctrl+T shows all"

PROMPT_LINES = 24
"""Rows that the compact form shows of a longer prompt: who pastes a file knows what is in it."""
TIP = "@ names a file · / lists the commands · ! runs your command · /help"

NARROW = 20
"""Smallest width, in columns, at which cells fit their rows themselves; below, `draw` does it."""


class Cell:
    """One entry of the transcript: draws itself, and changes only by its own events."""

    def __init__(self) -> None:
        self.version = 0
        """Number of changes so far to what is drawn."""
        self.is_live = False
        """Whether the cell may still change."""

    def lines(self, width: int, *, full: bool = False) -> list[Line]:
        """Return the rows, of at most `width` columns. Args: full: leave nothing out."""
        raise NotImplementedError

    def text(self) -> str:
        """Return the whole entry as text, for searching, copying and exporting.

        Not cleaned: what a model, an MCP server or the user wrote may hold escape sequences.
        """
        raise NotImplementedError

    def guess(self, width: int, *, full: bool) -> int:
        """Return the approximate number of rows, the blank one below included, without drawing."""
        text = self.text()
        return text.count("\n") + len(text) // width + 2

    def touch(self) -> None:
        """Note that what is drawn has changed."""
        self.version += 1


def draw(cell: Cell, width: int, *, full: bool = False) -> list[Line]:
    """Return a cell's rows; a single row with the error if the cell fails to draw itself.

    Args: width: a value below 2 counts as 2. full: leave nothing out.
    """
    width = max(2, width)
    try:
        rows = cell.lines(width, full=full)
        # Cells need not fit their marks and indents into a window this narrow.
        return wrapped(rows, width) if width < NARROW else rows
    except Exception as error:  # noqa: BLE001 -- a defect in one cell must not take the program away
        text = f"cannot draw this entry: {type(error).__name__}: {error}"
        return [clip(line(text, BAD), width)]


def short_path(path: str, home: str | None) -> str:
    """Return the path with `~` for the home directory."""
    if home and home != "/" and (path == home or path.startswith(home.rstrip("/") + "/")):
        return "~" + path[len(home.rstrip("/")) :]
    return path


def short_paths(text: str, home: str | None) -> str:
    """Return `text` with `~/` for the home directory in every path."""
    if not home or home == "/":
        return text
    # Not inside a longer path: "/mnt/home/ann/" does not lead to the home directory "/home/ann".
    return re.sub(rf"(?<![^\s,\[('\"]){re.escape(home.rstrip('/'))}/", "~/", text)


class HeaderCell(Cell):
    """The settings of a session; the first cell of the session."""

    def __init__(self, session: SessionConfigured, home: str | None) -> None:
        super().__init__()
        self._session = session
        self._home = home

    def _rows(self) -> list[tuple[str, str]]:
        session = self._session
        return [
            ("model", f"{session.model} ({session.provider})"),
            ("workdir", short_path(session.cwd, self._home)),
            ("approval", session.approval_policy),
            ("sandbox", short_paths(session.sandbox, self._home)),
            (
                "session",
                f"{session.name} ({session.session_id})" if session.name else session.session_id,
            ),
        ]

    def lines(self, width: int, *, full: bool = False) -> list[Line]:
        """Return the title, a row for each setting, and a tip."""
        title = (Span("codex", AGENT), Span(f" {__version__}", DIM))
        indent: Line = (Span(" " * (10 if width >= 40 else 2)),)
        rows = [
            wrap((Span(f"{name:<10}", DIM), *line(value)), width, indent=indent)
            for name, value in self._rows()
        ]
        tip = wrapped([line(TIP, DIM)], width)
        return [*wrap(title, width), *(part for row in rows for part in row), (), *tip]

    def text(self) -> str:
        """Return the title and a line for each setting."""
        rows = [f"{name}: {value}" for name, value in self._rows()]
        return "\n".join([f"codex {__version__}", *rows])


class PromptCell(Cell):
    """A message of the user's."""

    def __init__(self, message: str, images: Sequence[str] = (), *, is_queued: bool) -> None:
        super().__init__()
        self.message = message
        self.images = tuple(images)
        """Names of the images to show: file names without folders, or `image 1` and so on."""
        self.is_live = is_queued

    @property
    def is_queued(self) -> bool:
        """Whether the model has not read the message yet."""
        return self.is_live

    def confirm(self) -> None:
        """Note that the model has read the message."""
        self.is_live = False
        self.touch()

    def lines(self, width: int, *, full: bool = False) -> list[Line]:
        """Return the text behind `> `, its beginning only if compact, and the images below."""
        style = DIM if self.is_queued else PLAIN
        mark = Span("> ", USER.over(style))
        inner = max(2, width - 2)
        text = self.message if full else self.message[: inner * (PROMPT_LINES + 2)]
        rows = wrapped(lines(text, style), inner) if text else []
        if not full and (len(rows) > PROMPT_LINES + 1 or len(text) < len(self.message)):
            rest = f"… {len(self.message):,} characters in all ({MORE})"
            rows = [*rows[:PROMPT_LINES], *wrap((Span(rest, DIM),), inner)]
        found = [((mark if index == 0 else Span("  ")), *row) for index, row in enumerate(rows)]
        for name in self.images:
            found += wrap((Span("  "), Span("[image] ", WORK), *line(name, style)), width)
        if self.is_queued:
            found += wrap((Span("  queued", Style(dim=True, italic=True)),), width)
        return found

    def text(self) -> str:
        """Return the text and the names of the images."""
        return "\n".join([self.message, *(f"[image] {name}" for name in self.images)])


class NoticeCell(Cell):
    """A message of the program: an error, a warning or a note."""

    def __init__(self, message: str, *, title: str = "", style: Style = DIM) -> None:
        super().__init__()
        self._message = message
        self._title = title
        self._style = style

    def lines(self, width: int, *, full: bool = False) -> list[Line]:
        """Return all lines of the message, the first one behind the title."""
        style = self._style
        first, *rest = lines(self._message, PLAIN if self._title else style) or [()]
        if self._title:
            first = (Span(f"{self._title} ", style._replace(bold=True)), *first)
        return wrapped([first, *rest], width, indent=(Span("  "),))

    def text(self) -> str:
        """Return the title and the message."""
        return f"{self._title} {self._message}".strip()


class LinesCell(Cell):
    """Ready-made lines, such as a report that the user asked for."""

    def __init__(self, rows: Sequence[Line]) -> None:
        super().__init__()
        self._rows = tuple(rows)

    def lines(self, width: int, *, full: bool = False) -> list[Line]:
        """Return the lines, wrapped."""
        return wrapped(self._rows, width, indent=(Span("  "),))

    def text(self) -> str:
        """Return the lines without styles."""
        return "\n".join("".join(span.text for span in row) for row in self._rows)


class _Mark(NamedTuple):
    sign: str
    sign_style: Style
    text_style: Style


_MARKS = {
    StepStatus.PENDING: _Mark("[ ]", PLAIN, PLAIN),
    StepStatus.IN_PROGRESS: _Mark("[>]", Style(fg="cyan", bold=True), BOLD),
    StepStatus.COMPLETED: _Mark("[x]", GOOD, DIM),
}


class PlanCell(Cell):
    """The model's plan as a check list."""

    def __init__(self, explanation: str | None, plan: Sequence[PlanStep]) -> None:
        super().__init__()
        self._explanation = explanation
        self._plan = tuple(plan)

    def lines(self, width: int, *, full: bool = False) -> list[Line]:
        """Return a heading with the number of finished steps, the explanation, and the steps."""
        done = sum(step.status is StepStatus.COMPLETED for step in self._plan)
        found = wrap((Span("plan", WORK), Span(f" {done}/{len(self._plan)} done", DIM)), width)
        if self._explanation:
            style = Style(dim=True, italic=True)
            found += wrapped(lines(self._explanation, style), width)
        for step in self._plan:
            mark = _MARKS[step.status]
            row = (Span(mark.sign, mark.sign_style), Span(" "), *line(step.step, mark.text_style))
            found += wrap(row, width, indent=(Span("    "),))
        return found

    def text(self) -> str:
        """Return the heading, the explanation and the steps."""
        rows = [f"{_MARKS[step.status].sign} {step.step}" for step in self._plan]
        return "\n".join(["plan", *([self._explanation] if self._explanation else []), *rows])


class StepCell(Cell):
    """What a tool did, in one line."""

    def __init__(self, step: Step, cwd: str) -> None:
        super().__init__()
        self._action = step.action
        detail = step.detail
        self._detail = os.path.relpath(detail, cwd) if detail.startswith(f"{cwd}/") else detail

    def lines(self, width: int, *, full: bool = False) -> list[Line]:
        """Return the action and its detail."""
        return wrap((Span(f"{self._action} ", WORK), *line(self._detail)), width)

    def text(self) -> str:
        """Return the action and its detail."""
        return f"{self._action} {self._detail}"
