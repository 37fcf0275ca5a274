"""The model providers: the built-in ones, overridden field by field by the user's tables. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from codex.base.errors import ConfigError
from codex.config.merge import merge
from codex.protocol.settings import ModelProvider, is_openai_url

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT_PROVIDER = "openai"
DEFAULT_OSS_PROVIDER = "ollama"


def _chat(name: str, base_url: str, env_key: str | None = None) -> dict[str, Any]:
    return {"name": name, "base_url": base_url, "wire_api": "chat", "env_key": env_key}


BUILT_IN: dict[str, dict[str, Any]] = {
    "openai": {
        "name": "OpenAI",
        "base_url": "https://api.openai.com/v1",
        "env_key": "OPENAI_API_KEY",
        "env_key_instructions": (
            "Create an API key (https://platform.openai.com) and export it as an environment"
            " variable."
        ),
        "env_http_headers": {
            "OpenAI-Organization": "OPENAI_ORGANIZATION",
            "OpenAI-Project": "OPENAI_PROJECT",
        },
    },
    "openrouter": _chat("OpenRouter", "https://openrouter.ai/api/v1", "OPENROUTER_API_KEY"),
    "gemini": _chat(
        "Gemini", "https://generativelanguage.googleapis.com/v1beta/openai", "GEMINI_API_KEY"
    ),
    "ollama": _chat("Ollama", "http://localhost:11434/v1"),
    "lmstudio": _chat("LM Studio", "http://localhost:1234/v1"),
    "mistral": _chat("Mistral", "https://api.mistral.ai/v1", "MISTRAL_API_KEY"),
    "deepseek": _chat("DeepSeek", "https://api.deepseek.com", "DEEPSEEK_API_KEY"),
    "xai": _chat("xAI", "https://api.x.ai/v1", "XAI_API_KEY"),
    "groq": _chat("Groq", "https://api.groq.com/openai/v1", "GROQ_API_KEY"),
}


class ProviderSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Settings that affect the providers, from every source except BUILT_IN."""

    tables: dict[str, dict[str, Any]] = {}
    """The user's tables `[model_providers.ID]`, checked, by id."""
    openai_base_url: str | None = None
    """Value of the key `openai_base_url`; wins over `base_url` in the user's table of `openai`."""
    environment_base_url: str | None = None
    """Value of OPENAI_BASE_URL; wins only over the built-in `base_url` of `openai`."""
    environment: dict[str, Any] = {}
    """Fields of every provider from environment variables; a field in `tables` wins over them."""
    has_codex_api_key: bool = False
    """Whether the variable CODEX_API_KEY is set; then the built-in `openai` reads its key there."""


def make_providers(settings: ProviderSettings, source: str) -> dict[str, ModelProvider]:
    """Return every provider by id, the built-in ones and the user's.

    Args: source: path of config.toml, for the error message.
    Raises: ConfigError, if a provider has no `base_url`.
    """
    built_in = _built_in(settings)
    tables = {
        name: merge(built_in.get(name, {"name": name}), merge(settings.environment, user))
        for name, user in {**{name: {} for name in built_in}, **settings.tables}.items()
    }
    if settings.openai_base_url is not None:
        tables["openai"]["base_url"] = settings.openai_base_url
    if "ollama-chat" not in tables:
        # A name of late 2025, when "ollama" meant the Responses API.
        tables["ollama-chat"] = {**tables["ollama"], "wire_api": "chat"}
    return {name: _provider(name, table, source) for name, table in tables.items()}


def _built_in(settings: ProviderSettings) -> dict[str, dict[str, Any]]:
    openai = dict(BUILT_IN["openai"])
    if settings.environment_base_url is not None:
        openai["base_url"] = settings.environment_base_url
    if settings.has_codex_api_key:
        openai["env_key"] = "CODEX_API_KEY"
    return {**BUILT_IN, "openai": openai}


def _provider(name: str, table: dict[str, Any], source: str) -> ModelProvider:
    if "base_url" not in table:
        raise ConfigError(
            f"{source}: model_providers.{name}.base_url: expected an http or https URL, got nothing"
        )
    table = dict(table)
    if table.pop("requires_openai_auth", False) and table.get("env_key") is None:
        table["env_key"] = BUILT_IN["openai"]["env_key"]
    table["is_openai"] = is_openai_url(table["base_url"])
    return msgspec.convert(table, ModelProvider)


def choose(providers: Mapping[str, ModelProvider], name: str) -> ModelProvider:
    """Return the provider with the id `name`. Raises: ConfigError, if none has it."""
    provider = providers.get(name)
    if provider is None:
        raise ConfigError(
            f'model provider "{name}" not found',
            advice=f"Known providers: {', '.join(sorted(providers))}."
            " Define others in config.toml under [model_providers.NAME].",
        )
    return provider
