"""Draft: what the user wrote and how it is to be sent, as the application gets it."""

from __future__ import annotations

from typing import Literal, NamedTuple

from codex.tui.composer.slash_command import SlashCommand

Mode = Literal["send", "steer", "queue"]
"""`send`: no task runs. `steer`: Enter while one runs. `queue`: Tab while one runs."""


class Draft(NamedTuple):
    """One message, command of the user's, or `/` command."""

    text: str
    """Pastes are written out, images stand as `[image: name.png #1]`; of a `!` command, what
    follows the mark; of a `/` command, the whole line."""
    images: tuple[str, ...] = ()
    """Absolute paths, in the order of the text."""
    is_shell: bool = False
    """To be run for the user, in the sandbox."""
    command: SlashCommand | None = None
    args: str = ""
    """Of the `/` command."""
    mode: Mode = "send"
