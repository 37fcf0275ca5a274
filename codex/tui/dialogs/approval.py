"""ApprovalDialog: shows a question of the engine and passes on the user's answer. Pure.

Must not answer without the user. A paste never chooses an answer: it goes into a text field only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from codex.protocol.events import ElicitationRequest
from codex.tui.dialogs.approval_view import (
    choice_lines,
    choices,
    question,
    short_choice_lines,
    title,
)
from codex.tui.dialogs.form import Form
from codex.tui.dialogs.line_edit import LineEdit
from codex.tui.drawing.text import BOLD, DIM, Line, Span, Style, clip, line, line_width, wrapped
from codex.tui.transcript.cells import BAD

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from codex.protocol.items import Json
    from codex.protocol.questions import Question
    from codex.tui.dialogs.approval_view import Choice

EDGE = Style(fg="yellow")
ENOUGH = 6
"""Number of rows that heading and question get at least, unless they need fewer.

If there are not enough, the answers are drawn side by side."""
STEPS = {"pageup": -1, "pagedown": 1}
LINE_STEPS = {"<scroll-up>": -1, "<scroll-down>": 1, "c-up": -1, "c-down": 1}


class Asked(NamedTuple):
    """A question of the engine, and the id of the submission that it belongs to."""

    event_id: str
    request: Question


class Given(NamedTuple):
    """The user's answer to a question."""

    choice: Choice
    feedback: str | None = None
    """Message to the model; None if the user gave none."""
    content: dict[str, Json] | None = None
    """Values of an accepted elicitation by field name; None for any other answer."""


class ApprovalDialog:
    """Shows a whole request, scrollable, and lets the user choose the answer."""

    def __init__(
        self,
        request: Question,
        *,
        cwd: str,
        home: str | None,
        answer: Callable[[Given], None],
        count: int = 1,
    ) -> None:
        """Make a dialog that does not receive keys yet.

        Args: cwd: the session's working directory, absolute. home: the home directory, shown as
            `~`; None if unknown. answer: called with the answer. count: number of waiting requests,
            including this one.
        """
        self.request = request
        self._cwd = cwd
        self._home = home
        self._answer = answer
        self.count = count
        self._choices = choices(request)
        self._chosen = 0
        self._scrolled = 0
        self._page = 1
        self._hidden = 0
        self._edit: LineEdit | None = None
        self._form = Form(request.schema) if isinstance(request, ElicitationRequest) else None
        self.is_armed = False
        """Whether keys go to the dialog; while they do not, it only shows the request."""

    def takes(self, name: str) -> bool:
        """Whether a key is for the dialog: any key but a character that chooses no answer.

        While text is typed into the dialog, every key is for it.
        """
        is_text = len(name) == 1 and name.isprintable()
        known = {choice.key for choice in self._choices}
        return self._edit is not None or not is_text or name.lower() in known

    @property
    def is_typing(self) -> bool:
        """Whether text is being typed into the dialog."""
        return self._edit is not None

    def key(self, name: str, data: str) -> None:
        """Scroll, select an answer, give it, or type text.

        Args: name: the key's name in prompt_toolkit, such as `c-m`. data: text that the key enters.
        """
        if name in STEPS or name in LINE_STEPS:
            step = STEPS.get(name, 0) * max(1, self._page - 1) + LINE_STEPS.get(name, 0)
            self._scrolled = max(0, min(self._scrolled + step, self._hidden))
        elif self._edit is not None:
            self._edit_key(self._edit, name, data)
        elif name in ("up", "c-p", "down", "c-n"):
            step = -1 if name in ("up", "c-p") else 1
            self._chosen = (self._chosen + step) % len(self._choices)
        elif name in ("c-m", "c-j"):
            self._choose(self._choices[self._chosen])
        else:
            wanted = "escape" if name == "c-c" else name.lower()
            for choice in self._choices:
                if choice.key == wanted:
                    self._choose(choice)
                    return

    def _choose(self, choice: Choice) -> None:
        self._chosen = self._choices.index(choice)
        is_form = choice.action == "accept" and self._form is not None and self._form.fields
        if choice.wants_feedback or is_form:
            self._edit = LineEdit()
        else:
            self._answer(Given(choice, content={} if choice.action == "accept" else None))

    def _edit_key(self, edit: LineEdit, name: str, data: str) -> None:
        choice = self._choices[self._chosen]
        if name in ("escape", "c-c"):
            self._edit = None
        elif name not in ("c-m", "c-j"):
            edit.key(name, data)
        elif choice.wants_feedback:
            self._answer(Given(choice, feedback=edit.text.strip() or None))
        elif self._form is not None and self._form.take(edit.text):
            self._edit = LineEdit()
            if self._form.is_complete:
                self._answer(Given(choice, content=self._form.content))

    def height(self, width: int, rows: int) -> int:
        """Return the number of rows for heading, whole question and answers, at most `rows`."""
        asked = question(self.request, max(2, width - 2), cwd=self._cwd, home=self._home)
        return min(rows, len(asked) + len(self._foot(width)) + 2)

    def lines(self, width: int, height: int) -> list[Line]:
        """Return the heading, the part of the question that fits, and the answers or text field."""
        foot = self._foot(width)
        asked = question(self.request, max(2, width - 2), cwd=self._cwd, home=self._home)
        is_low = height < min(len(asked) + 2, ENOUGH) + len(foot)
        if self._edit is None and is_low:
            foot = self._answers(short_choice_lines, width)
        self._page = max(1, height - len(foot) - 2)
        self._hidden = max(0, len(asked) - self._page)
        self._scrolled = min(self._scrolled, self._hidden)
        shown = asked[self._scrolled : self._scrolled + self._page]
        head = f" {title(self.request)} "
        more = f" 1 of {self.count} " if self.count > 1 else ""
        if self._hidden:
            last = self._scrolled + len(shown)
            more += f" {self._scrolled + 1}-{last} of {len(asked)}, PgUp PgDn "
        edge: Line = (Span("──", EDGE), Span(head, BOLD), Span(more, DIM))
        edge = (*edge, Span("─" * (width - line_width(edge)), EDGE))
        body = [(Span("  "), *row) for row in shown]
        return [clip(row, width) for row in (edge, *body, (), *foot)][:height]

    def _foot(self, width: int) -> list[Line]:
        choice = self._choices[self._chosen]
        if self._edit is None:
            return self._answers(choice_lines, width)
        if choice.wants_feedback:
            ask = "What should the model do instead? (Enter sends, Esc goes back)"
            return [*wrapped([line(ask, BOLD)], width), self._input(width)]
        form = self._form
        assert form is not None
        found = wrapped([line(form.label, BOLD)], width)
        if form.complaint:
            found += wrapped([line(form.complaint, BAD)], width)
        return [*found, self._input(width)]

    def _answers(
        self, draw: Callable[[Sequence[Choice], int, int], list[Line]], width: int
    ) -> list[Line]:
        if self.is_armed:
            return draw(self._choices, self._chosen, width)
        # No answer is highlighted before a key can choose it.
        return [
            tuple(Span(span.text, DIM) for span in row) for row in draw(self._choices, -1, width)
        ]

    def _input(self, width: int) -> Line:
        assert self._edit is not None
        return (Span("> ", Style(fg="cyan", bold=True)), *self._edit.line(width))
