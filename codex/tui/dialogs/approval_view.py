"""The approval dialog's text: the whole question, and the answers with their keys. Pure.

What would run or change is never shortened here; the dialog scrolls. The diff of a patch comes with
the request: apply_patch/diff.py makes it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, assert_never

from codex.base.bash import join
from codex.base.jsonio import dumps
from codex.protocol.events import (
    ApplyPatchApprovalRequest,
    ElicitationRequest,
    ExecApprovalRequest,
    McpApprovalRequest,
)
from codex.protocol.policy import ReviewDecision
from codex.tui.drawing.text import BOLD, DIM, PLAIN, Line, Span, Style, line, lines, wrap, wrapped
from codex.tui.transcript.cells import CAUTION, WORK, short_path
from codex.tui.transcript.command_cell import command_lines
from codex.tui.transcript.patch_cell import diff_lines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from codex.protocol.items import Json
    from codex.protocol.questions import Question

_CHOSEN = Style(reverse=True)
REASON = Style(italic=True)


class Choice(NamedTuple):
    """One answer that the user can choose."""

    key: str
    """Key that chooses the answer: a character, or `escape`."""
    label: str
    short: str
    """Shorter label, for a dialog with few rows."""
    decision: ReviewDecision | None
    """Decision sent to the engine; None for an elicitation, which gets `action` instead."""
    wants_feedback: bool = False
    """Whether the dialog first asks the user for a message to the model."""
    action: str = ""
    """Answer to an elicitation: `accept`, `decline` or `cancel`; empty for other questions."""


_YES = Choice("y", "yes", "yes", ReviewDecision.APPROVED)
_NO = Choice("n", "no, and tell the model why", "no", ReviewDecision.DENIED, wants_feedback=True)
_STOP = Choice("escape", "no, and stop here", "stop", ReviewDecision.ABORT)


def choices(request: Question) -> tuple[Choice, ...]:
    """Return the answers that a question offers, in order; at first, the first one is selected."""
    match request:
        case ExecApprovalRequest():
            return (_YES, *_more_choices(request), _NO, _STOP)
        case ApplyPatchApprovalRequest():
            label = "yes, and allow changes to these files for this session"
            session = Choice("s", label, "session", ReviewDecision.APPROVED_FOR_SESSION)
            return (_YES, session, _NO, _STOP)
        case McpApprovalRequest():
            label = "yes, and allow this tool for this session"
            session = Choice("s", label, "session", ReviewDecision.APPROVED_FOR_SESSION)
            return (_YES, session, _NO, _STOP)
        case ElicitationRequest():
            return (
                Choice("y", "answer", "answer", None, action="accept"),
                Choice("n", "decline", "decline", None, action="decline"),
                Choice("escape", "not now", "not now", None, action="cancel"),
            )
        case _:
            assert_never(request)


def _more_choices(request: ExecApprovalRequest) -> list[Choice]:
    label = "yes, and allow this command for this session"
    found = [Choice("s", label, "session", ReviewDecision.APPROVED_FOR_SESSION)]
    if request.proposed_prefix:
        prefix = f"`{join(request.proposed_prefix)}`"
        found += [
            Choice(
                "p",
                f"yes, and allow commands starting with {prefix} for this session",
                "prefix",
                ReviewDecision.APPROVED_FOR_PREFIX,
            ),
            Choice(
                "a",
                f"always: save a rule that allows commands starting with {prefix}",
                "always",
                ReviewDecision.APPROVED_ALWAYS,
            ),
        ]
    return found


def title(request: Question) -> str:
    """Return the heading of the dialog for a question."""
    match request:
        case ExecApprovalRequest():
            return "Run without the sandbox?" if request.denial else "Run this command?"
        case ApplyPatchApprovalRequest():
            count = len(request.changes)
            return "Change this file?" if count == 1 else f"Change these {count} files?"
        case McpApprovalRequest():
            return "Call this tool?"
        case ElicitationRequest():
            return f"{request.server} asks"
        case _:
            assert_never(request)


def question(request: Question, width: int, *, cwd: str, home: str | None) -> list[Line]:
    """Return everything that the user decides about, in lines of at most `width` columns.

    Args: cwd: the session's working directory, absolute; a patch's files are shown relative to it.
        home: the home directory, shown as `~`; None if unknown.
    """
    match request:
        case ExecApprovalRequest():
            return _exec(request, width, home)
        case ApplyPatchApprovalRequest():
            rows = diff_lines(request.changes, width, cwd=cwd)
            return [*_said(request.reason, REASON, width), *rows]
        case McpApprovalRequest():
            row = (Span(f"{request.server}.", WORK), *line(request.tool, BOLD))
            found = [*_said(request.reason, REASON, width), *wrap(row, width)]
            return found + _arguments(request.arguments, width)
        case ElicitationRequest():
            return [*wrapped(lines(request.message), width), *_fields(request.schema, width)]
        case _:
            assert_never(request)


def _exec(request: ExecApprovalRequest, width: int, home: str | None) -> list[Line]:
    found = command_lines(request.command, width, mark=Span("$ ", WORK))
    place = (Span("in ", DIM), *line(short_path(request.cwd, home)))
    found += [(), *wrap(place, width)]
    # A command that would leave the sandbox is shown with what was blocked, not with a reason.
    if request.denial:
        found += [(), *_said(request.denial, CAUTION, width)]
    elif request.reason:
        found += [(), *_said(request.reason, REASON, width)]
    return found


def _said(text: str | None, style: Style, width: int) -> list[Line]:
    return wrapped(lines(text, style), width) if text else []


def _arguments(arguments: Json, width: int) -> list[Line]:
    """Return rows for each argument: text as it is, everything else as JSON."""
    if not isinstance(arguments, dict):
        return [] if arguments is None else wrapped(lines(dumps(arguments).decode()), width)
    found: list[Line] = []
    for name, value in arguments.items():
        text = value if isinstance(value, str) else dumps(value).decode()
        first, *rest = lines(text) or [()]
        found += wrap((*line(f"{name}: ", DIM), *first), width, indent=(Span("  "),))
        found += [part for row in rest for part in wrap((Span("  "), *row), width)]
    return found


def _fields(schema: Json, width: int) -> list[Line]:
    """Return rows for each field that an elicitation asks for."""
    properties = schema.get("properties") if isinstance(schema, dict) else None
    if not isinstance(properties, dict):
        return []
    required = schema.get("required")
    found: list[Line] = [()]
    for name, about in properties.items():
        is_needed = isinstance(required, list) and name in required
        kind = about.get("type", "") if isinstance(about, dict) else ""
        told = about.get("description", "") if isinstance(about, dict) else ""
        about_it = ", ".join(word for word in (kind, "" if is_needed else "optional") if word)
        text = (f" ({about_it})" if about_it else "") + (f": {told}" if told else "")
        found += wrap((*line(str(name), BOLD), *line(text)), width, indent=(Span("  "),))
    return found


def choice_lines(offered: Sequence[Choice], chosen: int, width: int) -> list[Line]:
    """Return the answers with their keys, one below the other, in rows of at most `width` columns.

    Args: chosen: index of the answer to highlight; -1 for none.
    """
    found: list[Line] = []
    for index, choice in enumerate(offered):
        style = _CHOSEN if index == chosen else PLAIN
        mark = "> " if index == chosen else "  "
        row = (Span(f"{mark}{_key(choice):<3} ", BOLD.over(style)), *line(choice.label, style))
        found += wrap(row, width, indent=(Span("      "),))
    return found


def short_choice_lines(offered: Sequence[Choice], chosen: int, width: int) -> list[Line]:
    """Return the answers, by their short labels, with their keys, in as few rows as possible.

    Args: chosen: index of the answer to highlight; -1 for none.
    """
    row: Line = ()
    for index, choice in enumerate(offered):
        style = _CHOSEN if index == chosen else PLAIN
        gap = (Span("  "),) if row else ()
        row = (*row, *gap, Span(_key(choice), BOLD.over(style)), Span(f" {choice.short}", style))
    return wrap(row, width)


def _key(choice: Choice) -> str:
    return "Esc" if choice.key == "escape" else choice.key
