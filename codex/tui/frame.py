"""Frame: what of the application stands where, from the transcript down to the composer.

Draws nothing by itself but what it is told to show; holds no state of the conversation.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from prompt_toolkit.filters import Condition
from prompt_toolkit.layout import ConditionalContainer, HSplit, Window
from prompt_toolkit.layout.controls import FormattedTextControl

from codex.tui.dialogs.git_warning import GitWarning
from codex.tui.drawing.layout import Rows
from codex.tui.drawing.text import DIM, Line, Span, Style, clip, line
from codex.tui.transcript.pager import Pager
from codex.tui.transcript.status import StatusState, status

if TYPE_CHECKING:
    from collections.abc import Callable

    from codex.tui.app import App


class Frame:
    """The layout of the whole screen."""

    def __init__(self, app: App, *, has_color: bool, is_full: bool) -> None:
        self._app = app
        self._has_color = has_color
        self.width = 80
        """Columns, as drawn last."""
        self.height = 1
        """Rows of the transcript, as drawn last."""
        self.sink = Window(FormattedTextControl("", focusable=True), height=0)
        """Has the focus while a modal takes the keys: nothing, drawn nowhere."""
        has_modal = Condition(lambda: app.modal is not None)
        is_whole = Condition(lambda: isinstance(app.modal, Pager | GitWarning))
        top = self._rows(self._transcript) if is_full else self._rows(self._live, self._live_height)
        parts: list[Any] = [
            top,
            ConditionalContainer(self._rows(self._queue, self._queue_height), ~has_modal),
            ConditionalContainer(self._rows(self._modal, self._modal_height), has_modal),
            self._rows(self._status, lambda width, height: 1),
            app.composer.container,
        ]
        self.root = HSplit(
            [
                ConditionalContainer(self._rows(self._modal), is_whole),
                ConditionalContainer(HSplit(parts), ~is_whole),
                self.sink,
            ]
        )

    def _rows(
        self,
        get_lines: Callable[[int, int], list[Line]],
        get_height: Callable[[int, int], int] | None = None,
    ) -> Rows:
        return Rows(get_lines, get_height, has_color=self._has_color)

    def _transcript(self, width: int, height: int) -> list[Line]:
        self.width, self.height = width, max(1, height)
        transcript = self._app.transcript
        found = transcript.view(width, height)
        if not transcript.is_at_bottom and height > 2:
            below = transcript.total(width) - transcript.top(width, height) - height
            text = f"{max(0, below)} more rows below · End goes there"
            found = [*found[: height - 1], clip(line(text, Style(dim=True, reverse=True)), width)]
        return found

    def _live(self, width: int, height: int) -> list[Line]:
        scrollback = self._app.scrollback
        return [] if scrollback is None else scrollback.live(width, height)

    def _live_height(self, width: int, rows: int) -> int:
        room = max(0, rows - 1 - self._app.composer.height(width, rows))
        if self._app.modal is not None:
            room //= 3
        return len(self._live(width, room))

    def _queue(self, width: int, height: int) -> list[Line]:
        drafts = self._app.conversation.queue
        rows: list[Line] = [
            clip((Span("  waits: ", DIM), *line(("!" if d.is_shell else "") + d.text)), width)
            for d in drafts
        ]
        if len(rows) > height:
            rows = [*rows[: height - 1], line(f"  and {len(rows) - height + 1} more", DIM)]
        return rows

    def _queue_height(self, _width: int, rows: int) -> int:
        return min(len(self._app.conversation.queue), max(1, rows // 6))

    def _modal(self, width: int, height: int) -> list[Line]:
        modal = self._app.modal
        if modal is None:
            return []
        self._app.modal_drawn()
        return modal.lines(width, height)

    def _modal_height(self, width: int, rows: int) -> int:
        modal = self._app.modal
        if modal is None:
            return 0
        room = max(1, rows - 1 - self._app.composer.height(width, rows))
        return max(1, min(modal.height(width, room), room))

    def _status(self, width: int, _height: int) -> list[Line]:
        return [status(self._status_state(), width)]

    def _status_state(self) -> StatusState:
        app = self._app
        chat, config = app.chat, app.conversation.config
        session, usage, queue = chat.session, chat.usage, app.conversation.queue
        hint = app.hint if time.monotonic() < app.hint_until else ""
        if not hint and queue:
            edits = "Alt+Up edits what waits"
            hint = f"Enter sends what waits · {edits}" if app.conversation.is_paused else edits
        return StatusState(
            model=session.model if session else config.model.model,
            approval=session.approval_policy if session else config.approval_policy.value,
            sandbox=session.sandbox if session else "",
            context_left_percent=usage.context_left_percent if usage else None,
            total_tokens=usage.total.total_tokens if usage else 0,
            elapsed_s=chat.elapsed_s() if chat.is_running else None,
            is_waiting=bool(app.conversation.requests),
            queued_count=len(queue),
            hint=hint,
        )
