"""The command line: find the subcommand, run it, and say in one line what went wrong.

Each subcommand imports what it runs, so that none pays for another.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from codex.errors import CodexError, ExitStatus, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from codex.host import Host

HELP = """\
A coding agent: works on the files of a folder with a language model of your choice.

usage: codex COMMAND [ARGUMENT]...

commands:
  exec, e       work on one prompt without a terminal
  proto, p      speak JSON lines on standard input and output
  apply-patch   apply a patch in the *** Begin Patch format
  demo          show the whole program at work, without a model
  help COMMAND  show a command's flags and examples

Flags of a command may also stand before it.

  -h, --help     show this help
  -V, --version  show the version

examples:
  codex exec --full-auto "fix the failing test"
  codex -c model_reasoning_effort=high exec - < prompt.txt
  codex help exec
"""


class CommandLine(NamedTuple):
    """Arguments, sorted out."""

    command: str | None
    """As typed; None when there is no bare word."""
    arguments: list[str]
    """All others: flags that stood before the command come first."""


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


def find_command(argv: Sequence[str]) -> CommandLine:
    """Find the subcommand: the first word that is neither a flag nor a flag's value."""
    from codex.cli.flags import TAKES_VALUE

    index = 0
    while index < len(argv) and argv[index].startswith("-") and argv[index] not in ("-", "--"):
        index += 2 if TAKES_VALUE.get(argv[index], False) else 1
    if index >= len(argv) or argv[index] == "--":
        return CommandLine(None, list(argv))
    return CommandLine(argv[index], [*argv[:index], *argv[index + 1 :]])


def _run(host: Host) -> int:
    line = find_command(host.argv)
    if line.command is None:
        return _without_command(host, line.arguments)
    if line.command == "help":
        return _help(host, line.arguments)
    name = _known_command(line.command)
    from codex.cli.parser import HelpWanted, VersionWanted

    try:
        return RUNNERS[name](host, line.arguments)
    except HelpWanted as wanted:
        host.stdout.write(str(wanted))
    except VersionWanted:
        _version(host)
    return ExitStatus.DONE


def _without_command(host: Host, arguments: Sequence[str]) -> int:
    if {"-h", "--help"} & set(arguments):
        host.stdout.write(HELP)
        return ExitStatus.DONE
    if {"-V", "--version"} & set(arguments):
        return _version(host)
    raise _no_screen()


def _known_command(word: str) -> str:
    from codex.cli.parser import ALIASES, COMMANDS

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
    from codex.cli.parser import COMMANDS, help_text

    words = [word for word in arguments if not word.startswith("-")]
    text = help_text(COMMANDS[_known_command(words[0])]) if words else HELP
    host.stdout.write(text)
    return ExitStatus.DONE


def _version(host: Host) -> int:
    from codex import __version__

    host.stdout.write(f"codex {__version__}\n")
    return ExitStatus.DONE


def _exec(host: Host, arguments: Sequence[str]) -> int:
    from codex.cli.options import exec_arguments
    from codex.cli.parser import EXEC, parse

    overrides, options = exec_arguments(parse(EXEC, arguments), host.cwd)
    from codex.config.load import load_config
    from codex.exec.main import run as run_exec

    return run_exec(host, load_config(host, overrides), options)


def _proto(host: Host, arguments: Sequence[str]) -> int:
    from codex.cli.options import session_overrides
    from codex.cli.parser import PROTO, parse

    overrides = session_overrides(parse(PROTO, arguments))
    from codex.config.load import load_config
    from codex.proto import run as run_proto

    return run_proto(host, load_config(host, overrides))


def _apply_patch(host: Host, arguments: Sequence[str]) -> int:
    from codex.cli.parser import APPLY_PATCH, parse

    parsed = parse(APPLY_PATCH, arguments)
    from codex.apply_patch.command import run as run_apply_patch

    return run_apply_patch(host, parsed.argument)


def _demo(host: Host, arguments: Sequence[str]) -> int:
    from codex.cli.parser import DEMO, parse

    parsed = parse(DEMO, arguments)
    from codex.demo.main import run as run_demo

    return run_demo(host, parsed.color)


RUNNERS: dict[str, Callable[[Host, Sequence[str]], int]] = {
    "exec": _exec,
    "proto": _proto,
    "apply-patch": _apply_patch,
    "demo": _demo,
}
