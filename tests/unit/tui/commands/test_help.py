from __future__ import annotations

from codex.tui.commands.help import help_lines
from codex.tui.drawing.text import plain
from tests.support.screen.composer import COMMANDS


def test_the_help_names_every_command_with_its_argument() -> None:
    rows = [plain(row) for row in help_lines(COMMANDS)]
    for command in COMMANDS:
        typed = f"/{command.name} {command.argument}".rstrip()
        assert any(row.startswith(f"{typed} ") and command.description in row for row in rows)


def test_commands_stand_in_alphabetical_order() -> None:
    names = [command.name for command in COMMANDS]
    assert names == sorted(names)
