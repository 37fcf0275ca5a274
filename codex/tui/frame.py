"""Frame: the layout of the screen, from the transcript at the top to the composer at the bottom.

Reads the content of the parts whenever it draws. Must not store any of the conversation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from prompt_toolkit.filters import Condition
from prompt_toolkit.layout import ConditionalContainer, HSplit
from prompt_toolkit.layout import Window as ToolkitWindow
from prompt_toolkit.layout.controls import FormattedTextControl

from codex.tui.dialogs.git_warning import GitWarning
from codex.tui.drawing.layout import Rows
from codex.tui.drawing.text import DIM, Line, Span, Style, clip, line
from codex.tui.transcript.pager import Pager
from codex.tui.transcript.status import StatusState, status

if TYPE_CHECKING:
    from collections.abc import Callable

    from codex.tui.composer.composer import Composer
    from codex.tui.conversation import Conversation
    from codex.tui.dialogs.slot import ModalSlot
    from codex.tui.transcript.scrollback import Scrollback
    from codex.tui.transcript.window import Window


class Parts(NamedTuple):
    """The parts that the frame draws."""

    conversation: Conversation
    window: Window
    """Scrollable view of the transcript, for the alternate screen."""
    scrollback: Scrollback | None
    """Transcript printed into the terminal's scrollback; None if `window` shows it."""
    slot: ModalSlot
    composer: Composer
    hint: Callable[[], str]
    """Function that returns the status line's temporary hint; an empty text if there is none."""


class Frame:
    """The layout of the screen; `root` is its outermost container."""

    def __init__(self, parts: Parts, *, has_color: bool) -> None:
        self._parts = parts
        self._has_color = has_color
        self.window = parts.window
        self.composer = parts.composer
        self._width = 80
        """Columns of the transcript in the last frame."""
        self._height = 1
        """Rows of the transcript in the last frame."""
        self.sink = ToolkitWindow(FormattedTextControl("", focusable=True), height=0)
        """Invisible window that has the focus while a modal takes the keys."""
        slot = parts.slot
        has_modal = Condition(lambda: slot.modal is not None)
        is_whole = Condition(lambda: isinstance(slot.modal, Pager | GitWarning))
        if parts.scrollback is None:
            top = self._rows(self._transcript)
        else:
            top = self._rows(self._live, self._live_height)
        below: list[Any] = [
            top,
            ConditionalContainer(self._rows(self._queue, self._queue_height), ~has_modal),
            ConditionalContainer(self._rows(self._modal, self._modal_height), has_modal),
            self._rows(self._status, lambda width, height: 1),
            self.composer.container,
        ]
        self.root = HSplit(
            [
                ConditionalContainer(self._rows(self._modal), is_whole),
                ConditionalContainer(HSplit(below), ~is_whole),
                self.sink,
            ]
        )

    @property
    def page(self) -> int:
        """Number of rows that PageUp and PageDown scroll."""
        return max(1, self._height - 2)

    def scroll(self, rows: int) -> bool:
        """Scroll the transcript, up if `rows` is negative.

        Returns: False, with nothing done, if only the terminal can scroll it; else True.
        """
        if self._parts.scrollback is not None:
            return False
        self.window.scroll(rows, width=self._width, height=self._height)
        return True

    def _rows(
        self,
        get_lines: Callable[[int, int], list[Line]],
        get_height: Callable[[int, int], int] | None = None,
    ) -> Rows:
        return Rows(get_lines, get_height, has_color=self._has_color)

    def _transcript(self, width: int, height: int) -> list[Line]:
        self._width, self._height = width, max(1, height)
        window = self.window
        found = window.view(width, height)
        if not window.is_at_bottom and height > 2:
            below = window.total(width) - window.top(width, height) - height
            key = "End" if self.composer.is_empty else "Ctrl+End"
            text = f"{max(0, below)} more rows below · {key} goes to the end"
            found = [*found[: height - 1], clip(line(text, Style(dim=True, reverse=True)), width)]
        return found

    def _live(self, width: int, height: int) -> list[Line]:
        scrollback = self._parts.scrollback
        return [] if scrollback is None else scrollback.live(width, height)

    def _live_height(self, width: int, rows: int) -> int:
        room = max(0, rows - 1 - self.composer.height(width, rows))
        if self._parts.slot.modal is not None:
            room //= 3
        return len(self._live(width, room))

    def _queue(self, width: int, height: int) -> list[Line]:
        drafts = self._parts.conversation.queue
        rows: list[Line] = [
            clip((Span("  queued: ", DIM), *line(("!" if d.is_shell else "") + d.text)), width)
            for d in drafts
        ]
        if len(rows) > height:
            rows = [*rows[: height - 1], line(f"  and {len(rows) - height + 1} more", DIM)]
        return rows

    def _queue_height(self, _width: int, rows: int) -> int:
        return min(len(self._parts.conversation.queue), max(1, rows // 6))

    def _modal(self, width: int, height: int) -> list[Line]:
        slot = self._parts.slot
        if slot.modal is None:
            return []
        slot.drawn()
        return slot.modal.lines(width, height)

    def _modal_height(self, width: int, rows: int) -> int:
        modal = self._parts.slot.modal
        if modal is None:
            return 0
        room = max(1, rows - 1 - self.composer.height(width, rows))
        return max(1, min(modal.height(width, room), room))

    def _status(self, width: int, _height: int) -> list[Line]:
        return [status(self._status_state(), width)]

    def _status_state(self) -> StatusState:
        conversation = self._parts.conversation
        chat, config, queue = conversation.chat, conversation.config, conversation.queue
        session, usage = chat.session, chat.usage
        hint = self._parts.hint()
        if not hint and queue:
            hint = (
                "Enter sends the queued messages · Alt+Up edits the last"
                if conversation.is_paused
                else "Alt+Up edits the last queued message"
            )
        return StatusState(
            model=session.model if session else config.model.model,
            approval=session.approval_policy if session else config.approval_policy.value,
            sandbox=session.sandbox if session else "",
            context_left_percent=usage.context_left_percent if usage else None,
            total_tokens=usage.total.total_tokens if usage else 0,
            elapsed_s=chat.elapsed_s() if chat.is_running else None,
            is_waiting=bool(conversation.requests),
            queued_count=len(queue),
            hint=hint,
        )
