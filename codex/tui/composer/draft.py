"""Draft: what the user wrote, and when the application should send it."""

from __future__ import annotations

from typing import Literal, NamedTuple

from codex.tui.composer.slash_command import SlashCommand

Mode = Literal["send", "steer", "queue"]
"""`send`: no task runs. `steer`: send to the running task (Enter). `queue`: send after it (Tab)."""


class Draft(NamedTuple):
    """One message, `!` command or `/` command of the user."""

    text: str
    """Text with pastes written out and images as `[image: name.png #1]`; a `!` command without the
    `!`, a `/` command with the `/`."""

    images: tuple[str, ...] = ()
    """Absolute paths of the images, in the order of the text."""
    is_shell: bool = False
    """Whether this is a `!` command, which runs in the sandbox."""
    command: SlashCommand | None = None
    """`/` command; None for a message or a `!` command."""
    args: str = ""
    """Argument of the `/` command; empty without one."""
    mode: Mode = "send"
