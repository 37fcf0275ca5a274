"""SlashCommand: one `/` command; and the parsing of a text that begins with `/`. Pure.

Must not run any command. The caller passes the table of the commands.
"""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class SlashCommand(NamedTuple):
    """One `/` command."""

    name: str
    """Name without the slash."""
    description: str
    run: Callable[[str], None]
    """Function that runs the command; receives the argument, which may be empty."""
    argument: str = ""
    """Argument as the menu shows it, `[name]` if optional; empty if the command takes none."""
    during_task: bool = True
    """Whether the command may run during a task."""
    aliases: tuple[str, ...] = ()


class NamedCommand(NamedTuple):
    """A `/` command under its name or one of its aliases."""

    name: str
    command: SlashCommand


class TypedCommand(NamedTuple):
    """A text that was typed as a `/` command."""

    name: str
    """First word, without the slash."""
    args: str
    """Rest of the text, without the white space around it."""
    command: SlashCommand | None
    """Command of that name; None if there is none."""


def command_word(text: str) -> str | None:
    """Return the word after the slash that begins a text; None if the text is a message.

    The word is empty if the slash stands alone. A word with a second slash is a path (`/usr/bin`),
    so the text is a message. So is a text with a space before the slash.
    """
    if not text.startswith("/"):
        return None
    first = text[1:].split("\n", 1)[0]
    word = "" if not first or first[0].isspace() else first.split(maxsplit=1)[0]
    return None if "/" in word else word


class CommandNames:
    """The `/` commands by name and alias."""

    def __init__(self, commands: Sequence[SlashCommand]) -> None:
        self._names = tuple(
            sorted(
                (
                    NamedCommand(name, command)
                    for command in commands
                    for name in (command.name, *command.aliases)
                ),
                key=lambda named: named.name,
            )
        )

    def parse(self, text: str) -> TypedCommand | None:
        """Parse a text as a `/` command; return None if the text is a message."""
        word = command_word(text)
        if word is None:
            return None
        wanted = word.lower()
        command = next((named.command for named in self._names if named.name == wanted), None)
        return TypedCommand(word, text[1 + len(word) :].strip(), command)

    def matching(self, word: str) -> tuple[NamedCommand, ...]:
        """Return the commands for a word: those that begin with it, then those that contain it.

        An alias is offered only if it begins with the word. For an empty word, return all commands,
        without their aliases.
        """
        typed = word.lower()
        main = [named for named in self._names if named.name == named.command.name]
        if not typed:
            return tuple(main)
        begun = [named for named in self._names if named.name.startswith(typed)]
        inside = [named for named in main if typed in named.name and named not in begun]
        return (*begun, *inside)

    def nearest(self, word: str) -> str | None:
        """Return the command or alias most similar to a word; None if none is similar."""
        names = [named.name for named in self._names]
        close = difflib.get_close_matches(word.lower(), names, n=1, cutoff=0.5)
        return close[0] if close else None
