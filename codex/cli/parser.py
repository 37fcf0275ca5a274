"""Parsers: argparse, with errors that raise, help that is text, and one subcommand at a time.

Nothing here prints or exits. Making a parser is part of every start, so only the named subcommand's
is made, and what would import more of the library is kept away from argparse.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from codex.cli.flags import (
    ALL_FLAGS,
    APPROVAL_FLAG,
    COLOR_FLAG,
    EXEC_FLAGS,
    SESSION_FLAGS,
    Flag,
)
from codex.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence


class Command(NamedTuple):
    """One subcommand, as its help and its parser need it."""

    name: str
    summary: str
    description: str
    flags: tuple[Flag, ...]
    positional: tuple[str, str] | None
    """Its one argument: what it is called, and its line of help."""
    examples: str


EXEC = Command(
    "exec",
    "work on one prompt without a terminal",
    "Work on one prompt until it is done. The final answer goes to standard output, all else\n"
    "to standard error. Nobody is asked: what the sandbox forbids fails. Exit status: 0 done,\n"
    "1 failed, 2 wrong command line, 130 interrupted.",
    (*SESSION_FLAGS, *EXEC_FLAGS),
    ("PROMPT", "what to do; '-' or nothing reads it from standard input"),
    '  codex exec --full-auto "fix the failing test"\n'
    '  codex exec --provider ollama -m qwen3 "explain src/parser.c"\n'
    '  git diff | codex exec "review this change" > review.md\n'
    '  codex exec -s read-only -C ~/app -i shot.png "why does this dialog look wrong?"',
)
PROTO = Command(
    "proto",
    "speak JSON lines on standard input and output",
    "Read submissions as JSON lines from standard input, write events as JSON lines to standard\n"
    "output.",
    (*SESSION_FLAGS, APPROVAL_FLAG),
    None,
    """  echo '{"id":"1","op":{"type":"user_input","items":[{"type":"text","text":"hi"}]}}' |"""
    "\n    codex proto -m o3",
)
APPLY_PATCH = Command(
    "apply-patch",
    "apply a patch in the *** Begin Patch format",
    "Apply a patch in the *** Begin Patch format to files below the working directory.",
    (),
    ("PATCH", "the patch; nothing reads it from standard input"),
    "  codex apply-patch < change.patch",
)
DEMO = Command(
    "demo",
    "show the whole program at work, without a model",
    "Fix a failing test in a temporary project: real commands, patch and sandbox, against a\n"
    "scripted model inside this program.",
    (COLOR_FLAG,),
    None,
    "  codex demo",
)

COMMANDS: dict[str, Command] = {
    command.name: command for command in (EXEC, PROTO, APPLY_PATCH, DEMO)
}
ALIASES = {"e": "exec", "p": "proto"}


class HelpWanted(Exception):  # noqa: N818 - no error
    """`--help` was given; carries the text."""


class VersionWanted(Exception):  # noqa: N818 - no error
    """`--version` was given."""


def parse(command: Command, arguments: Sequence[str]) -> argparse.Namespace:
    """Parse the arguments of one subcommand.

    Raises: UsageError, HelpWanted, VersionWanted.
    """
    parser = _make(command)
    if command is EXEC:
        # Accepted so that `codex -a never exec` works; see options.exec_arguments.
        parser.add_argument(*APPROVAL_FLAG.names, help=argparse.SUPPRESS)
    parsed, unknown = parser.parse_known_args(arguments)
    if unknown:
        raise _unknown_argument(command, unknown[0])
    return parsed


def help_text(command: Command) -> str:
    """What `codex COMMAND --help` says."""
    return _make(command).format_help()


class _Formatter(argparse.RawDescriptionHelpFormatter):
    def __init__(self, prog: str) -> None:
        # Without a width argparse asks shutil for the terminal's, which imports bz2, lzma and zlib
        # for every argument that is added.
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
    usage = f"codex {command.name} [FLAG]..."
    if command.positional is not None:
        usage += f" [{command.positional[0]}]"
    parser = _Parser(
        prog=f"codex {command.name}",
        usage=usage,
        description=command.description,
        epilog=f"examples:\n{command.examples}",
        formatter_class=_Formatter,
        add_help=False,
        allow_abbrev=False,
    )
    if command.positional is not None:
        name, text = command.positional
        parser.add_argument("argument", nargs="?", metavar=name, help=text)
    for flag in command.flags:
        _add(parser, flag)
    parser.add_argument("-h", "--help", action=_Help, nargs=0, help="show this help")
    parser.add_argument("-V", "--version", action=_Version, nargs=0, help="show the version")
    return parser


def _add(parser: _Parser, flag: Flag) -> None:
    settings: dict[str, Any] = {"help": flag.help, **flag.settings}
    if flag.value is None:
        settings["action"] = "store_true"
    else:
        settings["metavar"] = flag.value
    parser.add_argument(*flag.names, **settings)


def _unknown_argument(command: Command, argument: str) -> UsageError:
    advice = f"See codex {command.name} --help."
    if not argument.startswith("-"):
        if command is EXEC:
            advice = 'Quote a prompt of several words: codex exec "fix the failing test"'
        return UsageError(f'unexpected argument "{argument}"', advice=advice)
    name = argument.partition("=")[0]
    if any(name in flag.names for flag in ALL_FLAGS):
        message = f'"codex {command.name}" has no flag {name}'
    else:
        message = f"unknown flag {name}{_nearest_flag(command, name)}"
    return UsageError(message, advice=advice)


def _nearest_flag(command: Command, name: str) -> str:
    import difflib

    known = [name for flag in command.flags for name in flag.names]
    found = difflib.get_close_matches(name, known, n=1)
    return f"; did you mean {found[0]}?" if found else ""
