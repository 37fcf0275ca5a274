"""Config: every setting of one run, resolved; what load.py makes and everything above reads."""

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
    """Beyond it the oldest messages go; None and 0 keep them all."""
    sensitive_patterns: tuple[str, ...] | None = None
    """Regular expressions: what they find in is not kept. None is the built-in ones."""


NO_HISTORY = HistorySettings(persistence=HistoryPersistence.NONE)
"""For front ends in which nobody looks anything up."""


class SandboxSettings(msgspec.Struct, frozen=True, kw_only=True):
    """`[sandbox]`: how the sandbox policy is enforced; its network keys are in the policy."""

    require: Literal["full", "best-effort"] = "best-effort"
    """What to do where a layer is not to be had: refuse to run commands, or say so once."""
    container: bool = False
    """The container around us is the sandbox, nothing else is enforced."""


class TuiSettings(msgspec.Struct, frozen=True, kw_only=True):
    """`[tui]`."""

    notifications: bool | tuple[str, ...] = True
    """All, none, or those of these kinds."""
    notification_method: str = "auto"
    """`osc9`, `bel`, or what the terminal is known to show."""
    notification_condition: str = "unfocused"
    """Or `always`."""
    alternate_screen: str = "auto"
    """`never` keeps the conversation in the terminal's own scrollback."""


class Config(msgspec.Struct, frozen=True, kw_only=True):
    """The settings of one run, after flags, `-c`, profile, file and defaults were merged."""

    codex_home: str
    cwd: str
    """Absolute; the session's working directory."""
    provider_id: str
    provider: ModelProvider
    providers: dict[str, ModelProvider]
    """Built-in ones and the user's, merged field by field."""
    model: ModelSettings
    approval_policy: AskForApproval
    sandbox_policy: SandboxPolicy
    sandbox: SandboxSettings = SandboxSettings()
    shell_environment: ShellEnvironmentPolicy = ShellEnvironmentPolicy()
    disable_response_storage: bool = False
    instructions: str | None = None
    """The user's own: the `instructions` key, then `instructions.md`."""
    base_instructions: str | None = None
    """Replaces the built-in base prompt (`model_instructions_file`)."""
    notify: tuple[str, ...] = ()
    """A program and its arguments; empty is off."""
    project_doc_max_bytes: int = 32 * 1024
    project_doc_fallback_filenames: tuple[str, ...] = ()
    """Tried in a folder that has no AGENTS.md."""
    project_root_markers: tuple[str, ...] = (".git",)
    """What a project's root folder holds one of."""
    history: HistorySettings = HistorySettings()
    mcp_servers: dict[str, McpServer] = {}
    file_opener: FileOpener = FileOpener.VSCODE
    tui: TuiSettings = TuiSettings()
    has_plan_tool: bool = True
    """Whether the model is given `update_plan`."""
    hide_agent_reasoning: bool = False
    show_raw_agent_reasoning: bool = False
    command_timeout_ms: int = 60_000
    """A command's time-out when the model asks for none."""
    max_command_timeout_ms: int = 600_000
    """The longest time-out the model may ask for."""
    is_ephemeral: bool = False
    """No session file is written."""
    warnings: tuple[str, ...] = ()
    """What loading found odd: unknown keys with the nearest valid one, and the like."""
