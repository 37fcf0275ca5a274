"""Run a command line: find the subcommand, run it, and report an error in one line.

Each subcommand's runner does its own imports, so that no subcommand waits for another's imports.
"""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from codex.base.errors import CodexError, ExitStatus, UsageError
from codex.cli.words import find_command

if TYPE_CHECKING:
    from collections.abc import Sequence

    from codex.base.host import Host
    from codex.cli.flags import Flag

_INTRODUCTION = """\
A coding agent that works on the files in a folder, with a language model of your choice.

usage: codex [FLAG]... [PROMPT]
       codex COMMAND [ARGUMENT]...

Without a command, the full-screen interface starts with PROMPT as the first message.

commands:
"""
_AFTER_COMMANDS = """
A command's flags may also come before it. Flags of the full-screen interface:

"""
_AFTER_FLAGS = """  -h, --help                show this help
  -V, --version             show the version

examples:
  codex
  codex --full-auto "fix the failing test"
  codex exec --full-auto "fix the failing test"
  codex -c model_reasoning_effort=high exec - < prompt.txt
  codex help exec
"""


def overview() -> str:
    """Return the text of `codex --help`."""
    from codex.cli.commands import ALIASES, COMMANDS, TUI

    names = {
        command.name: ", ".join(
            (command.name, *(alias for alias, name in ALIASES.items() if name == command.name))
        )
        for command in COMMANDS.values()
    }
    lines = [f"  {names[name]:<14}{command.summary}\n" for name, command in COMMANDS.items()]
    lines.append(f"  {'help COMMAND':<14}show a command's flags and examples\n")
    flags = [_flag_help(flag) for flag in TUI.flags]
    return "".join((_INTRODUCTION, *lines, _AFTER_COMMANDS, *flags, _AFTER_FLAGS))


def _flag_help(flag: Flag) -> str:
    """Return the help of one flag in argparse's layout, without importing argparse."""
    names = ", ".join(flag.names) + (f" {flag.value}" if flag.value else "")
    rows = textwrap.wrap(flag.help, 66)
    start = f"  {names:<24}  " if len(names) <= 24 else f"  {names}\n{' ' * 28}"
    return start + f"\n{' ' * 28}".join(rows) + "\n"


def run(host: Host) -> int:
    """Run the command line `host.argv`; return the exit status.

    A CodexError is printed to stderr.
    Raises: BrokenPipeError, if the reader of standard output has closed it.
    """
    try:
        return _delivered(host, _run(host))
    except CodexError as error:
        from codex.base.printable import printable

        host.stderr.write(f"Error: {printable(str(error))}\n")
        return error.exit_status


def _delivered(host: Host, status: int) -> int:
    """Flush standard output; return `status`, or FAILED if the output cannot be written."""
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
    if line.command is None and {"-h", "--help"} & set(_before_rest(host.argv)):
        host.stdout.write(overview())
        return ExitStatus.DONE
    if line.command == "help":
        return _help(host, line.arguments)
    name = _command_of(line.command)
    from codex.cli.parser import HelpWanted, VersionWanted
    from codex.cli.runners import COMMAND_RUNNERS, run_tui

    try:
        if name is None:
            return run_tui(host, host.argv)
        return COMMAND_RUNNERS[name](host, line.arguments)
    except HelpWanted as wanted:
        host.stdout.write(str(wanted))
    except VersionWanted:
        _version(host)
    return ExitStatus.DONE


def _before_rest(argv: Sequence[str]) -> Sequence[str]:
    """Return the words before `--`, which may be flags."""
    return argv[: argv.index("--")] if "--" in argv else argv


def _command_of(word: str | None) -> str | None:
    """Return the name of the subcommand whose name or alias is `word`; None if there is none.

    Raises: UsageError, if the word looks like a misspelt subcommand.
    """
    from codex.cli.commands import ALIASES, COMMANDS

    name = ALIASES.get(word or "", word)
    if name is None or name in COMMANDS:
        return name
    import difflib

    found = difflib.get_close_matches(name, COMMANDS, n=1)
    if not found:
        return None
    raise UsageError(
        f'unknown command "{word}"; did you mean "{found[0]}"?',
        advice=f'If it is a prompt: codex -- "{word}"',
    )


def _help(host: Host, arguments: Sequence[str]) -> int:
    from codex.cli.commands import COMMANDS
    from codex.cli.parser import help_text, nested

    words = [word for word in arguments if not word.startswith("-")]
    if not words:
        host.stdout.write(overview())
        return ExitStatus.DONE
    name = _command_of(words[0])
    if name is None:
        raise UsageError(f'unknown command "{words[0]}"', advice="All commands: codex --help")
    command = COMMANDS[name]
    for word in words[1:]:
        if command.subcommands:
            command, _ = nested(command, [word])
    host.stdout.write(help_text(command))
    return ExitStatus.DONE


def _version(host: Host) -> int:
    from codex import __version__

    host.stdout.write(f"codex {__version__}\n")
    return ExitStatus.DONE
