"""The flags as data: each with its names, what argparse needs to know, and its line of help.

One table serves the parsers and the search for the subcommand, which has to know which flags take a
value before any parser is made.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping


class Flag(NamedTuple):
    """One flag."""

    names: tuple[str, ...]
    help: str
    value: str | None = None
    """What its value is called in the help; None when it takes none."""
    settings: Mapping[str, Any] = {}
    """Further arguments of argparse's `add_argument`."""


SESSION_FLAGS: tuple[Flag, ...] = (
    Flag(("-m", "--model"), "the model's name, as the provider knows it", "MODEL"),
    Flag(
        ("--provider", "--local-provider"),
        "the model provider: openai, ollama, lmstudio, ..., or one of config.toml",
        "ID",
        {"dest": "provider"},
    ),
    Flag(("--oss",), "use the model server on this machine (ollama, or oss_provider)"),
    Flag(("-p", "--profile"), "the profile of config.toml to use", "NAME"),
    Flag(
        ("-c", "--config"),
        "set any key of config.toml, such as -c model_reasoning_effort=high; repeatable",
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
        "one more folder that commands may write to; repeatable",
        "DIR",
        {"action": "append", "default": []},
    ),
    Flag(("--full-auto",), "let commands write to the workspace: --sandbox workspace-write"),
    Flag(
        ("--dangerously-bypass-approvals-and-sandbox", "--yolo"),
        "no sandbox and no questions; only where something else contains the program",
        None,
        {"dest": "bypass"},
    ),
    Flag(
        ("--container-is-sandbox",),
        "enforce nothing, where a container around the program holds what commands do",
        None,
        {"dest": "is_container"},
    ),
    Flag(("--disable-response-storage",), "do not let the server keep the conversation"),
    Flag(("--ephemeral",), "write no session file; such a session cannot be resumed"),
)
"""What concerns any session."""

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
"""The one flag that takes any number of values."""
IMAGE_FLAG = Flag(
    IMAGE_NAMES,
    "attach images: files, or a comma-separated list of them; repeatable",
    "FILE",
    {"action": "append", "nargs": "+", "default": []},
)
GIT_CHECK_FLAG = Flag(("--skip-git-repo-check",), "work outside a git repository, too")

EXEC_FLAGS: tuple[Flag, ...] = (
    IMAGE_FLAG,
    Flag(("-o", "--output-last-message"), "write the final answer to this file too", "FILE"),
    GIT_CHECK_FLAG,
    COLOR_FLAG,
)

EXECPOLICY_FLAGS: tuple[Flag, ...] = (
    Flag(
        ("--policy", "--rules"),
        "a file of rules; repeatable; without it, the rules that the program carries",
        "FILE",
        {"action": "append", "default": [], "dest": "policy"},
    ),
    Flag(
        ("--require-safe",),
        "say it by the exit status, too: 12 may write, or asks; 13 unknown; 14 forbidden",
    ),
    Flag(("--pretty",), "write the JSON over several lines"),
)

SANDBOX_FLAGS: tuple[Flag, ...] = (
    Flag(
        ("--permissions",),
        "single permissions in the place of --sandbox: a comma-separated list of them; repeatable",
        "LIST",
        {"action": "append", "default": []},
    ),
    Flag(("--explain",), "say what holds the command, before it runs"),
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

YES_FLAG = Flag(("-y", "--yes"), "do not ask")

MCP_ADD_FLAGS: tuple[Flag, ...] = (
    Flag(
        ("--env",),
        "set a variable of the server's environment; repeatable",
        "NAME=VALUE",
        {"action": "append", "default": []},
    ),
    Flag(("--url",), "the address of a server that speaks streamable HTTP", "URL"),
    Flag(
        ("--bearer-token-env-var",),
        "the environment variable that holds the token for the address",
        "NAME",
    ),
)

HISTORY_FLAGS: tuple[Flag, ...] = (
    Flag(("-n", "--count"), "how many, counted from the newest; 50 if not given", "N"),
    Flag(("--json",), "print JSON lines with number, session_id, ts and text"),
)
"""What shows messages."""

DELETE_FLAGS: tuple[Flag, ...] = (
    Flag(("--matching",), "every message with this text, in upper or lower case", "TEXT"),
    Flag(("--all",), "every message"),
    YES_FLAG,
)

WHICH_FLAGS: tuple[Flag, ...] = (
    Flag(("--last",), "the session of this folder that was written to last"),
    Flag(("--all",), "sessions of any folder, not only of this one"),
)
"""Which session, where no id is given."""

SESSIONS_FLAGS: tuple[Flag, ...] = (
    Flag(("--all",), "of every folder, not only of this one"),
    Flag(("--archived",), "those that were put away"),
    Flag(("--json",), "as JSON lines, for programs"),
    Flag(("--limit",), "show at most this many (20; with --json all)", "N"),
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
"""By every name of every flag."""
