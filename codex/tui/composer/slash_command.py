"""The `/` commands as data, and what a line that begins with `/` means. Pure.

Must not run anything: what a command does stands in the application.
"""

from __future__ import annotations

import difflib
from typing import NamedTuple


class SlashCommand(NamedTuple):
    """One command of the composer."""

    name: str
    """Without the slash."""
    description: str
    argument: str = ""
    """What to show for its argument, `[name]` when it can be left out; empty: it takes none."""
    during_task: bool = True
    """May be run while a task runs."""
    aliases: tuple[str, ...] = ()


COMMANDS: tuple[SlashCommand, ...] = (
    SlashCommand("approvals", "choose what runs without a question", "[policy]"),
    SlashCommand("clear", "clear the screen and start a new conversation", during_task=False),
    SlashCommand("copy", "copy the last answer to the clipboard"),
    SlashCommand("diff", "show what changed in the repository, untracked files too"),
    SlashCommand("export", "write the conversation to a Markdown file", "[file]"),
    SlashCommand("fork", "go on in a copy of this conversation", during_task=False),
    SlashCommand("help", "show the keys and the commands"),
    SlashCommand("history", "load the messages that other sessions have added"),
    SlashCommand("init", "write an AGENTS.md for this repository", during_task=False),
    SlashCommand("logs", "show the log of this session"),
    SlashCommand("mcp", "show the MCP servers and their tools"),
    SlashCommand("mention", "look for a file and put its path into the message"),
    SlashCommand("model", "choose the model", "[model]", during_task=False),
    SlashCommand("new", "start a new conversation", during_task=False),
    SlashCommand("quit", "leave", aliases=("exit",)),
    SlashCommand("rename", "give this session a name", "name"),
    SlashCommand("resume", "go on with an earlier session", "[session]", during_task=False),
    SlashCommand("status", "show the session, its settings and its tokens"),
)
"""In the order of the menu, which is that of the alphabet."""


class NamedCommand(NamedTuple):
    """A command under one of its names."""

    name: str
    command: SlashCommand


NAMES: tuple[NamedCommand, ...] = tuple(
    sorted(
        NamedCommand(name, command)
        for command in COMMANDS
        for name in (command.name, *command.aliases)
    )
)


class CommandLine(NamedTuple):
    """A text that is meant as a command."""

    name: str
    """The first word, without the slash."""
    args: str
    """The rest, without the white space around it."""
    command: SlashCommand | None
    """None: there is no command of that name."""


def command_word(text: str) -> str | None:
    """The word after a slash that begins the text; None for a text that is a message.

    A word with a second slash is a path (`/usr/bin`), so that the text is a message. So is a text
    with a space before the slash.
    """
    if not text.startswith("/"):
        return None
    first = text[1:].split("\n", 1)[0]
    word = "" if not first or first[0].isspace() else first.split(maxsplit=1)[0]
    return None if "/" in word else word


def parse_command(text: str) -> CommandLine | None:
    """What a text asks for; None for a text that is a message."""
    word = command_word(text)
    if word is None:
        return None
    command = next((named.command for named in NAMES if named.name == word.lower()), None)
    return CommandLine(word, text[1 + len(word) :].strip(), command)


def matching_commands(word: str) -> tuple[NamedCommand, ...]:
    """The commands to offer for the beginning of a word: those it begins, then those it is in.

    An alias is offered only for what has been typed of it.
    """
    typed = word.lower()
    main = [named for named in NAMES if named.name == named.command.name]
    if not typed:
        return tuple(main)
    begun = [named for named in NAMES if named.name.startswith(typed)]
    inside = [named for named in main if typed in named.name and named not in begun]
    return (*begun, *inside)


def nearest_command(word: str) -> str | None:
    """The name that was probably meant."""
    names = [named.name for named in NAMES]
    close = difflib.get_close_matches(word.lower(), names, n=1, cutoff=0.5)
    return close[0] if close else None
