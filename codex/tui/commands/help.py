"""The content of `/help`: the keys and the commands. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codex.tui.drawing.text import BOLD, Line, Span, line
from codex.tui.transcript.cells import AGENT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from codex.tui.composer.slash_command import SlashCommand

KEYS = (
    ("Enter", "send; during a task, add the message to that task"),
    ("Tab", "during a task: send the message when the task has ended"),
    ("Ctrl+J, Alt+Enter, Shift+Enter", "begin a new line"),
    ("Alt+Up", "take back the last queued message, to edit it"),
    ("Esc", "stop the task; when idle, twice: edit an earlier message, in a copy"),
    ("Ctrl+C", "stop the task; when idle: clear the draft; if it is empty, twice: quit"),
    ("Ctrl+D", "quit, if the draft is empty; during a task: twice"),
    ("Up, Down", "recall earlier and later messages, of other sessions too"),
    ("Ctrl+R", "search the messages"),
    ("@", "search for a file"),
    ("!", "run a command yourself, in the sandbox; the model reads its output"),
    ("/", "list the commands"),
    ("Ctrl+G", "edit the draft in your editor ($VISUAL, $EDITOR)"),
    ("PageUp, PageDown, wheel", "scroll; Shift+Up and Shift+Down by a line"),
    ("Home, End", "scroll to the beginning and to the end, if the draft is empty"),
    ("Ctrl+T", "show the whole transcript; there, / searches and y copies all"),
    ("Ctrl+L", "redraw the screen"),
    ("Ctrl+Z", "suspend; fg resumes"),
)


def help_lines(commands: Sequence[SlashCommand]) -> list[Line]:
    """Return the lines of `/help`: one for each key and each command, under two headings."""
    width = max(len(key) for key, _ in KEYS)
    rows: list[Line] = [line("Keys", AGENT), ()]
    rows += [(Span(key.ljust(width + 2), BOLD), *line(text)) for key, text in KEYS]
    rows += [(), line("Commands", AGENT), ()]
    for command in commands:
        typed = f"/{command.name} {command.argument}".rstrip()
        rows.append((Span(typed.ljust(width + 2), BOLD), *line(command.description)))
    return rows
