"""The command line: find the subcommand, run it, and say in one line what went wrong.

Each subcommand imports what it runs, so that none pays for another.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from codex.cli.words import find_command
from codex.errors import CodexError, ExitStatus, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from codex.host import Host

INTRODUCTION = """\
A coding agent: works on the files of a folder with a language model of your choice.

usage: codex COMMAND [ARGUMENT]...

commands:
"""
AFTER_COMMANDS = """
Flags of a command may also stand before it.

  -h, --help     show this help
  -V, --version  show the version

examples:
  codex exec --full-auto "fix the failing test"
  codex -c model_reasoning_effort=high exec - < prompt.txt
  codex help exec
"""


def overview() -> str:
    """What `codex --help` says."""
    from codex.cli.commands import ALIASES, COMMANDS

    names = {
        command.name: ", ".join(
            (command.name, *(alias for alias, name in ALIASES.items() if name == command.name))
        )
        for command in COMMANDS.values()
    }
    lines = [f"  {names[name]:<14}{command.summary}\n" for name, command in COMMANDS.items()]
    lines.append(f"  {'help COMMAND':<14}show a command's flags and examples\n")
    return "".join((INTRODUCTION, *lines, AFTER_COMMANDS))


def run(host: Host) -> int:
    """Run one command line; the exit status.

    Raises: BrokenPipeError, when nobody reads the output any more.
    """
    try:
        return _delivered(host, _run(host))
    except CodexError as error:
        from codex.printable import printable

        host.stderr.write(f"Error: {printable(str(error))}\n")
        return error.exit_status


def _delivered(host: Host, status: int) -> int:
    """The status, once what is buffered is written: a result that did not arrive is no success."""
    try:
        host.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        host.stderr.write(f"Error: cannot write to standard output: {error.strerror}\n")
        host.stderr.flush()
        host.abandon_output()
        return ExitStatus.FAILED
    return status


def _run(host: Host) -> int:
    line = find_command(host.argv)
    if line.command is None:
        return _without_command(host, line.arguments)
    if line.command == "help":
        return _help(host, line.arguments)
    name = _known_command(line.command)
    from codex.cli.parser import HelpWanted, VersionWanted
    from codex.cli.runners import RUNNERS

    try:
        return RUNNERS[name](host, line.arguments)
    except HelpWanted as wanted:
        host.stdout.write(str(wanted))
    except VersionWanted:
        _version(host)
    return ExitStatus.DONE


def _without_command(host: Host, arguments: Sequence[str]) -> int:
    if {"-h", "--help"} & set(arguments):
        host.stdout.write(overview())
        return ExitStatus.DONE
    if {"-V", "--version"} & set(arguments):
        return _version(host)
    raise _no_screen()


def _known_command(word: str) -> str:
    from codex.cli.commands import ALIASES, COMMANDS

    name = ALIASES.get(word, word)
    if name in COMMANDS:
        return name
    import difflib

    found = difflib.get_close_matches(word, COMMANDS, n=1)
    if found:
        raise UsageError(f'unknown command "{word}"; did you mean "{found[0]}"?')
    raise _no_screen()


def _no_screen() -> UsageError:
    return UsageError(
        "this version has no full-screen interface",
        advice='To work on one prompt: codex exec "PROMPT". All commands: codex --help',
    )


def _help(host: Host, arguments: Sequence[str]) -> int:
    from codex.cli.commands import COMMANDS
    from codex.cli.parser import help_text, nested

    words = [word for word in arguments if not word.startswith("-")]
    if not words:
        host.stdout.write(overview())
        return ExitStatus.DONE
    command = COMMANDS[_known_command(words[0])]
    for word in words[1:]:
        if command.subcommands:
            command, _ = nested(command, [word])
    host.stdout.write(help_text(command))
    return ExitStatus.DONE


def _version(host: Host) -> int:
    from codex import __version__

    host.stdout.write(f"codex {__version__}\n")
    return ExitStatus.DONE
