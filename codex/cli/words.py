"""Which words of a command line are whose, before any parser is made."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from codex.cli.flags import TAKES_VALUE

if TYPE_CHECKING:
    from collections.abc import Sequence


class CommandLine(NamedTuple):
    """Arguments, sorted out."""

    command: str | None
    """As typed; None when there is no bare word."""
    arguments: list[str]
    """All others: flags that stood before the command come first."""


def find_command(argv: Sequence[str]) -> CommandLine:
    """Find the subcommand: the first word that is neither a flag nor a flag's value."""
    index = _first_bare_word(argv)
    if index >= len(argv) or argv[index] == "--":
        return CommandLine(None, list(argv))
    return CommandLine(argv[index], [*argv[:index], *argv[index + 1 :]])


def split_rest(
    argv: Sequence[str], *, has_positionals: bool = False
) -> tuple[list[str], list[str]]:
    """Tell a command's own arguments from the command line that it is given.

    That one begins after `--`, or, for a command without further arguments of its own, at the first
    word that is neither a flag nor a flag's value.
    """
    if has_positionals:
        index = argv.index("--") if "--" in argv else len(argv)
    else:
        index = _first_bare_word(argv)
    is_marked = argv[index : index + 1] == ["--"]
    return list(argv[:index]), list(argv[index + is_marked :])


def _first_bare_word(argv: Sequence[str]) -> int:
    index = 0
    while index < len(argv) and argv[index].startswith("-") and argv[index] not in ("-", "--"):
        index += 2 if TAKES_VALUE.get(argv[index], False) else 1
    return min(index, len(argv))
