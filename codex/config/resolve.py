"""Make one Config from merged settings, flags and environment variables. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from codex.base.errors import ConfigError
from codex.config.keys import COUNT, GRANULAR, NON_EMPTY, PERMISSION, POSITIVE, URL
from codex.config.models import DEFAULT_MODEL, DEFAULT_OSS_MODEL, context_window
from codex.config.permissions import sandbox_policy, with_network
from codex.config.providers import (
    DEFAULT_OSS_PROVIDER,
    DEFAULT_PROVIDER,
    ProviderSettings,
    choose,
    make_providers,
)
from codex.config.schema import Source, check_leaf
from codex.config.types import Config
from codex.protocol.policy import AskForApproval, WorkspaceWrite

if TYPE_CHECKING:
    from collections.abc import Mapping

    from codex.config.overrides import Overrides
    from codex.config.schema import Leaf
    from codex.protocol.policy import SandboxPolicy
    from codex.protocol.settings import ModelProvider

ENVIRONMENT_FIELDS: tuple[tuple[str, str, Leaf], ...] = (
    ("OPENAI_REQUEST_MAX_RETRIES", "request_max_retries", COUNT),
    ("OPENAI_STREAM_MAX_RETRIES", "stream_max_retries", COUNT),
    ("OPENAI_STREAM_IDLE_TIMEOUT_MS", "stream_idle_timeout_ms", POSITIVE),
)
"""Environment variables that set a field of every provider: variable, field, shape of its value."""

PLAIN_KEYS = (
    "command_timeout_ms",
    "disable_response_storage",
    "file_opener",
    "hide_agent_reasoning",
    "history",
    "max_command_timeout_ms",
    "notify",
    "project_doc_fallback_filenames",
    "project_doc_max_bytes",
    "project_root_markers",
    "show_raw_agent_reasoning",
    "tui",
)
"""Keys whose values go to the Config field of the same name; msgspec converts them by its type."""


class ConfigInputs(msgspec.Struct, frozen=True, kw_only=True):
    """Inputs of `resolve_config` besides settings and flags: folders, environment, file texts."""

    codex_home: str
    config_file: str
    cwd: str
    """Working directory of the session: absolute and existing."""
    process: Source
    """Source of flags and environment variables; relative paths in them start at its folder."""
    environ: Mapping[str, str]
    instructions_file: str | None = None
    """Text of instructions.md; None if the file is missing."""
    base_instructions: str | None = None
    """Text of the file that `model_instructions_file` names; None if the key is not set."""


def resolve_config(settings: dict[str, Any], overrides: Overrides, inputs: ConfigInputs) -> Config:
    """Return the Config; its `warnings` are only those found here, not those of earlier steps.

    Args: settings: config.toml, profile and `-c`, checked and merged; `overrides` wins over them.
    Raises: ConfigError, if a flag or an environment variable is wrong, or settings do not fit.
    """
    warnings: list[str] = []
    providers = _providers(settings, inputs)
    provider_id = _provider_id(settings, overrides)
    fields: dict[str, Any] = {key: settings[key] for key in PLAIN_KEYS if key in settings}
    if overrides.disable_response_storage:
        fields["disable_response_storage"] = True
    fields["mcp_servers"] = _mcp_servers(settings.get("mcp_servers", {}), warnings)
    config = msgspec.convert(
        {
            **fields,
            "codex_home": inputs.codex_home,
            "cwd": inputs.cwd,
            "provider_id": provider_id,
            "provider": choose(providers, provider_id),
            "providers": providers,
            "model": _model(settings, overrides, inputs),
            "approval_policy": _approval(settings, overrides, warnings),
            "sandbox_policy": with_network(
                _sandbox(settings, overrides, inputs, warnings), settings.get("sandbox", {})
            ),
            "sandbox": _enforcement(settings, overrides),
            "shell_environment": settings.get("shell_environment_policy", {}),
            "instructions": _instructions(settings, inputs.instructions_file),
            "base_instructions": inputs.base_instructions,
            "is_ephemeral": overrides.is_ephemeral,
            "warnings": warnings,
        },
        Config,
    )
    # A maximum below the default time-out lowers the time-out too.
    timeout_ms = min(config.command_timeout_ms, config.max_command_timeout_ms)
    return msgspec.structs.replace(config, command_timeout_ms=timeout_ms)


def _providers(settings: dict[str, Any], inputs: ConfigInputs) -> dict[str, ModelProvider]:
    fields = {}
    for variable, field, leaf in ENVIRONMENT_FIELDS:
        if text := inputs.environ.get(variable, "").strip():
            number: object = int(text) if text.isascii() and text.isdigit() else text
            fields[field] = check_leaf(number, leaf, inputs.process, variable)
    base_url = inputs.environ.get("OPENAI_BASE_URL", "").strip()
    return make_providers(
        ProviderSettings(
            tables=settings.get("model_providers", {}),
            openai_base_url=settings.get("openai_base_url"),
            environment_base_url=check_leaf(base_url, URL, inputs.process, "OPENAI_BASE_URL")
            if base_url
            else None,
            environment=fields,
            has_codex_api_key=bool(inputs.environ.get("CODEX_API_KEY", "").strip()),
        ),
        inputs.config_file,
    )


def _provider_id(settings: dict[str, Any], overrides: Overrides) -> str:
    if overrides.provider is not None:
        return overrides.provider
    if overrides.is_oss:
        return str(settings.get("oss_provider", DEFAULT_OSS_PROVIDER))
    return str(settings.get("model_provider", DEFAULT_PROVIDER))


def _model(settings: dict[str, Any], overrides: Overrides, inputs: ConfigInputs) -> dict[str, Any]:
    if overrides.model is not None:
        model = check_leaf(overrides.model, NON_EMPTY, inputs.process, "--model")
    elif overrides.is_oss:
        # The model in config.toml belongs to the provider that `--oss` replaces.
        model = DEFAULT_OSS_MODEL
    else:
        default = inputs.environ.get("OPENAI_DEFAULT_MODEL", "").strip() or DEFAULT_MODEL
        model = settings.get("model", default)
    keys = {
        "reasoning_effort": "model_reasoning_effort",
        "has_reasoning": "model_supports_reasoning_summaries",
        "verbosity": "model_verbosity",
        "max_output_tokens": "model_max_output_tokens",
        "has_images": "model_supports_images",
    }
    return {
        "model": model,
        "reasoning_summary": settings.get("model_reasoning_summary", "auto"),
        "context_window": settings.get("model_context_window", context_window(model)),
        **{field: settings[key] for field, key in keys.items() if key in settings},
    }


def _approval(
    settings: dict[str, Any], overrides: Overrides, warnings: list[str]
) -> AskForApproval:
    if overrides.approval_policy is not None:
        return overrides.approval_policy
    name = settings.get("approval_policy", AskForApproval.UNTRUSTED.value)
    if name == GRANULAR:
        warnings.append(
            "approval_policy.granular: this version does not distinguish kinds of approvals;"
            ' using "on-request"'
        )
        return AskForApproval.ON_REQUEST
    return AskForApproval(name)


def _sandbox(
    settings: dict[str, Any], overrides: Overrides, inputs: ConfigInputs, warnings: list[str]
) -> SandboxPolicy:
    mode: str | None = settings.get("sandbox_mode")
    permissions: list[str] | None = settings.get("sandbox_permissions")
    if overrides.sandbox_mode is not None or overrides.sandbox_permissions is not None:
        mode = overrides.sandbox_mode
        permissions = None
        if overrides.sandbox_permissions is not None:
            permissions = [
                check_leaf(permission, PERMISSION, inputs.process, "--sandbox")
                for permission in overrides.sandbox_permissions
            ]
    policy = sandbox_policy(
        mode=mode,
        permissions=permissions,
        workspace_write=msgspec.convert(
            settings.get("sandbox_workspace_write", {}), WorkspaceWrite
        ),
    )
    added = tuple(inputs.process.absolute(root) for root in overrides.writable_roots)
    if not added or policy.can_write_everything:
        return policy
    if not policy.can_write_cwd and not policy.writable_roots:
        warnings.append(
            f"--add-dir {_list(added)}: has no effect because the sandbox is read-only;"
            " add --sandbox workspace-write"
        )
        return policy
    return msgspec.structs.replace(policy, writable_roots=(*policy.writable_roots, *added))


def _enforcement(settings: dict[str, Any], overrides: Overrides) -> dict[str, Any]:
    table = settings.get("sandbox", {})
    fields = {key: table[key] for key in ("require", "container") if key in table}
    return {**fields, "container": True} if overrides.is_container else fields


def _mcp_servers(tables: dict[str, Any], warnings: list[str]) -> dict[str, Any]:
    """Return the tables of the MCP servers that have a `command` or a `url`, by name.

    Any other table gives a warning, unless it is empty.
    Raises: ConfigError, if a table has both.
    """
    servers = {}
    for name, table in tables.items():
        if "command" in table and "url" in table:
            raise ConfigError(f"mcp_servers.{name}: expected a command or a url, got both")
        if not table:
            continue
        if "command" not in table and "url" not in table:
            warnings.append(f"mcp_servers.{name}: has no effect without a command or a url")
            continue
        server = dict(table)
        timeout_ms = server.pop("startup_timeout_ms", None)
        if timeout_ms is not None:
            server.setdefault("startup_timeout_sec", timeout_ms / 1000)
        servers[name] = server
    return servers


def _instructions(settings: dict[str, Any], instructions_file: str | None) -> str | None:
    texts = (
        settings.get("developer_instructions", ""),
        settings.get("instructions", ""),
        instructions_file or "",
    )
    return "\n\n".join(text.strip() for text in texts if text.strip()) or None


def _list(names: object) -> str:
    assert isinstance(names, (dict, tuple))
    return ", ".join(names)
