"""The words of a command line, sorted before any parser is made."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from codex.cli.flags import IMAGE_NAMES, TAKES_VALUE

if TYPE_CHECKING:
    from collections.abc import Sequence


class CommandLine(NamedTuple):
    """A command and its arguments."""

    command: str | None
    """Command as typed; None if there is no bare word."""
    arguments: list[str]
    """All other words; flags before the command come first."""


def find_command(argv: Sequence[str]) -> CommandLine:
    """Find the subcommand: the first word that is neither a flag nor a flag's value."""
    index = _first_bare_word(argv)
    if index >= len(argv) or argv[index] == "--":
        return CommandLine(None, list(argv))
    return CommandLine(argv[index], [*argv[:index], *argv[index + 1 :]])


def find_nested(argv: Sequence[str], words: Sequence[str]) -> CommandLine:
    """Find a subcommand of a command whose other words are arguments.

    `--image FILE... resume ID` means the subcommand too. The images before it stay its own: they
    come as `--image=FILE`, which takes no further words.
    """
    before: list[str] = []
    index = 0
    has_images = False
    while index < len(argv) and argv[index] != "--":
        word = argv[index]
        if word in words:
            return CommandLine(word, [*before, *argv[index + 1 :]])
        if word == "-" or not word.startswith("-"):
            if not has_images:
                break
            before.append(f"{IMAGE_NAMES[-1]}={word}")
        elif not (has_images := word in IMAGE_NAMES):
            width = 2 if TAKES_VALUE.get(word, False) else 1
            before += argv[index : index + width]
            index += width - 1
        index += 1
    return CommandLine(None, list(argv))


def split_rest(
    argv: Sequence[str], *, has_positionals: bool = False
) -> tuple[list[str], list[str]]:
    """Separate a command's own arguments from the command line that it is to run.

    That command line begins after `--`, or, if the command has no positional arguments, at the
    first word that is neither a flag nor a flag's value.
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
