"""The shape of config.toml: every key of Codex of May 2025 and of today, as data.

A new key is one line here, an entry in docs/config-keys.toml and, unless it is `Unused`, a field of
Config or of the struct of its table, in `types.py` or protocol/settings.py: a key without a field
has silently no effect. `resolve.py` fills the top level of Config. The key of a feature that this
version lacks is `Unused`: it is accepted and has no effect, so that a configuration written for
another version loads. If the user would miss the feature, `wish` names it, and setting the key
gives a warning.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from codex.config.permissions import FOLDER_PREFIX, PERMISSION_FORMS, is_permission
from codex.config.schema import Items, KeyTable, Leaf, Named, Unused
from codex.protocol.policy import APPROVAL_NAMES, SANDBOX_MODES
from codex.protocol.settings import (
    EnvironmentInherit,
    FileOpener,
    ReasoningEffort,
    ReasoningSummary,
    ToolApproval,
    WireApi,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from codex.config.schema import Node, Source

NETWORKS = ("none", "ports", "full")
"""Values of `sandbox.network`; `ports` allows only those in `connect_ports` and `bind_ports`."""

GRANULAR = "granular"
"""Value that `approval_policy = { granular = {...} }` becomes when it is checked."""


def _names(names: Iterable[str]) -> str:
    return "one of " + ", ".join(f'"{name}"' for name in names)


def _one_of(names: Iterable[str]) -> Leaf:
    allowed = tuple(names)
    return Leaf(_names(allowed), (str,), lambda value, _: value if value in allowed else None)


def _at_least(minimum: int) -> Leaf:
    return Leaf(
        f"an integer from {minimum} up",
        (int,),
        lambda value, _: value if minimum <= value < 2**63 else None,
    )


def _read_path(value: str, source: Source) -> str | None:
    return source.absolute(value) if value and "\0" not in value else None


def _read_url(value: str, _: Source) -> str | None:
    scheme, separator, rest = value.partition("://")
    if not separator or scheme.lower() not in ("http", "https") or rest.strip("/") == "":
        return None
    return value.rstrip("/")


def _read_pattern(value: str, _: Source) -> str | None:
    import warnings

    try:
        with warnings.catch_warnings():
            # Python warns of nested sets, whose meaning later versions may change.
            warnings.simplefilter("ignore", FutureWarning)
            re.compile(value)
    except (re.error, OverflowError, RecursionError):
        return None
    return value


def _read_permission(value: str, source: Source) -> str | None:
    if not is_permission(value):
        return None
    if value.startswith(FOLDER_PREFIX):
        return FOLDER_PREFIX + source.absolute(value[len(FOLDER_PREFIX) :])
    return value


def _read_approval(value: object, _: Source) -> str | None:
    if isinstance(value, dict):
        return GRANULAR if GRANULAR in value else None
    policy = APPROVAL_NAMES.get(str(value))
    return None if policy is None else policy.value


def _read_notifications(value: object, _: Source) -> object:
    is_list = isinstance(value, list) and all(isinstance(item, str) for item in value)
    return value if isinstance(value, bool) or is_list else None


TEXT = Leaf("a string", (str,))
NON_EMPTY = Leaf("a string that is not empty", (str,), lambda value, _: value.strip() or None)
FLAG = Leaf("true or false", (bool,))
COUNT = _at_least(0)
PORT = Leaf(
    "a TCP port from 1 to 65535",
    (int,),
    lambda value, _: value if 0 < value < 2**16 else None,
)
POSITIVE = _at_least(1)
SECONDS = Leaf(
    "a number of seconds above 0, at most 86400",
    (int, float),
    lambda value, _: float(value) if 0 < value <= 86_400 else None,
)
MILLISECONDS = Leaf(
    "an integer from 1 to 86400000",
    (int,),
    lambda value, _: value if 0 < value <= 86_400_000 else None,
)
_PATH = Leaf("a path", (str,), _read_path)
URL = Leaf("an http or https URL", (str,), _read_url)
PERMISSION = Leaf(_names(PERMISSION_FORMS), (str,), _read_permission)
SANDBOX_MODE = _one_of(SANDBOX_MODES)
_APPROVAL = Leaf(_names(APPROVAL_NAMES), (str, dict), _read_approval)
PATTERN = Leaf("a regular expression", (str,), _read_pattern)
_TEXTS = Items(TEXT)
TEXT_TABLE = Named(TEXT)
IGNORED = Unused()

PROVIDER = KeyTable(
    {
        "name": NON_EMPTY,
        "base_url": URL,
        "wire_api": _one_of(api.value for api in WireApi),
        "env_key": NON_EMPTY,
        "env_key_instructions": TEXT,
        "experimental_bearer_token": TEXT,
        "query_params": TEXT_TABLE,
        "http_headers": TEXT_TABLE,
        "env_http_headers": TEXT_TABLE,
        "request_max_retries": COUNT,
        "stream_max_retries": COUNT,
        "connect_timeout_ms": POSITIVE,
        "header_timeout_ms": POSITIVE,
        "stream_idle_timeout_ms": POSITIVE,
        "ca_certificate": _PATH,
        "client_certificate": _PATH,
        "client_key": _PATH,
        "requires_openai_auth": FLAG,
        "auth": Unused("get a token from a command"),
        "aws": Unused("sign requests for AWS"),
        "supports_websockets": IGNORED,
        "supports_standalone_web_search": IGNORED,
        "websocket_connect_timeout_ms": IGNORED,
    }
)

TOOL_APPROVAL = _one_of(mode.value for mode in ToolApproval)

_MCP_SERVER = KeyTable(
    {
        "command": NON_EMPTY,
        "args": _TEXTS,
        "env": TEXT_TABLE,
        "env_vars": Items(NON_EMPTY),
        "cwd": _PATH,
        "url": URL,
        "bearer_token_env_var": NON_EMPTY,
        "http_headers": TEXT_TABLE,
        "env_http_headers": TEXT_TABLE,
        "enabled": FLAG,
        "required": FLAG,
        "enabled_tools": Items(NON_EMPTY),
        "disabled_tools": Items(NON_EMPTY),
        "startup_timeout_sec": SECONDS,
        "startup_timeout_ms": MILLISECONDS,
        "tool_timeout_sec": SECONDS,
        "default_tools_approval_mode": TOOL_APPROVAL,
        "tools": Named(KeyTable({"approval_mode": TOOL_APPROVAL})),
        "oauth": Unused("log in to MCP servers; use bearer_token_env_var"),
        "oauth_resource": IGNORED,
        "scopes": IGNORED,
        "supports_parallel_tool_calls": IGNORED,
    }
)

TOOLS = KeyTable(
    {
        "web_search": Unused("search the web", (False,)),
        "web_search_request": Unused("search the web", (False,)),
        "view_image": Unused("turn off single tools", (True,)),
        "update_plan": Unused("turn off single tools", (True, {"enabled": True}, {})),
        "experimental_request_user_input": IGNORED,
    }
)

_TUI = KeyTable(
    {
        "notifications": Leaf(
            "true, false or an array of strings",
            (bool, list),
            _read_notifications,
        ),
        "notification_method": _one_of(("auto", "osc9", "bel")),
        "notification_condition": _one_of(("unfocused", "always")),
        "alternate_screen": _one_of(("auto", "always", "never")),
        **dict.fromkeys(
            (
                "animations",
                "disable_mouse_capture",
                "keymap",
                "raw_output_mode",
                "resume_cwd",
                "scroll_events_per_tick",
                "scroll_mode",
                "session_picker_view",
                "show_tooltips",
                "status_line",
                "status_line_use_colors",
                "terminal_title",
                "theme",
                "vim_mode_default",
            ),
            IGNORED,
        ),
    }
)

USED: dict[str, Node] = {
    "model": NON_EMPTY,
    "model_provider": NON_EMPTY,
    "oss_provider": NON_EMPTY,
    "openai_base_url": URL,
    "model_reasoning_effort": _one_of(effort.value for effort in ReasoningEffort),
    "model_reasoning_summary": _one_of(summary.value for summary in ReasoningSummary),
    "model_supports_reasoning_summaries": FLAG,
    "model_supports_images": FLAG,
    "model_verbosity": _one_of(("low", "medium", "high")),
    "model_context_window": POSITIVE,
    "model_max_output_tokens": POSITIVE,
    "model_instructions_file": _PATH,
    "instructions": TEXT,
    "developer_instructions": TEXT,
    "approval_policy": _APPROVAL,
    "sandbox_permissions": Items(PERMISSION),
    "sandbox_mode": SANDBOX_MODE,
    "sandbox": KeyTable(
        {
            "require": _one_of(("full", "best-effort")),
            "container": FLAG,
            "network": _one_of(NETWORKS),
            "connect_ports": Items(PORT),
            "bind_ports": Items(PORT),
        }
    ),
    "sandbox_workspace_write": KeyTable(
        {
            "writable_roots": Items(_PATH),
            "network_access": FLAG,
            "exclude_tmpdir_env_var": FLAG,
            "exclude_slash_tmp": FLAG,
        }
    ),
    "shell_environment_policy": KeyTable(
        {
            "inherit": _one_of(inherit.value for inherit in EnvironmentInherit),
            "ignore_default_excludes": FLAG,
            "exclude": _TEXTS,
            "include_only": _TEXTS,
            "set": TEXT_TABLE,
            "filters": Unused("apply these filters to the environment", ({}, [])),
            "experimental_use_profile": Unused("run a login shell's profile", (False,)),
        }
    ),
    "disable_response_storage": FLAG,
    "command_timeout_ms": POSITIVE,
    "max_command_timeout_ms": POSITIVE,
    "project_doc_max_bytes": COUNT,
    "project_doc_fallback_filenames": Items(NON_EMPTY),
    "project_root_markers": Items(NON_EMPTY),
    "hide_agent_reasoning": FLAG,
    "show_raw_agent_reasoning": FLAG,
    "history": KeyTable(
        {
            "persistence": _one_of(("save-all", "none")),
            "max_bytes": COUNT,
            "sensitive_patterns": Items(PATTERN),
        }
    ),
    "notify": _TEXTS,
    "file_opener": _one_of(opener.value for opener in FileOpener),
    "tui": _TUI,
    "mcp_servers": Named(_MCP_SERVER),
    "model_providers": Named(PROVIDER),
}

UNUSED: dict[str, Node] = {
    "agents": Unused("run sub-agents"),
    "approvals_reviewer": Unused("let a model approve in your place", ("user",)),
    "auto_review": Unused("let a model approve in your place"),
    "compact_prompt": Unused("summarise long conversations"),
    "default_permissions": Unused("support permission profiles; use sandbox_mode"),
    "experimental_compact_prompt_file": Unused("summarise long conversations"),
    "goals": Unused("keep goals"),
    "hooks": Unused("run hooks"),
    "memories": Unused("keep memories"),
    "model_auto_compact_token_limit": Unused("summarise long conversations"),
    "model_catalog_json": Unused("read model catalogues; use model_context_window"),
    "permissions": Unused("support permission profiles; use sandbox_mode"),
    "service_tier": Unused("choose a service tier"),
    "skills": Unused("load skills"),
    "tool_output_token_limit": Unused("change how much of a command's output the model sees"),
    "tools": TOOLS,
    "web_search": Unused("search the web", ("disabled",)),
    **dict.fromkeys(
        (
            "allow_login_shell",
            "analytics",
            "background_terminal_max_timeout",
            "chatgpt_base_url",
            "check_for_update_on_startup",
            "cli_auth_credentials_store",
            "commit_attribution",
            "disable_paste_burst",
            "experimental_resume",
            "experimental_use_exec_command_tool",
            "experimental_use_freeform_apply_patch",
            "experimental_use_rmcp_client",
            "experimental_use_unified_exec_tool",
            "features",
            "feedback",
            "forced_chatgpt_workspace_id",
            "forced_login_method",
            "include_apps_instructions",
            "include_collaboration_mode_instructions",
            "include_environment_context",
            "include_permissions_instructions",
            "log_dir",
            "mcp_oauth_callback_port",
            "mcp_oauth_callback_url",
            "mcp_oauth_credentials_store",
            "model_auto_compact_token_limit_scope",
            "model_reasoning_summary_format",
            "notice",
            "otel",
            "personality",
            "plan_mode_reasoning_effort",
            "preferred_auth_method",
            "projects",
            "review_model",
            "sqlite_home",
            "suppress_unstable_features_warning",
            "windows",
        ),
        IGNORED,
    ),
}

KEY_ALIASES = {"experimental_instructions_file": "model_instructions_file"}

PROFILE = KeyTable({**USED, **UNUSED}, KEY_ALIASES)
"""Shape of a profile: every key of config.toml except `profile` and `profiles`."""

CONFIG = KeyTable({**PROFILE.keys, "profile": NON_EMPTY, "profiles": Named(PROFILE)}, KEY_ALIASES)
"""Shape of config.toml, and of the table that the `-c` flags set."""
