"""The subcommands as data: each with its flags, its arguments, and its help.

A new subcommand is an entry here and a runner in runners.py.
"""

from __future__ import annotations

from typing import NamedTuple

from codex.cli.flags import (
    APPROVAL_FLAG,
    COLOR_FLAG,
    DELETE_FLAGS,
    EXEC_FLAGS,
    EXECPOLICY_FLAGS,
    HISTORY_FLAGS,
    JSON_FLAG,
    MCP_ADD_FLAGS,
    SANDBOX_FLAGS,
    SESSION_FLAGS,
    SESSIONS_FLAGS,
    TUI_FLAGS,
    WHICH_FLAGS,
    YES_FLAG,
    Flag,
)


class Positional(NamedTuple):
    """One argument of a subcommand that is not a flag."""

    dest: str
    metavar: str
    help: str
    nargs: str | None = "?"
    """Number of values, as argparse writes it (`?`, `*`, `+`); None: exactly one."""

    @property
    def usage(self) -> str:
        """Form of the argument in the usage line, such as `[PROMPT]`."""
        if self.metavar.startswith("["):
            return self.metavar
        return {None: self.metavar, "*": f"[{self.metavar}]..."}.get(
            self.nargs, f"[{self.metavar}]"
        )


class Command(NamedTuple):
    """One subcommand, with what its help and its parser need."""

    name: str
    """All words after `codex`, such as `history list`; empty for `codex` without a subcommand."""
    summary: str
    description: str
    flags: tuple[Flag, ...]
    positionals: tuple[Positional, ...]
    examples: str
    rest: tuple[str, str] | None = None
    """Name and help of the command line to run, which follows the flags; None: none is accepted."""
    subcommands: tuple[Command, ...] = ()

    @property
    def word(self) -> str:
        """The last word of the name, which the user types."""
        return self.name.rpartition(" ")[2]


TUI = Command(
    "",
    "the full-screen interface",
    "Work with the agent in full screen: watch it work, approve what it asks for, steer it.",
    (*SESSION_FLAGS, APPROVAL_FLAG, *TUI_FLAGS),
    (Positional("argument", "PROMPT", "the first message"),),
    '  codex\n  codex --full-auto "fix the failing test"\n  codex --oss -C ~/app -i shot.png',
)
"""`codex` without a subcommand."""
_WHICH_SESSION = "an id, the start of one, or a name (omitted with --last), then the prompt"
_OLD_SESSION = (
    Positional(
        "words",
        "[SESSION] [PROMPT]",
        f"{_WHICH_SESSION}; '-' or no prompt reads it from standard input",
        "*",
    ),
)
_SHOWN_SESSION = (Positional("words", "[SESSION] [PROMPT]", _WHICH_SESSION, "*"),)
EXEC_RESUME = Command(
    "exec resume",
    "resume a session",
    "Resume a session: the model reads the whole conversation again, and new messages are added\n"
    "to the session's file. The session's folder and model are used unless you name others.",
    (*WHICH_FLAGS, *SESSION_FLAGS, *EXEC_FLAGS),
    _OLD_SESSION,
    '  codex exec resume --last "now add a test for it"\n'
    '  codex exec resume 01a2060d "continue"\n'
    "  codex exec -s read-only resume 'parser work' - < question.txt",
)
EXEC_FORK = Command(
    "exec fork",
    "resume a copy of a session",
    "Copy a session and resume the copy; the original does not change.",
    (*WHICH_FLAGS, *SESSION_FLAGS, *EXEC_FLAGS),
    _OLD_SESSION,
    '  codex exec fork 01a2060d "try it with a hash table instead"',
)
RESUME = Command(
    "resume",
    "resume a session",
    "Resume a session in full screen. If neither SESSION nor --last is given, choose a session of\n"
    "this folder (with --all, of any folder) from a list.",
    (*WHICH_FLAGS, *SESSION_FLAGS, APPROVAL_FLAG, *TUI_FLAGS),
    _SHOWN_SESSION,
    "  codex resume\n  codex resume --all\n  codex resume --last\n"
    "  codex resume 01a2060d 'now add a test for it'",
)
FORK = Command(
    "fork",
    "resume a copy of a session",
    "Copy a session and resume the copy in full screen; the original does not change. If neither\n"
    "SESSION nor --last is given, choose a session of this folder (with --all, of any folder)\n"
    "from a list.",
    (*WHICH_FLAGS, *SESSION_FLAGS, APPROVAL_FLAG, *TUI_FLAGS),
    _SHOWN_SESSION,
    "  codex fork\n  codex fork --last",
)
EXEC = Command(
    "exec",
    "work on one prompt without a terminal",
    "Work on one prompt until it is done. The final answer goes to standard output, everything\n"
    "else to standard error. codex exec never asks for approval: what the sandbox forbids fails.\n"
    "Exit status: 0 done, 1 failed, 2 usage error, 130 interrupted.",
    (*SESSION_FLAGS, *EXEC_FLAGS),
    (Positional("argument", "PROMPT", "what to do; read from standard input if '-' or omitted"),),
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
APPLY_PATCH_COMMAND = Command(
    "apply-patch",
    "apply a patch in the *** Begin Patch format",
    "Apply a patch in the *** Begin Patch format to files below the working directory.",
    (),
    (Positional("argument", "PATCH", "the patch; read from standard input if omitted"),),
    "  codex apply-patch < change.patch",
)
_IN_SANDBOX = {"-c", "-C", "-p", "-s", "--add-dir", "--full-auto", "--container-is-sandbox"}
"""Names of the session flags that `codex sandbox` has: they decide what a command may touch."""


def _sandbox(name: str, summary: str) -> Command:
    return Command(
        name,
        summary,
        "Run a command in the sandbox that the model's commands run in, with this terminal and\n"
        "this environment, except variables with KEY, SECRET or TOKEN in their names. Exit\n"
        "status: the command's own; 128+N if signal N ended it; 125 if there is no sandbox;\n"
        "126 if the program cannot be run, 127 if it does not exist.",
        (*(flag for flag in SESSION_FLAGS if _IN_SANDBOX & set(flag.names)), *SANDBOX_FLAGS),
        (),
        f"  codex {name} --full-auto -- make test\n"
        f"  codex {name} -s workspace-write --add-dir ~/.cache --explain -- npm install\n"
        f"  codex {name} --permissions disk-full-read-access,disk-write-folder=/tmp/x sh",
        rest=("COMMAND...", "the command and its arguments"),
    )


SANDBOX = _sandbox("sandbox", "run a command in the sandbox")
DEBUG = Command(
    "debug",
    "inspect parts of the program",
    "Commands that inspect parts of the program, under the names of earlier versions.",
    (),
    (),
    "  codex debug landlock --full-auto -- ls -l",
    subcommands=(
        _sandbox("debug landlock", "the same as codex sandbox, on Linux"),
        _sandbox("debug seatbelt", "the same as codex sandbox, on macOS"),
    ),
)
MCP_SERVER = Command(
    "mcp-server",
    "serve MCP clients: run tasks for other programs",
    "Run an MCP server on standard input and output, with the tools codex and codex-reply. The\n"
    "flags apply to every session that a client starts.",
    (*SESSION_FLAGS, APPROVAL_FLAG),
    (),
    "  codex mcp-server -c sandbox_mode=workspace-write\n"
    "  npx @modelcontextprotocol/inspector codex mcp-server",
)
_SERVER_NAME = Positional("name", "NAME", "the server's name", None)
MCP = Command(
    "mcp",
    "manage the MCP servers that codex uses",
    "Manage the MCP servers in config.toml, whose comments and order are kept. Without a command,\n"
    "and if standard input is not a terminal, this is codex mcp-server.",
    (*SESSION_FLAGS, APPROVAL_FLAG),
    (),
    "  codex mcp add files -- npx -y @modelcontextprotocol/server-filesystem ~/notes\n"
    "  codex mcp add docs --url https://docs.example.com/mcp --bearer-token-env-var DOCS_TOKEN\n"
    "  codex mcp list",
    subcommands=(
        Command(
            "mcp list",
            "list the configured servers",
            "List the configured servers.",
            (JSON_FLAG,),
            (),
            "  codex mcp list --json",
        ),
        Command(
            "mcp get",
            "show one server's settings",
            "Show one server's settings; values that may be secrets are hidden.",
            (JSON_FLAG,),
            (_SERVER_NAME,),
            "  codex mcp get files",
        ),
        Command(
            "mcp add",
            "add a server, or replace one",
            "Add a server to config.toml: a program that speaks MCP on its pipes, or a URL. A\n"
            "server of the same name is replaced.",
            MCP_ADD_FLAGS,
            (_SERVER_NAME,),
            "  codex mcp add git --env LOG=1 -- uvx mcp-server-git\n"
            "  codex mcp add docs --url http://localhost:8080/mcp",
            ("COMMAND...", "the program and its arguments"),
        ),
        Command(
            "mcp remove",
            "remove a server",
            "Remove a server from config.toml.",
            (),
            (_SERVER_NAME,),
            "  codex mcp remove files",
        ),
    ),
)
DEMO = Command(
    "demo",
    "see the whole program at work without a model",
    "Fix a failing test in a temporary project. The commands, the patch and the sandbox are\n"
    "real; the model is a script inside this program.",
    (COLOR_FLAG,),
    (),
    "  codex demo",
)
HISTORY_LIST = Command(
    "history list",
    "show the newest messages",
    "Show the newest messages of all sessions, newest last.",
    HISTORY_FLAGS,
    (),
    "  codex history list\n  codex history list -n 5 --json",
)
HISTORY_SEARCH = Command(
    "history search",
    "show the messages that contain a text",
    "Show the newest messages that contain a text, ignoring case, newest last. Exit status:\n"
    "0 found, 1 not found.",
    HISTORY_FLAGS,
    (Positional("text", "TEXT", "the text to find; several words are one text", "+"),),
    '  codex history search "failing test"\n  codex history search -n 1 --json parser',
)
HISTORY_DELETE = Command(
    "history delete",
    "delete messages",
    "Delete messages from the history, after confirmation. Without a terminal, --yes is needed.",
    DELETE_FLAGS,
    (Positional("words", "NUMBER", "a message's number, as codex history list shows it", "*"),),
    "  codex history delete 17 18\n"
    '  codex history delete --matching "secret project"\n'
    "  codex history delete --all --yes",
)
HISTORY_PATH = Command(
    "history path",
    "print the path of the history file",
    "Print the path of the file that contains the messages.",
    (),
    (),
    '  wc -l "$(codex history path)"',
)
HISTORY_COMMAND = Command(
    "history",
    "search or delete the messages you sent",
    "Search or delete the messages you sent in all sessions (history.jsonl in CODEX_HOME).\n"
    "These keys of config.toml decide what is kept: history.persistence, history.max_bytes,\n"
    "history.sensitive_patterns.",
    (),
    (),
    '  codex history search "failing test"\n  codex history delete --matching "secret project"',
    subcommands=(HISTORY_LIST, HISTORY_SEARCH, HISTORY_DELETE, HISTORY_PATH),
)

_SESSION = Positional("session", "SESSION", "an id, the start of one, or a name", None)
SESSIONS = Command(
    "sessions",
    "list the sessions of this folder",
    "List sessions, most recently written first: time, size, id, and the name or the first\n"
    "message.",
    SESSIONS_FLAGS,
    (),
    "  codex sessions --all\n  codex sessions --all --json | jq -r .id",
)
RENAME = Command(
    "rename",
    "give a session a name",
    "Give a session a name that it can be resumed by. An empty name removes the name.",
    (),
    (_SESSION, Positional("name", "NAME", "the new name", None)),
    "  codex rename 01a2060d 'parser work'",
)
ARCHIVE = Command(
    "archive",
    "archive a session",
    "Archive a session: until `codex unarchive`, it is not listed and cannot be resumed.",
    (),
    (_SESSION,),
    "  codex archive 01a2060d",
)
UNARCHIVE = Command(
    "unarchive",
    "restore an archived session",
    "Restore an archived session.",
    (),
    (_SESSION,),
    "  codex unarchive 01a2060d",
)
DELETE = Command(
    "delete",
    "delete a session permanently",
    "Delete a session permanently, archived or not, after confirmation. Without a terminal, --yes\n"
    "is needed.",
    (YES_FLAG,),
    (_SESSION,),
    "  codex delete 01a2060d --yes",
)

EXECPOLICY = Command(
    "execpolicy",
    "check a command against rules",
    "Check a command against the rules in a file (prefix_rule, define_program) without running\n"
    "it. Sessions read the rules in $CODEX_HOME/rules/*.rules and $CODEX_HOME/*.policy.",
    (),
    (),
    "  codex execpolicy check --policy ~/.codex/rules/default.rules -- git push\n"
    "  codex execpolicy check --require-safe -- sed -n 1,20p notes.txt",
    subcommands=(
        Command(
            "execpolicy check",
            "judge a command given as words",
            "Judge a command and print the result as one line of JSON. Exit status: 0; with\n"
            "--require-safe, 12, 13 or 14 if the command is not known to be safe; 1 failed,\n"
            "2 usage error.",
            EXECPOLICY_FLAGS,
            (),
            "  codex execpolicy check --policy team.rules -- git push --force",
            rest=("PROGRAM [ARG]...", "the command to judge"),
        ),
        Command(
            "execpolicy check-json",
            "judge a command given as JSON",
            'Judge a command given as {"program": ..., "args": [...]}, as "execpolicy check" does.',
            EXECPOLICY_FLAGS,
            (Positional("argument", "JSON", "the command", nargs=None),),
            """  codex execpolicy check-json '{"program": "ls", "args": ["-l"]}'""",
        ),
    ),
)

COMMANDS: dict[str, Command] = {
    command.name: command
    for command in (
        EXEC,
        RESUME,
        FORK,
        *(SESSIONS, RENAME, ARCHIVE, UNARCHIVE, DELETE),
        HISTORY_COMMAND,
        MCP,
        MCP_SERVER,
        PROTO,
        SANDBOX,
        APPLY_PATCH_COMMAND,
        EXECPOLICY,
        DEBUG,
        DEMO,
    )
}
ALIASES = {"e": "exec", "p": "proto"}
