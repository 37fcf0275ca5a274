"""The flags as data: each with its names, its settings for argparse, and its line of help.

The parsers are made from this data, and the search for the subcommand (words.py) reads it: it must
know which flags take a value, and it runs before a parser is made.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping


class Flag(NamedTuple):
    """One flag of the command line."""

    names: tuple[str, ...]
    help: str
    value: str | None = None
    """Name of the value in the help, such as `FILE`; None if the flag takes no value."""
    settings: Mapping[str, Any] = {}
    """More keyword arguments for argparse's `add_argument`."""


SESSION_FLAGS: tuple[Flag, ...] = (
    Flag(("-m", "--model"), "the model's name, as the provider knows it", "MODEL"),
    Flag(
        ("--provider", "--local-provider"),
        "the model provider: openai, ollama, lmstudio, ..., or one defined in config.toml",
        "ID",
        {"dest": "provider"},
    ),
    Flag(("--oss",), "use the model server on this machine (ollama, or oss_provider)"),
    Flag(
        ("-p", "--profile"),
        "the profile to use: [profiles.NAME] of config.toml or NAME.config.toml beside it",
        "NAME",
    ),
    Flag(
        ("-c", "--config"),
        "set any key of config.toml, for example -c model_reasoning_effort=high; repeatable",
        "KEY=VALUE",
        {"action": "append", "default": []},
    ),
    Flag(("-C", "--cd"), "work in this folder", "DIR"),
    Flag(
        ("-s", "--sandbox", "--sandbox-permission"),
        "what commands may touch: read-only, workspace-write or danger-full-access; or, repeated,"
        " single permissions such as disk-write-folder=PATH",
        "MODE",
        {"action": "append", "default": [], "dest": "sandbox"},
    ),
    Flag(
        ("--add-dir",),
        "another folder that commands may write to; repeatable",
        "DIR",
        {"action": "append", "default": []},
    ),
    Flag(
        ("--full-auto",),
        "let commands write to the workspace (-s workspace-write); if approvals are possible, ask"
        " only when the sandbox has stopped something (-a on-failure)",
    ),
    Flag(
        ("--dangerously-bypass-approvals-and-sandbox", "--yolo"),
        "no sandbox and no approvals; only where something else confines the program",
        None,
        {"dest": "bypass"},
    ),
    Flag(
        ("--container-is-sandbox",),
        "enforce nothing, because a container around the program confines commands",
        None,
        {"dest": "is_container"},
    ),
    Flag(("--disable-response-storage",), "do not let the server store the conversation"),
    Flag(("--ephemeral",), "write no session file; the session cannot be resumed"),
)
"""Flags of every subcommand that starts or resumes a session."""

APPROVAL_FLAG = Flag(
    ("-a", "--ask-for-approval"),
    "when to ask: untrusted, on-failure, on-request, auto-edit or never",
    "POLICY",
)

COLOR_FLAG = Flag(
    ("--color",),
    "when to use colours: auto (on a terminal), always or never",
    "WHEN",
    {"choices": ("auto", "always", "never"), "default": "auto"},
)

IMAGE_NAMES = ("-i", "--image")
"""Names of the image flag, the only flag that takes one or more values."""
IMAGE_FLAG = Flag(
    IMAGE_NAMES,
    "attach images: files, or a comma-separated list of them; repeatable",
    "FILE",
    {"action": "append", "nargs": "+", "default": []},
)
GIT_CHECK_FLAG = Flag(("--skip-git-repo-check",), "run outside a Git repository too")

EXEC_FLAGS: tuple[Flag, ...] = (
    IMAGE_FLAG,
    Flag(("-o", "--output-last-message"), "also write the final answer to this file", "FILE"),
    GIT_CHECK_FLAG,
    COLOR_FLAG,
)

EXECPOLICY_FLAGS: tuple[Flag, ...] = (
    Flag(
        ("--policy", "--rules"),
        "a file of rules; repeatable; the default is the built-in rules",
        "FILE",
        {"action": "append", "default": [], "dest": "policy"},
    ),
    Flag(
        ("--require-safe",),
        "report the result by exit status too: 12 may write, or must ask; 13 unknown; 14 forbidden",
    ),
    Flag(("--pretty",), "write the JSON over several lines"),
)

SANDBOX_FLAGS: tuple[Flag, ...] = (
    Flag(
        ("--permissions",),
        "single permissions instead of --sandbox: a comma-separated list; repeatable",
        "LIST",
        {"action": "append", "default": []},
    ),
    Flag(("--explain",), "show what confines the command before it runs"),
)

TUI_FLAGS: tuple[Flag, ...] = (
    IMAGE_FLAG,
    GIT_CHECK_FLAG,
    Flag(
        ("--no-alt-screen",),
        "keep the conversation in the terminal's own scrollback",
        None,
        {"dest": "no_alternate_screen"},
    ),
)

JSON_FLAG = Flag(("--json",), "print JSON")

YES_FLAG = Flag(("-y", "--yes"), "do not ask for confirmation")

MCP_ADD_FLAGS: tuple[Flag, ...] = (
    Flag(
        ("--env",),
        "set a variable of the server's environment; repeatable",
        "NAME=VALUE",
        {"action": "append", "default": []},
    ),
    Flag(("--url",), "the URL of a server that speaks streamable HTTP", "URL"),
    Flag(
        ("--bearer-token-env-var",),
        "the environment variable that holds the bearer token for the URL",
        "NAME",
    ),
)

HISTORY_FLAGS: tuple[Flag, ...] = (
    Flag(("-n", "--count"), "how many of the newest messages; default 50", "N"),
    Flag(("--json",), "print JSON lines with number, session_id, ts and text"),
)
"""Flags of `codex history list` and `codex history search`."""

DELETE_FLAGS: tuple[Flag, ...] = (
    Flag(("--matching",), "every message that contains this text, ignoring case", "TEXT"),
    Flag(("--all",), "every message"),
    YES_FLAG,
)

WHICH_FLAGS: tuple[Flag, ...] = (
    Flag(("--last",), "the most recently written session of this folder"),
    Flag(("--all",), "sessions of any folder, not only this one"),
)
"""Flags that choose a session without its id."""

SESSIONS_FLAGS: tuple[Flag, ...] = (
    Flag(("--all",), "sessions of every folder, not only this one"),
    Flag(("--archived",), "archived sessions instead of the others"),
    Flag(("--json",), "print JSON lines"),
    Flag(("--limit",), "show at most this many; default 20, or all with --json", "N"),
)

ALL_FLAGS = (
    *(*SESSION_FLAGS, APPROVAL_FLAG, *EXEC_FLAGS, *WHICH_FLAGS, *SESSIONS_FLAGS, YES_FLAG),
    *TUI_FLAGS,
    *(JSON_FLAG, *MCP_ADD_FLAGS, *HISTORY_FLAGS, *DELETE_FLAGS, *EXECPOLICY_FLAGS),
    *SANDBOX_FLAGS,
)

TAKES_VALUE: dict[str, bool] = {
    name: flag.value is not None for flag in ALL_FLAGS for name in flag.names
}
"""Whether a flag takes a value, by name, for every name of every flag but --help and --version."""
