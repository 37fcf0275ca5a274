"""CommandContext: the part of the application that a `/` command may use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from codex.base.host import Host
    from codex.tui.composer.composer import Composer
    from codex.tui.conversation import Conversation
    from codex.tui.dialogs.slot import ModalSlot
    from codex.tui.transcript.chat import Chat


class CommandContext(Protocol):
    """The members of the application that the `/` commands use."""

    host: Host
    home: str | None
    """The user's home directory; None if unknown."""
    chat: Chat
    composer: Composer
    conversation: Conversation
    slot: ModalSlot

    def say(self, text: str) -> None:
        """Show a text in the status line for some seconds."""

    def write(self, sequence: str) -> None:
        """Send the terminal an escape sequence that draws nothing."""

    def clear(self) -> None:
        """Empty the transcript, forget its session and token counts, and redraw the screen."""

    def quit(self) -> None:
        """End the program."""

    def in_background(self, work: Callable[[], Callable[[], None]]) -> None:
        """Run `work` in a thread; then run the function that it returned in the event loop."""
