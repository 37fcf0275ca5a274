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
    SESSIONS_FLAGS,
    WHICH_FLAGS,
    YES_FLAG,
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
        if self.metavar.startswith("["):
            return self.metavar
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


_OLD_SESSION = (
    Positional(
        "words",
        "[SESSION] [PROMPT]",
        "an id, the beginning of one, or a name (none with --last); and what to do: '-' or nothing"
        " reads it from standard input",
        "*",
    ),
)
EXEC_RESUME = Command(
    "exec resume",
    "go on with an old session",
    "Go on with an old session: the model reads all of it again, and the same file is gone on\n"
    "with. The session's folder and model are taken unless others are named.",
    (*WHICH_FLAGS, *SESSION_FLAGS, *EXEC_FLAGS),
    _OLD_SESSION,
    '  codex exec resume --last "now add a test for it"\n'
    '  codex exec resume 01a2060d "go on"\n'
    "  codex exec -s read-only resume 'parser work' - < question.txt",
)
EXEC_FORK = Command(
    "exec fork",
    "go on with a copy of an old session",
    "Copy an old session and go on with the copy; the old one stays as it is.",
    (*WHICH_FLAGS, *SESSION_FLAGS, *EXEC_FLAGS),
    _OLD_SESSION,
    '  codex exec fork 01a2060d "try it with a hash table instead"',
)
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
    subcommands=(EXEC_RESUME, EXEC_FORK),
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

_SESSION = Positional("session", "SESSION", "an id, the beginning of one, or a name", None)
SESSIONS = Command(
    "sessions",
    "list the sessions of this folder",
    "List sessions, the one that was written to last first: when that was, size, id, and the name\n"
    "or the first message.",
    SESSIONS_FLAGS,
    (),
    "  codex sessions --all\n  codex sessions --all --json | jq -r .id",
)
RENAME = Command(
    "rename",
    "give a session a name",
    "Give a session a name, under which it can be resumed. An empty name takes its name away.",
    (),
    (_SESSION, Positional("name", "NAME", "the new name", None)),
    "  codex rename 01a2060d 'parser work'",
)
ARCHIVE = Command(
    "archive",
    "put a session away",
    "Put a session away: it is listed and resumed no more, until `codex unarchive`.",
    (),
    (_SESSION,),
    "  codex archive 01a2060d",
)
UNARCHIVE = Command(
    "unarchive",
    "bring a session back that was put away",
    "Bring a session back that was put away.",
    (),
    (_SESSION,),
    "  codex unarchive 01a2060d",
)
DELETE = Command(
    "delete",
    "delete a session for good",
    "Delete a session for good, archived or not.",
    (YES_FLAG,),
    (_SESSION,),
    "  codex delete 01a2060d --yes",
)

COMMANDS: dict[str, Command] = {
    command.name: command
    for command in (
        *(EXEC, SESSIONS, RENAME, ARCHIVE, UNARCHIVE, DELETE),
        *(PROTO, APPLY_PATCH, DEMO),
    )
}
ALIASES = {"e": "exec", "p": "proto"}
