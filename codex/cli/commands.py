"""The subcommands as data: each with its flags, its arguments, and its help.

A new one is an entry here and a runner in runners.py.
"""

from __future__ import annotations

from typing import NamedTuple

from codex.cli.flags import (
    APPROVAL_FLAG,
    COLOR_FLAG,
    EXEC_FLAGS,
    SESSION_FLAGS,
    TUI_FLAGS,
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


TUI = Command(
    "",
    "the full-screen interface",
    "Work with the agent on the whole screen: see what it does while it does it, approve what it\n"
    "asks for, steer it.",
    (*SESSION_FLAGS, APPROVAL_FLAG, *TUI_FLAGS),
    (Positional("argument", "PROMPT", "what to begin with"),),
    '  codex\n  codex --full-auto "fix the failing test"\n  codex --oss -C ~/app -i shot.png',
)
"""What runs without a subcommand."""
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
    command.name: command for command in (EXEC, PROTO, APPLY_PATCH, DEMO)
}
ALIASES = {"e": "exec", "p": "proto"}
