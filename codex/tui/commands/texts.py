"""The `/` commands about texts: `/init`, `/mention`, `/history`, `/copy` and `/export`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from codex.protocol.ops import ReloadHistory
from codex.tui.composer.draft import Draft
from codex.tui.terminal.terminal import clipboard

if TYPE_CHECKING:
    from codex.protocol.replies import HistoryReloaded
    from codex.tui.commands.context import CommandContext

INIT_PROMPT = """\
Write a file AGENTS.md for this repository: what a coding agent has to know to work in it. Look at \
the code, the build and the tests first. Say what the project is and how it is laid out, how to \
build, run and test it, how its code is written, and what a change needs to be complete. Only what \
you have seen here, in short sentences, at most 400 words. If there is an AGENTS.md already, \
improve it and keep what is right."""


class TextCommands:
    """The `/` commands about texts: messages, the clipboard, and the exported file."""

    def __init__(self, context: CommandContext) -> None:
        self._context = context
        self._wants_history = False

    def init(self, _: str) -> None:
        """Ask the model to write an AGENTS.md, or to improve the present one."""
        self._context.conversation.submit(Draft(INIT_PROMPT))

    def mention(self, _: str) -> None:
        """Insert an `@` into the draft, which opens the file search."""
        self._context.composer.insert_text("@")

    def history(self, _: str) -> None:
        """Read the message history again, so that Up recalls what other sessions have added."""
        self._wants_history = True
        self._context.conversation.send(ReloadHistory())

    def history_loaded(self, msg: HistoryReloaded) -> None:
        """Say how many messages the history has, if `/history` asked for it."""
        if self._wants_history:
            self._wants_history = False
            self._context.say(f"{msg.entry_count:,} messages can be recalled")

    def copy(self, _: str) -> None:
        """Copy the model's last message to the clipboard."""
        context = self._context
        answer = context.chat.last_answer
        context.say(copy_to_clipboard(context, answer) if answer else "there is no answer yet")

    def export(self, args: str) -> None:
        """Write the conversation to a new Markdown file.

        Args: args: its path, relative to the working directory; empty: `codex-<session id>.md`.
        """
        from codex.tui.transcript.export import as_markdown

        context = self._context
        session = context.chat.session
        name = args or f"codex-{session.session_id if session else 'session'}.md"
        path = os.path.join(context.conversation.config.cwd, os.path.expanduser(name))
        try:
            with open(path, "x", encoding="utf-8", errors="replace") as file:
                file.write(as_markdown(context.chat))
        except OSError as error:
            context.chat.notice(f"cannot write '{path}': {error.strerror}", is_error=True)
            return
        context.chat.notice(f"conversation written to '{path}'")


def copy_to_clipboard(context: CommandContext, text: str) -> str:
    """Copy a text to the clipboard; return a message for the user about success or failure."""
    sequence = clipboard(text)
    if sequence is None:
        return "too long for the terminal's clipboard; /export writes the conversation to a file"
    context.write(sequence)
    return f"copied {len(text):,} characters, if the terminal allows it"
