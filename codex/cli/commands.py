"""The subcommands as data: each with its flags, its arguments, and its help.

A new one is an entry here and a runner in runners.py.
"""

from __future__ import annotations

from typing import NamedTuple

from codex.cli.flags import (
    APPROVAL_FLAG,
    COLOR_FLAG,
    EXEC_FLAGS,
    SANDBOX_FLAGS,
    SESSION_FLAGS,
    Flag,
)


class Positional(NamedTuple):
    """One argument that is no flag."""

    dest: str
    metavar: str
    help: str
    nargs: str | None = "?"
    """As argparse has it; None is exactly one."""

    @property
    def usage(self) -> str:
        """How the usage line shows it."""
        return {None: self.metavar, "*": f"[{self.metavar}]..."}.get(
            self.nargs, f"[{self.metavar}]"
        )


class Command(NamedTuple):
    """One subcommand, as its help and its parser need it."""

    name: str
    """All of its words: `exec`, or `history list`."""
    summary: str
    description: str
    flags: tuple[Flag, ...]
    positionals: tuple[Positional, ...]
    examples: str
    rest: tuple[str, str] | None = None
    """A command line of its own that follows: what it is called, and its line of help."""
    subcommands: tuple[Command, ...] = ()

    @property
    def word(self) -> str:
        """What is typed for it: the last word of its name."""
        return self.name.rpartition(" ")[2]


EXEC = Command(
    "exec",
    "work on one prompt without a terminal",
    "Work on one prompt until it is done. The final answer goes to standard output, all else\n"
    "to standard error. Nobody is asked: what the sandbox forbids fails. Exit status: 0 done,\n"
    "1 failed, 2 wrong command line, 130 interrupted.",
    (*SESSION_FLAGS, *EXEC_FLAGS),
    (Positional("argument", "PROMPT", "what to do; '-' or nothing reads it from standard input"),),
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
    (),
    """  echo '{"id":"1","op":{"type":"user_input","items":[{"type":"text","text":"hi"}]}}' |"""
    "\n    codex proto -m o3",
)
APPLY_PATCH = Command(
    "apply-patch",
    "apply a patch in the *** Begin Patch format",
    "Apply a patch in the *** Begin Patch format to files below the working directory.",
    (),
    (Positional("argument", "PATCH", "the patch; nothing reads it from standard input"),),
    "  codex apply-patch < change.patch",
)
_IN_SANDBOX = {"-c", "-C", "-p", "-s", "--add-dir", "--full-auto", "--container-is-sandbox"}
"""The names of the session flags that say what a command may touch."""


def _sandbox(name: str, summary: str) -> Command:
    return Command(
        name,
        summary,
        "Run a command under the sandbox that commands of the model run under, with this terminal\n"
        "and this environment, less what has KEY, SECRET or TOKEN in its name. Exit status: the\n"
        "command's; 128+N when signal N ended it; 125 without a sandbox; 126 when the program\n"
        "cannot be run, 127 when it is not there.",
        (*(flag for flag in SESSION_FLAGS if _IN_SANDBOX & set(flag.names)), *SANDBOX_FLAGS),
        (),
        f"  codex {name} --full-auto -- make test\n"
        f"  codex {name} -s workspace-write --add-dir ~/.cache --explain -- npm install\n"
        f"  codex {name} --permissions disk-full-read-access,disk-write-folder=/tmp/x sh",
        rest=("COMMAND...", "the command and its arguments"),
    )


SANDBOX = _sandbox("sandbox", "run a command of yours in the sandbox")
DEBUG = Command(
    "debug",
    "look at the parts of the program",
    "Commands to look at the parts of the program, under the names of earlier versions.",
    (),
    (),
    "  codex debug landlock --full-auto -- ls -l",
    subcommands=(
        _sandbox("debug landlock", "the same as codex sandbox, on Linux"),
        _sandbox("debug seatbelt", "the same as codex sandbox, on macOS"),
    ),
)
DEMO = Command(
    "demo",
    "show the whole program at work, without a model",
    "Fix a failing test in a temporary project: real commands, patch and sandbox, against a\n"
    "scripted model inside this program.",
    (COLOR_FLAG,),
    (),
    "  codex demo",
)

COMMANDS: dict[str, Command] = {
    command.name: command for command in (EXEC, PROTO, SANDBOX, APPLY_PATCH, DEBUG, DEMO)
}
ALIASES = {"e": "exec", "p": "proto"}
