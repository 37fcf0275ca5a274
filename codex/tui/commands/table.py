"""Commands: the table of the `/` commands.

A new command is a row here and a method in the file of its subject.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from codex.tui.commands.reports import ReportCommands
from codex.tui.commands.session import SessionCommands
from codex.tui.commands.settings import SettingsCommands
from codex.tui.commands.texts import TextCommands
from codex.tui.composer.slash_command import SlashCommand

if TYPE_CHECKING:
    from codex.tui.commands.context import CommandContext


class Commands:
    """Every `/` command, grouped by subject and as the rows of the menu."""

    def __init__(self, context: CommandContext) -> None:
        """Make the table; `context` is used only when a command runs."""
        self.session = SessionCommands(context)
        self.settings = SettingsCommands(context)
        self.reports = ReportCommands(context)
        self.texts = TextCommands(context)
        self.rows = self._rows()
        """The commands in the order of the menu, which is alphabetical."""

    def _rows(self) -> tuple[SlashCommand, ...]:
        session, settings = self.session, self.settings
        reports, texts = self.reports, self.texts
        row = SlashCommand
        return (
            row("approvals", "choose what runs without approval", settings.approvals, "[policy]"),
            row(
                "clear",
                "clear the screen and start a new session",
                session.clear,
                during_task=False,
            ),
            row("copy", "copy the last answer to the clipboard", texts.copy),
            row("diff", "show the uncommitted changes, untracked files too", reports.diff),
            row("export", "write the conversation to a Markdown file", texts.export, "[file]"),
            row("fork", "continue in a copy of this session", session.fork, during_task=False),
            row("help", "show the keys and the commands", self._help),
            row(
                "history",
                "let Up recall what other sessions have added to the history",
                texts.history,
            ),
            row("init", "write an AGENTS.md for this repository", texts.init, during_task=False),
            row("logs", "show the end of the log file", reports.logs),
            row("mcp", "show the MCP servers and their tools", reports.mcp),
            row("mention", "search for a file and put its path into the message", texts.mention),
            row("model", "choose the model", settings.model, "[model]", during_task=False),
            row("new", "start a new session", session.new, during_task=False),
            row("quit", "quit", session.quit, aliases=("exit",)),
            row("rename", "name this session, or remove its name", session.rename, "[name]"),
            row("resume", "resume an old session", session.resume, "[session]", during_task=False),
            row("status", "show the session, its settings and its tokens", reports.status),
        )

    def _help(self, _: str) -> None:
        self.reports.help(self.rows)
