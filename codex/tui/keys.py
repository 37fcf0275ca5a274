"""Keys: the keys of the full screen and what they do, apart from the composer's own.

While a modal receives keys (`ModalSlot.is_armed`), all keys and pastes go to `ModalSlot.key`, which
may pass them on to the composer; only Alt with a key does nothing.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Protocol

from prompt_toolkit.filters import Condition
from prompt_toolkit.key_binding import KeyBindings
from prompt_toolkit.keys import Keys as KeyNames

from codex.tui.transcript.cells import MORE

if TYPE_CHECKING:
    from collections.abc import Callable

    from prompt_toolkit.filters import Filter
    from prompt_toolkit.key_binding import KeyPressEvent

    from codex.tui.commands.table import Commands
    from codex.tui.composer.composer import Composer
    from codex.tui.conversation import Conversation
    from codex.tui.dialogs.slot import ModalSlot
    from codex.tui.frame import Frame

DOUBLE_S = 1.5
"""Seconds within which a second press of the same key makes a double press."""


class Controls(Protocol):
    """The methods of the application that the keys call."""

    def quit(self) -> None:
        """End the program."""

    def suspend(self) -> None:
        """Suspend the program until the shell continues it."""

    def say(self, text: str, seconds: float = ...) -> None:
        """Show a text in the status line for some seconds."""

    def redraw(self) -> None:
        """Ask for a new frame."""

    def redraw_all(self) -> None:
        """Redraw the whole screen."""


class Keys:
    """The key bindings of the application, apart from the composer's, and their actions."""

    def __init__(
        self,
        controls: Controls,
        *,
        composer: Composer,
        conversation: Conversation,
        slot: ModalSlot,
        commands: Commands,
        frame: Frame,
    ) -> None:
        self._controls = controls
        self._composer = composer
        self._conversation = conversation
        self._slot = slot
        self._commands = commands
        self._frame = frame
        self._pressed: tuple[str, float] = ("", 0.0)
        """Key that waits for its second press, and the time of the first on the monotonic clock."""

    def bindings(self) -> KeyBindings:
        """Return the key bindings for prompt_toolkit."""
        keys = KeyBindings()
        armed = Condition(lambda: self._slot.is_armed)
        self._bind_modal(keys, armed)
        self._bind_chat(keys, ~armed)
        self._bind_scrolling(keys, ~armed)
        return keys

    def _bind_modal(self, keys: KeyBindings, armed: Condition) -> None:
        @keys.add(KeyNames.Any, filter=armed)
        @keys.add(KeyNames.BracketedPaste, filter=armed)
        @keys.add("escape", filter=armed)
        def to_modal(event: KeyPressEvent) -> None:
            press = event.key_sequence[-1]
            name = press.key.value if isinstance(press.key, KeyNames) else press.key
            self._slot.key(name, press.data)

        # Alt with a key arrives as Esc and the key, and must not act as Esc, which answers.
        keys.add("escape", KeyNames.Any, filter=armed)(lambda event: None)

    def _bind_chat(self, keys: KeyBindings, chat: Filter) -> None:
        always = Condition(lambda: True)
        is_empty = Condition(lambda: self._composer.is_empty)
        no_popup = Condition(lambda: not self._composer.has_popup)
        is_idle = Condition(lambda: not self._conversation.is_busy)
        waits = Condition(lambda: bool(self._conversation.queue))

        def bind(*key: str, act: Callable[[], None], when: Filter = always) -> None:
            keys.add(*key, filter=chat & when, eager=len(key) == 1 and key != ("escape",))(
                lambda event: act()
            )

        bind("c-c", act=self.press_ctrl_c)
        bind("c-d", act=self.press_ctrl_d, when=is_empty)
        bind("escape", act=self.press_escape, when=no_popup)
        bind("escape", "up", act=self.take_back)
        bind("enter", act=self._conversation.send_next, when=is_empty & waits & is_idle)
        bind("c-t", act=self._commands.reports.pager, when=no_popup)
        bind("c-l", act=self._controls.redraw_all)
        bind("c-z", act=self._controls.suspend)

    def _bind_scrolling(self, keys: KeyBindings, chat: Filter) -> None:
        steps: tuple[tuple[str, Callable[[], int]], ...] = (
            ("pageup", lambda: -self._frame.page),
            ("pagedown", lambda: self._frame.page),
            (KeyNames.ScrollUp.value, lambda: -1),
            (KeyNames.ScrollDown.value, lambda: 1),
            ("s-up", lambda: -1),
            ("s-down", lambda: 1),
        )

        def bind(key: str, act: Callable[[], None], when: Filter) -> None:
            keys.add(key, filter=when, eager=True)(lambda event: act())

        for key, step in steps:
            bind(key, lambda step=step: self.scroll(step()), chat)  # type: ignore[misc]
        is_empty = Condition(lambda: self._composer.is_empty) & chat
        bind("home", self.to_top, is_empty)
        bind("end", self.to_bottom, is_empty)
        bind("c-home", self.to_top, chat)
        bind("c-end", self.to_bottom, chat)

    # What the keys do.

    def _twice(self, key: str) -> bool:
        """Note a press of a key; return whether it is the second press within DOUBLE_S."""
        last, self._pressed = self._pressed, (key, time.monotonic())
        if last[0] == key and self._pressed[1] - last[1] < DOUBLE_S:
            self._pressed = ("", 0.0)
            return True
        return False

    def press_ctrl_c(self) -> None:
        """Clear the draft, or stop a running task; without either, quit if pressed twice.

        During a task the draft is cleared only if a popup or the history search is open.
        """
        composer, conversation = self._composer, self._conversation
        if composer.has_popup or (not composer.is_empty and not conversation.is_busy):
            composer.clear()
            self._controls.say("draft cleared; Up brings it back")
        elif conversation.is_busy:
            conversation.interrupt()
        elif self._twice("c-c"):
            self._controls.quit()
        else:
            self._controls.say("Ctrl+C again to quit", DOUBLE_S)

    def press_ctrl_d(self) -> None:
        """Quit; during a task, only when pressed twice."""
        if not self._conversation.is_busy or self._twice("c-d"):
            self._controls.quit()
        else:
            self._controls.say("a task is running: Ctrl+D again to quit", DOUBLE_S)

    def press_escape(self) -> None:
        """Stop the running task; if none runs, the second press offers earlier messages to edit."""
        if self._conversation.is_busy:
            self._conversation.interrupt()
        elif self._twice("escape"):
            self._commands.session.edit_earlier()
        elif self._composer.is_empty:
            self._controls.say("Esc again to edit an earlier message", DOUBLE_S)

    def take_back(self) -> None:
        """Put the newest queued draft back into the composer, if the composer is empty."""
        if not self._composer.is_empty:
            self._controls.say("send or clear the draft before you edit a queued message")
        elif (draft := self._conversation.take_back()) is not None:
            self._composer.set_text(("!" if draft.is_shell else "") + draft.text)

    def scroll(self, rows: int) -> None:
        """Scroll the transcript, up if `rows` is negative.

        If only the terminal can scroll it, hint at Ctrl+T instead.
        """
        if self._frame.scroll(rows):
            self._controls.redraw()
        else:
            self._controls.say(MORE)

    def to_top(self) -> None:
        """Show the beginning of the transcript."""
        self._frame.window.to_top()
        self._controls.redraw()

    def to_bottom(self) -> None:
        """Show the end of the transcript and follow it."""
        self._frame.window.to_bottom()
        self._controls.redraw()
