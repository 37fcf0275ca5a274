"""ModalSlot: holds the one open modal and decides whether keys go to it.

A dialog that the user did not open receives keys only after a pause without any: until then, typed
characters go into the composer, so that a key meant for a message never answers a question. A paste
never answers either, nor does Alt with a key.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from codex.tui.dialogs.approval import ApprovalDialog

if TYPE_CHECKING:
    from collections.abc import Callable

    from codex.tui.dialogs.modal import Modal

IDLE_PAUSE_S = 0.3
"""Seconds that a dialog must be visible without a keystroke before it receives keys."""
WRITING_PAUSE_S = 1.0
"""Value in place of IDLE_PAUSE_S while the composer holds text: the user may go on writing."""


class Typing(Protocol):
    """The part of the composer that the slot uses."""

    @property
    def is_empty(self) -> bool:
        """Whether the composer holds no text."""

    def type(self, text: str) -> None:
        """Insert typed characters at the cursor."""


class Surface(Protocol):
    """The parts of the application that the slot uses."""

    def modal_opened(self) -> None:
        """Clear the status line's hint, which was not about the new modal."""

    def focus(self, *, is_modal: bool) -> None:
        """Give the keyboard focus to the modal or to the composer."""

    def is_burst(self) -> bool:
        """Return whether the last characters came faster than a hand types."""

    def call_later(self, delay_s: float, act: Callable[[], None]) -> None:
        """Call `act` in the event loop after a delay."""

    def redraw(self) -> None:
        """Request a new frame."""


class ModalSlot:
    """At most one modal; questions of the engine wait until the slot is free."""

    def __init__(
        self,
        surface: Surface,
        composer: Typing,
        *,
        next_dialog: Callable[[], ApprovalDialog | None],
        clock: Callable[[], float],
    ) -> None:
        """Make an empty slot.

        Args: next_dialog: returns a dialog for the question that waits longest; None if none waits.
            clock: returns the seconds of a monotonic clock.
        """
        self._surface = surface
        self._composer = composer
        self._next_dialog = next_dialog
        self._clock = clock
        self.modal: Modal | None = None
        self._seen_at: float | None = None
        """Time of the modal's first frame, by `clock`; None before it."""
        self._last_key_at = 0.0

    @property
    def is_armed(self) -> bool:
        """Whether keys go to the modal."""
        return self.modal is not None and self.modal.is_armed

    def open(self, modal: Modal) -> None:
        """Show a modal, in place of any other, until `dismiss` is called."""
        self.modal = modal
        self._seen_at = None
        self._surface.modal_opened()
        if modal.is_armed:
            self._surface.focus(is_modal=True)
        self._surface.redraw()

    def dismiss(self) -> None:
        """Close the modal and focus the composer; then show the next waiting question, if any."""
        self._close()
        self.show_waiting()

    def show_waiting(self) -> None:
        """Show the question that waits longest, unless the user has opened something else.

        The dialog that shows this question already stays, with the text typed into it. A dialog
        whose question no longer waits is closed.
        """
        shown, dialog = self.modal, self._next_dialog()
        if isinstance(shown, ApprovalDialog):
            if dialog is not None and dialog.request is shown.request:
                shown.count = dialog.count
                self._surface.redraw()
                return
            self._close()
        elif shown is not None:
            return
        if dialog is not None:
            self.open(dialog)

    def _close(self) -> None:
        self.modal = None
        self._surface.focus(is_modal=False)
        self._surface.redraw()

    # Keys.

    def note_key(self) -> None:
        """Note that a key was pressed, whoever receives it: the pause starts again."""
        self._last_key_at = self._clock()

    def drawn(self) -> None:
        """Note that the modal is on the screen: its pause begins with the first frame."""
        if self._seen_at is None:
            self._seen_at = self._clock()
            self._arm_after_pause()

    def key(self, name: str, data: str) -> None:
        """Pass a key to the modal; typing that was not meant for it goes into the composer.

        Args: name: the key's name in prompt_toolkit. data: text that the key enters or pastes.
        """
        modal = self.modal
        if (
            isinstance(modal, ApprovalDialog)
            and not modal.is_typing
            and (self._surface.is_burst() or not modal.takes(name))
        ):
            self._disarm(modal, data)
        elif modal is not None:
            modal.key(name, data)
        self._surface.redraw()

    def _arm_after_pause(self) -> None:
        """Send keys to the modal if no key was pressed during the pause; else check again later."""
        modal = self.modal
        if modal is None or modal.is_armed:
            return
        now = self._clock()
        pause_s = IDLE_PAUSE_S if self._composer.is_empty else WRITING_PAUSE_S
        seen_at = now if self._seen_at is None else self._seen_at
        left_s = max(seen_at, self._last_key_at) + pause_s - now
        if left_s > 0:
            self._surface.call_later(left_s, self._arm_after_pause)
            return
        modal.is_armed = True
        self._surface.focus(is_modal=True)
        self._surface.redraw()

    def _disarm(self, modal: Modal, data: str) -> None:
        """Type `data` into the composer, and send keys there until a pause without any."""
        modal.is_armed = False
        self._surface.focus(is_modal=False)
        self._composer.type(data)
        self._arm_after_pause()
