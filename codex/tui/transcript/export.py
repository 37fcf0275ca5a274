"""Exports the conversation as Markdown. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codex.tui.transcript.cells import PromptCell
from codex.tui.transcript.messages import MessageCell

if TYPE_CHECKING:
    from codex.tui.transcript.cells import Cell
    from codex.tui.transcript.chat import Chat


def as_markdown(chat: Chat) -> str:
    """Return the transcript as Markdown: messages as they are, everything else as code blocks."""
    session = chat.session
    title = f"# codex session {session.session_id}" if session else "# codex session"
    return "\n\n".join([title, *filter(None, map(_entry, chat.cells))]) + "\n"


def _entry(cell: Cell) -> str:
    text = cell.text().rstrip()
    if not text:
        return ""
    if isinstance(cell, PromptCell):
        return f"## User\n\n{text}"
    if isinstance(cell, MessageCell):
        return f"## codex\n\n{text}"
    fence = "```"
    while fence in text:
        fence += "`"
    return f"{fence}text\n{text}\n{fence}"
