"""The status line, and the report that `/status` prints. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from codex.protocol.items import TokenUsage
from codex.tui.drawing.text import BOLD, DIM, Line, Span, clip, line, line_width
from codex.tui.transcript.cells import AGENT, BAD, CAUTION, WORK, short_path

if TYPE_CHECKING:
    from collections.abc import Sequence

FRAMES = ("⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏")
FRAME_S = 0.1
"""Seconds that each frame of the spinner is shown."""
LOW_PERCENT = 15
"""Largest percentage of the context left that is shown as a warning."""
_GAP: Line = (Span(" · ", DIM),)


class StatusState(msgspec.Struct, frozen=True, kw_only=True):
    """The content of the status line."""

    model: str
    approval: str
    sandbox: str
    context_left_percent: int | None = None
    total_tokens: int = 0
    elapsed_s: float | None = None
    """Seconds since the running task began; None if no task runs."""
    is_waiting: bool = False
    """Whether a question waits for the user."""
    queued_count: int = 0
    hint: str = ""
    """Hint about a key, such as `Ctrl+C again to quit`; empty for none."""


def status(state: StatusState, width: int) -> Line:
    """Return the status line; if `width` columns are too few, what matters least is left out."""
    activity, context, hint = _activity(state), _context(state), _hint(state)
    model, approval, sandbox = _model(state), _approval(state), _sandbox(state)
    tokens = _tokens(state)
    for parts in (
        (activity, model, approval, sandbox, tokens, context, hint),
        (activity, model, approval, tokens, context, hint),
        (activity, model, approval, context, hint),
        (activity, model, context, hint),
        (activity, context, hint),
        (activity, hint),
    ):
        row = _joined(parts)
        if row and line_width(row) <= width:
            return row
    return clip(hint or activity or context or model, width)


def _joined(parts: Sequence[Line]) -> Line:
    found: Line = ()
    for part in parts:
        if part:
            found += (*_GAP, *part) if found else part
    return found


def _activity(state: StatusState) -> Line:
    if state.elapsed_s is None:
        return ()
    if state.is_waiting:
        return (Span("? waiting for you", CAUTION._replace(bold=True)),)
    frame = FRAMES[int(state.elapsed_s / FRAME_S) % len(FRAMES)]
    return (Span(f"{frame} {_clock(state.elapsed_s)}", WORK),)


def _clock(seconds: float) -> str:
    """Return the time as `5s`, `1m05s` or `1h01m`."""
    minutes, rest = divmod(int(seconds), 60)
    if minutes >= 60:
        return f"{minutes // 60}h{minutes % 60:02}m"
    return f"{minutes}m{rest:02}s" if minutes else f"{rest}s"


def _hint(state: StatusState) -> Line:
    if state.hint:
        return line(state.hint, BOLD)
    if state.queued_count:
        return (Span(f"{state.queued_count} queued", CAUTION),)
    return (Span("Esc stops", DIM),) if state.elapsed_s is not None else ()


def _model(state: StatusState) -> Line:
    return line(state.model, AGENT._replace(bold=False))


def _approval(state: StatusState) -> Line:
    return line(state.approval)


def _sandbox(state: StatusState) -> Line:
    # The folders of `workspace-write [/repo, /tmp]` are in the header and in /status.
    name = state.sandbox.partition(" [")[0]
    return line(name, BAD if name == "danger-full-access" else DIM)


def _context(state: StatusState) -> Line:
    left = state.context_left_percent
    if left is None:
        return ()
    return (Span(f"{left}% left", CAUTION if left <= LOW_PERCENT else DIM),)


def _tokens(state: StatusState) -> Line:
    return (Span(f"{_short(state.total_tokens)} tokens", DIM),) if state.total_tokens else ()


def _short(count: int) -> str:
    """Return the number as `999`, `12.3k` or `4.5M`."""
    if count < 1000:
        return str(count)
    if count < 999_950:
        return f"{count / 1000:.1f}k"
    return f"{count / 1_000_000:.1f}M"


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """The content of `/status`."""

    version: str
    session_id: str
    name: str | None = None
    rollout_path: str | None = None
    """Path of the session's file; None if the session is not recorded."""
    model: str
    provider: str
    cwd: str
    home: str | None = None
    approval: str
    sandbox: str
    project_docs: tuple[str, ...] | None = None
    """Paths of the AGENTS.md files in the instructions; None if unknown."""
    usage: TokenUsage = TokenUsage()
    """Tokens of the whole session."""
    context_window: int | None = None
    context_left_percent: int | None = None


def status_report(report: Report) -> list[Line]:
    """Return the title and a row for each item of the report, not yet wrapped."""
    usage = report.usage
    docs = report.project_docs
    rows = [
        ("model", f"{report.model} ({report.provider})"),
        ("workdir", short_path(report.cwd, report.home)),
        ("approval", report.approval),
        ("sandbox", report.sandbox),
        ("session", report.session_id + (f" ({report.name})" if report.name else "")),
        ("recorded", _path(report.rollout_path, report) if report.rollout_path else "no"),
    ]
    if docs is not None:
        rows.append(("AGENTS.md", ", ".join(_path(doc, report) for doc in docs) or "none"))
    cached = f" ({usage.cached_input_tokens:,} cached)" if usage.cached_input_tokens else ""
    rows += [
        ("tokens", f"{usage.input_tokens:,} in{cached}, {usage.output_tokens:,} out"),
        ("context", _context_text(report)),
    ]
    title: Line = (Span("codex", AGENT), Span(f" {report.version}", DIM))
    return [title, *((Span(f"{name:<10}", DIM), *line(value)) for name, value in rows)]


def _path(path: str, report: Report) -> str:
    return short_path(path, report.home)


def _context_text(report: Report) -> str:
    if report.context_window is None:
        return "the model's window is unknown: set model_context_window in config.toml"
    window = f"{report.context_window:,} tokens"
    left = report.context_left_percent
    return window if left is None else f"{left}% of {window} left"
