"""What `/help` shows: the keys and the commands. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codex.tui.drawing.text import BOLD, Line, Span, line
from codex.tui.transcript.cells import AGENT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from codex.tui.composer.slash_command import SlashCommand

KEYS = (
    ("Enter", "send; while a task runs, tell it to the model at once"),
    ("Tab", "while a task runs: send it when the task has ended"),
    ("Ctrl+J, Alt+Enter, Shift+Enter", "a new line"),
    ("Alt+Up", "take back the last message that waits"),
    ("Esc", "stop the task; twice when idle: write an earlier message anew"),
    ("Ctrl+C", "stop the task; when idle, clear what is written, and twice: quit"),
    ("Ctrl+D", "quit, when nothing is written"),
    ("Up, Down", "earlier and later messages, of other sessions too"),
    ("Ctrl+R", "search the messages"),
    ("@", "search for a file"),
    ("!", "run a command yourself; the model reads its output"),
    ("/", "the commands"),
    ("Ctrl+G", "write in your editor ($VISUAL, $EDITOR)"),
    ("PageUp, PageDown, wheel", "scroll; Shift+Up and Shift+Down by a line"),
    ("Home, End", "the beginning and the end, when nothing is written"),
    ("Ctrl+T", "everything, with nothing cut; / searches, y copies"),
    ("Ctrl+L", "draw the screen anew"),
    ("Ctrl+Z", "suspend; fg comes back"),
)


def help_lines(commands: Sequence[SlashCommand]) -> list[Line]:
    """A row for each key and each command."""
    width = max(len(key) for key, _ in KEYS)
    rows: list[Line] = [line("Keys", AGENT), ()]
    rows += [(Span(key.ljust(width + 2), BOLD), *line(text)) for key, text in KEYS]
    rows += [(), line("Commands", AGENT), ()]
    for command in commands:
        typed = f"/{command.name} {command.argument}".rstrip()
        rows.append((Span(typed.ljust(width + 2), BOLD), *line(command.description)))
    return rows
