"""Composer: where the user writes. Skeleton of the interface."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from codex.protocol.events import (
    GetHistoryEntriesResponse,
    HistoryReloaded,
    SearchHistoryResponse,
    SessionConfigured,
)
from codex.protocol.ops import Op
from codex.tui.draft import Draft

if TYPE_CHECKING:
    from prompt_toolkit.layout import AnyContainer, Window

HistoryMsg = SessionConfigured | GetHistoryEntriesResponse | SearchHistoryResponse | HistoryReloaded


class Composer:
    """The editor with its popups, history and attachments; a part of the application's layout."""

    container: AnyContainer
    """Popup, search line and editor, from top to bottom; takes only the rows it needs."""
    is_busy: bool = False
    """A task runs. Set by the application: makes Enter steer and Tab queue."""

    def __init__(
        self,
        *,
        cwd: str,
        submit: Callable[[Draft], None],
        send: Callable[[Op], None],
        run_editor: Callable[[str], None],
        notice: Callable[[str], None],
        invalidate: Callable[[], None],
    ) -> None:
        """Make an empty one.

        Its keys are bound to its editor; the application binds no keys of its own to them.
        The composer itself records what is submitted: it sends AddToHistory after `submit`.

        Args:
            cwd: where `@` looks for files and relative image paths start.
            submit: called with each draft, which has left the editor by then.
            send: takes the composer's own requests (history).
            run_editor: Ctrl+G; the application runs `editor.edit` and calls `finish_editor`.
            notice: shows one line to the user (a mistyped command, an image that is gone).
            invalidate: asks for a redraw; called from any thread.
        """

    @property
    def focus_target(self) -> Window:
        """What to give the focus to: the editor, or the search line while it is open."""
        raise NotImplementedError

    @property
    def text(self) -> str:
        """The draft as it would be sent."""
        raise NotImplementedError

    @property
    def is_empty(self) -> bool:
        """Nothing is written and no search is open: Ctrl+D may quit, `?` may help."""
        raise NotImplementedError

    @property
    def has_popup(self) -> bool:
        """Esc belongs to the composer now (a popup or the history search), not to the task."""
        raise NotImplementedError

    def height(self, columns: int, rows: int) -> int:
        """How many rows `container` wants on a screen of this size."""
        raise NotImplementedError

    def set_text(self, text: str) -> None:
        """Put another text in; what was there can be recalled with Up."""

    def insert_text(self, text: str) -> None:
        """Put text in at the cursor, as if it were typed (`@` opens the file search)."""

    def clear(self) -> None:
        """Empty the editor (Ctrl+C); what was there can be recalled with Up."""

    def take(self) -> Draft:
        """The draft as a message, whatever it begins with; leaves the editor empty."""
        raise NotImplementedError

    def finish_editor(self, text: str) -> None:
        """The text as the external editor left it; undo brings the old one back."""

    def remember(self, text: str) -> None:
        """Make a message that was not written here (the command line's) one to be recalled."""

    def handle(self, msg: HistoryMsg) -> None:
        """Take what the engine says about history."""

    def close(self) -> None:
        """End the file search."""
