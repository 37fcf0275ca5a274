"""Parse the arguments of one subcommand with argparse; errors and help are exceptions.

Must not print or exit. Every start builds a parser, so only the parser of the named subcommand is
built, and argparse is given nothing that makes it import more of the standard library.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any, NoReturn

from codex.base.errors import UsageError
from codex.cli.commands import EXEC, TUI
from codex.cli.flags import ALL_FLAGS, APPROVAL_FLAG
from codex.cli.words import find_command, split_rest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from codex.cli.commands import Command
    from codex.cli.flags import Flag


class HelpWanted(Exception):  # noqa: N818 - no error
    """`--help` was given; `str()` returns the text of the help."""


class VersionWanted(Exception):  # noqa: N818 - no error
    """`--version` was given."""


def parse_arguments(command: Command, arguments: Sequence[str]) -> argparse.Namespace:
    """Parse the arguments of one subcommand, without its own name.

    Returns: a Namespace with the flags, the positionals, and as `rest` the words of the command
        line to run (`Command.rest`), empty if there is none.
    Raises: UsageError, HelpWanted, VersionWanted.
    """
    parser = _make(command)
    if command is EXEC or command in EXEC.subcommands:
        # Accepted so that `codex -a never exec` works; see options.exec_arguments.
        parser.add_argument(*APPROVAL_FLAG.names, help=argparse.SUPPRESS)
    rest: list[str] = []
    if command.rest is not None:
        arguments, rest = split_rest(arguments, has_positionals=bool(command.positionals))
    if any(positional.nargs == "*" for positional in command.positionals):
        parsed, unknown = _parse_words(parser, arguments)
    else:
        parsed, unknown = parser.parse_known_args(arguments)
    if unknown:
        raise _unknown_argument(command, unknown[0])
    parsed.rest = rest
    return parsed


def _parse_words(parser: _Parser, arguments: Sequence[str]) -> tuple[argparse.Namespace, list[str]]:
    """Parse arguments with any number of `words` before, between and after the flags.

    argparse's ordinary parsing would accept only the first run of adjacent words.
    """
    arguments = list(arguments)
    end = arguments.index("--") if "--" in arguments else len(arguments)
    parsed, unknown = parser.parse_known_intermixed_args(arguments[:end])
    parsed.words += arguments[end + 1 :]
    return parsed, unknown


def nested(command: Command, arguments: Sequence[str]) -> tuple[Command, list[str]]:
    """Return the subcommand of `command` that the arguments name, and the remaining arguments.

    Raises: UsageError, if they name none or an unknown one; HelpWanted, if they ask for the help of
        `command`.
    """
    line = find_command(arguments)
    words = [nested.word for nested in command.subcommands]
    if line.command is None:
        if {"-h", "--help"} & set(arguments):
            raise HelpWanted(help_text(command))
        known = ", ".join(words)
        raise UsageError(
            f'"codex {command.name}" needs a command: {known}',
            advice=f"See codex {command.name} --help.",
        )
    if line.command in words:
        return command.subcommands[words.index(line.command)], line.arguments
    raise UsageError(
        f'"codex {command.name}" has no command "{line.command}"{_nearest(line.command, words)}',
        advice=f"See codex {command.name} --help.",
    )


def help_text(command: Command) -> str:
    """Return the text of `codex COMMAND --help`."""
    return _make(command).format_help()


class _Formatter(argparse.RawDescriptionHelpFormatter):
    def __init__(self, prog: str) -> None:
        # Without a width, argparse asks shutil for the terminal's width each time an argument is
        # added, and shutil imports bz2, lzma and zlib.
        super().__init__(prog, max_help_position=26, width=92)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(message, advice=f"See {self.prog} --help.")


class _Help(argparse.Action):
    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        raise HelpWanted(parser.format_help())


class _Version(argparse.Action):
    def __call__(self, *_: object) -> NoReturn:
        raise VersionWanted


def _make(command: Command) -> _Parser:
    words = [f"{_prog(command)} [FLAG]..."]
    words += [positional.usage for positional in command.positionals]
    if command.rest is not None:
        words.append(f"[--] {command.rest[0]}")
    if command.subcommands:
        words.append("[COMMAND]" if command.positionals else "COMMAND")
    parser = _Parser(
        prog=_prog(command),
        usage=" ".join(words),
        description=_description(command),
        epilog=f"examples:\n{command.examples}",
        formatter_class=_Formatter,
        add_help=False,
        allow_abbrev=False,
    )
    for name, metavar, text, nargs in command.positionals:
        parser.add_argument(name, nargs=nargs, metavar=metavar, help=text)
    for flag in command.flags:
        _add(parser, flag)
    parser.add_argument("-h", "--help", action=_Help, nargs=0, help="show this help")
    parser.add_argument("-V", "--version", action=_Version, nargs=0, help="show the version")
    return parser


def _prog(command: Command) -> str:
    return f"codex {command.name}".rstrip()


def _description(command: Command) -> str:
    if not command.subcommands:
        return command.description
    width = max(len(nested.word) for nested in command.subcommands)
    lines = [f"  {nested.word.ljust(width)}  {nested.summary}" for nested in command.subcommands]
    return "\n".join((command.description, "", "commands:", *lines))


def _add(parser: _Parser, flag: Flag) -> None:
    settings: dict[str, Any] = {"help": flag.help, **flag.settings}
    if flag.value is None:
        settings["action"] = "store_true"
    else:
        settings["metavar"] = flag.value
    parser.add_argument(*flag.names, **settings)


def _unknown_argument(command: Command, argument: str) -> UsageError:
    advice = f"See {_prog(command)} --help."
    if not argument.startswith("-"):
        if command is TUI:
            advice = 'Quote a prompt of several words: codex "fix the failing test"'
        if command is EXEC:
            advice = 'Quote a prompt of several words: codex exec "fix the failing test"'
        return UsageError(f'unexpected argument "{argument}"', advice=advice)
    name = argument.partition("=")[0]
    if any(name in flag.names for flag in ALL_FLAGS):
        message = f'"{_prog(command)}" has no flag {name}'
    else:
        message = f"unknown flag {name}{_nearest_flag(command, name)}"
    return UsageError(message, advice=advice)


def _nearest_flag(command: Command, name: str) -> str:
    return _nearest(name, [name for flag in command.flags for name in flag.names])


def _nearest(word: str, known: Sequence[str]) -> str:
    import difflib

    found = difflib.get_close_matches(word, known, n=1)
    return f"; did you mean {found[0]}?" if found else ""
