"""Config: every resolved setting of one run. load.py makes it; the packages above read it.

Values that cross a file or wire are `msgspec.Struct`s, here and elsewhere: defining one
costs a tenth of a frozen dataclass at start, and decoding errors name the place (`$.tui.theme`).
File paths are `str`, since importing `pathlib` costs 7 ms.
"""

from __future__ import annotations

import enum
from typing import Literal

import msgspec

from codex.protocol.policy import AskForApproval, SandboxPolicy
from codex.protocol.settings import (
    FileOpener,
    McpServer,
    ModelProvider,
    ModelSettings,
    ShellEnvironmentPolicy,
)


class HistoryPersistence(enum.Enum):
    """Whether the user's messages are kept for later sessions."""

    SAVE_ALL = "save-all"
    NONE = "none"


class HistorySettings(msgspec.Struct, frozen=True, kw_only=True):
    """Settings of the table `[history]`."""

    persistence: HistoryPersistence = HistoryPersistence.SAVE_ALL
    max_bytes: int | None = None
    """Size of history.jsonl above which the oldest messages are deleted; None or 0: no limit."""
    sensitive_patterns: tuple[str, ...] | None = None
    """Regular expressions; a message that one matches is not kept. None: the built-in ones."""


NO_HISTORY = HistorySettings(persistence=HistoryPersistence.NONE)
"""Settings that keep no messages, for front ends that cannot look up old ones."""


class SandboxSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Settings of the table `[sandbox]`, except the network keys, which SandboxPolicy has."""

    require: Literal["full", "best-effort"] = "best-effort"
    """If part of the sandbox is unavailable: `full` runs no command, `best-effort` warns once.

    On Linux without Landlock, `best-effort` runs no command either; macOS ignores the key.
    """
    container: bool = False
    """Whether the container around codex is the only sandbox, so that codex enforces nothing."""


class TuiSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Settings of the table `[tui]`."""

    notifications: bool | tuple[str, ...] = True
    """Notifications to show: True: all; False: none; or kinds, such as `agent-turn-complete`."""
    notification_method: str = "auto"
    """Way to notify: `osc9`, `bel`, or `auto` for what the terminal is known to support."""
    notification_condition: str = "unfocused"
    """Condition of notifying: `unfocused` (the terminal has no focus) or `always`."""
    alternate_screen: str = "auto"
    """`never` keeps the conversation in the terminal's scrollback; `auto` and `always` do not."""


class Config(msgspec.Struct, frozen=True, kw_only=True):
    """The settings of one run, from flags, `-c`, profile, config.toml, environment and defaults."""

    codex_home: str
    cwd: str
    """Working directory of the session, absolute."""
    provider_id: str
    provider: ModelProvider
    providers: dict[str, ModelProvider]
    """Providers by id: the built-in ones and the user's, merged field by field."""
    model: ModelSettings
    approval_policy: AskForApproval
    sandbox_policy: SandboxPolicy
    sandbox: SandboxSettings = SandboxSettings()
    shell_environment: ShellEnvironmentPolicy = ShellEnvironmentPolicy()
    disable_response_storage: bool = False
    instructions: str | None = None
    """User's instructions: `developer_instructions`, `instructions`, `instructions.md`, joined."""
    base_instructions: str | None = None
    """Text of `model_instructions_file`, which replaces the built-in base prompt; None: keep it."""
    notify: tuple[str, ...] = ()
    """Program and arguments to run when a task is done; empty: none."""
    project_doc_max_bytes: int = 32 * 1024
    """Limit on all project documents (such as AGENTS.md) together; the rest is not used."""
    project_doc_fallback_filenames: tuple[str, ...] = ()
    """File names to try, in order, in a folder that has no AGENTS.md."""
    project_root_markers: tuple[str, ...] = (".git",)
    """Names of files or folders; a project's root folder contains at least one of them."""
    history: HistorySettings = HistorySettings()
    mcp_servers: dict[str, McpServer] = {}
    file_opener: FileOpener = FileOpener.VSCODE
    tui: TuiSettings = TuiSettings()
    has_plan_tool: bool = True
    """Whether the model is offered `update_plan`."""
    hide_agent_reasoning: bool = False
    show_raw_agent_reasoning: bool = False
    command_timeout_ms: int = 60_000
    """Time-out of a command for which the model asks for none."""
    max_command_timeout_ms: int = 600_000
    """Longest time-out that the model may ask for."""
    is_ephemeral: bool = False
    """Whether no session file is written."""
    warnings: tuple[str, ...] = ()
    """Warnings found while loading, such as an unknown key with the nearest known one."""
