"""Config: every resolved setting of one run. load.py makes it; the packages above read it.

Values that cross a file or wire are `msgspec.Struct`s, here and elsewhere: such a class costs a
tenth of a frozen dataclass at start, and decoding errors name the path. Paths are `str`, since
importing `pathlib` costs 7 ms.
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
    """`[history]`."""

    persistence: HistoryPersistence = HistoryPersistence.SAVE_ALL
    max_bytes: int | None = None
    """Size beyond which the oldest messages are dropped; None and 0 keep all."""
    sensitive_patterns: tuple[str, ...] | None = None
    """Regular expressions for messages that are not kept; None means the built-in ones."""


NO_HISTORY = HistorySettings(persistence=HistoryPersistence.NONE)
"""Settings for front ends that cannot look up old messages."""


class SandboxSettings(msgspec.Struct, frozen=True, kw_only=True):
    """`[sandbox]`: enforcement of the sandbox policy; the network keys are part of the policy."""

    require: Literal["full", "best-effort"] = "best-effort"
    """Reaction to an unavailable part of the sandbox: refuse to run commands, or warn once."""
    container: bool = False
    """Whether the container around codex is the sandbox, so that nothing else is enforced."""


class TuiSettings(msgspec.Struct, frozen=True, kw_only=True):
    """`[tui]`."""

    notifications: bool | tuple[str, ...] = True
    """True for all, False for none, or the kinds to show."""
    notification_method: str = "auto"
    """`osc9`, `bel`, or `auto` for what the terminal is known to support."""
    notification_condition: str = "unfocused"
    """`unfocused` or `always`."""
    alternate_screen: str = "auto"
    """`auto`, `always` or `never`; `never` keeps the conversation in the terminal's scrollback."""


class Config(msgspec.Struct, frozen=True, kw_only=True):
    """The settings of one run: flags, `-c`, profile, file and defaults merged."""

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
    """The user's own instructions: the two keys, then `instructions.md`."""
    base_instructions: str | None = None
    """Replacement for the built-in base prompt (`model_instructions_file`)."""
    notify: tuple[str, ...] = ()
    """Program and arguments to run on notable events; empty turns notifications off."""
    project_doc_max_bytes: int = 32 * 1024
    project_doc_fallback_filenames: tuple[str, ...] = ()
    """File names that are tried in a folder without an AGENTS.md."""
    project_root_markers: tuple[str, ...] = (".git",)
    """Names of which the root folder of a project holds one."""
    history: HistorySettings = HistorySettings()
    mcp_servers: dict[str, McpServer] = {}
    file_opener: FileOpener = FileOpener.VSCODE
    tui: TuiSettings = TuiSettings()
    has_plan_tool: bool = True
    """Whether the model is offered `update_plan`."""
    hide_agent_reasoning: bool = False
    show_raw_agent_reasoning: bool = False
    command_timeout_ms: int = 60_000
    """Time-out of a command for which the model does not name one."""
    max_command_timeout_ms: int = 600_000
    """Longest time-out that the model may ask for."""
    is_ephemeral: bool = False
    """Whether the session leaves no file."""
    warnings: tuple[str, ...] = ()
    """Warnings from loading, such as unknown keys with the nearest valid one."""
