"""The `/` commands that only show something: `/status`, `/mcp`, `/help`, `/logs` and `/diff`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codex import __version__
from codex.protocol.items import TokenUsage
from codex.protocol.ops import ListMcpTools
from codex.tui.commands.texts import copy_to_clipboard
from codex.tui.drawing.text import lines
from codex.tui.transcript.cells import LinesCell
from codex.tui.transcript.pager import Pager
from codex.tui.transcript.status import Report, status_report

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from codex.tui.commands.context import CommandContext
    from codex.tui.composer.slash_command import SlashCommand
    from codex.tui.transcript.cells import Cell


class ReportCommands:
    """The `/` commands that only show something, and the transcript of Ctrl+T."""

    def __init__(self, context: CommandContext) -> None:
        self._context = context

    def status(self, _: str) -> None:
        """Show the session, its settings and its tokens."""
        context = self._context
        session, usage = context.chat.session, context.chat.usage
        if session is None:
            context.chat.notice("the session has not started yet")
            return
        report = Report(
            version=__version__,
            session_id=session.session_id,
            name=session.name,
            rollout_path=session.rollout_path,
            model=session.model,
            provider=session.provider,
            cwd=session.cwd,
            home=context.home,
            approval=session.approval_policy,
            sandbox=session.sandbox,
            usage=usage.total if usage else TokenUsage(),
            context_window=usage.context_window
            if usage
            else context.conversation.config.model.context_window,
            context_left_percent=usage.context_left_percent if usage else None,
        )
        context.chat.report(status_report(report))

    def mcp(self, _: str) -> None:
        """Request the MCP servers and their tools, which are shown when the engine responds."""
        self._context.conversation.send(ListMcpTools())

    def pager(self) -> None:
        """Show the whole transcript (Ctrl+T)."""
        self._page(self._context.chat.cells, "Transcript")

    def help(self, commands: Sequence[SlashCommand]) -> None:
        """Show the keys and the commands."""
        from codex.tui.commands.help import help_lines

        self._page([LinesCell(help_lines(commands))], "Help")

    def logs(self, _: str) -> None:
        """Show the last 64 KiB of the log."""
        from codex.tui.terminal.log import log_path, log_tail

        home = self._context.conversation.config.codex_home
        try:
            text = log_tail(home)
        except OSError as error:
            self._context.chat.notice(
                f"cannot read '{log_path(home)}': {error.strerror}", is_error=True
            )
            return
        rows = [*lines(f"{log_path(home)}\n\n"), *lines(text or "(empty)")]
        self._page([LinesCell(rows)], "Log")

    def diff(self, _: str) -> None:
        """Show the uncommitted changes in the repository, untracked files included."""
        from codex.tui.commands.git_diff import changes

        context = self._context
        cwd, environ = context.conversation.config.cwd, context.host.environ

        def work() -> Callable[[], None]:
            try:
                text = changes(cwd, environ)
            except OSError as error:
                why = str(error)
                return lambda: context.chat.notice(f"cannot show the changes: {why}", is_error=True)
            if not text:
                return lambda: context.say("there are no uncommitted changes")
            return lambda: self._show_diff(text)

        context.in_background(work)

    def _show_diff(self, text: str) -> None:
        from codex.tui.transcript.patch_cell import git_lines

        self._page([LinesCell(git_lines(text))], "Changes")

    def _page(self, cells: Sequence[Cell], title: str) -> None:
        context = self._context
        slot = context.slot
        slot.open(
            Pager(
                cells,
                close=slot.dismiss,
                copy=lambda text: copy_to_clipboard(context, text),
                title=title,
            )
        )
