"""Find the subcommand among the words of a command line, before a parser is built."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from codex.cli.flags import IMAGE_NAMES, TAKES_VALUE

if TYPE_CHECKING:
    from collections.abc import Sequence


class CommandLine(NamedTuple):
    """A subcommand and its arguments."""

    command: str | None
    """Subcommand as typed; None if there is none. From `find_command` it may also be a prompt."""
    arguments: list[str]
    """All words but the subcommand, in order; flags before it are among them."""


def find_command(argv: Sequence[str]) -> CommandLine:
    """Return the first word that is neither a flag nor a flag's value, as the subcommand.

    Only one value of `--image` is passed over: a second image is such a word. There is no
    subcommand if `--` comes before it.
    """
    index = _first_bare_word(argv)
    if index >= len(argv) or argv[index] == "--":
        return CommandLine(None, list(argv))
    return CommandLine(argv[index], [*argv[:index], *argv[index + 1 :]])


def find_nested(argv: Sequence[str], words: Sequence[str]) -> CommandLine:
    """Return the one of `words` that `argv` names as subcommand, and its arguments.

    In `--image FILE... resume ID`, `resume` is the subcommand, not an image. Images before the
    subcommand become `--image=FILE`, which takes no values from the words that follow.
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
    """Return a subcommand's own arguments, and the command line that it is to run, without `--`.

    The command line begins after `--`, or, if the subcommand has no positional arguments, at the
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
