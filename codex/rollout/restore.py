"""Restore the settings of an old conversation: its working directory, model and provider.

The command line wins. Approval policy and sandbox must never come from the session's file: they are
what the user has configured now.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import msgspec

from codex.base.errors import CodexError
from codex.config.load import load_config
from codex.protocol.settings import ReasoningEffort

if TYPE_CHECKING:
    from codex.base.host import Host
    from codex.config.overrides import Overrides
    from codex.config.types import Config
    from codex.rollout.resume import Resumed

MODEL_KEYS = frozenset({"model", "model_provider", "oss_provider", "profile"})
"""Keys of config.toml: if `-c` sets one of them, the session's own model is not restored."""
EFFORT_KEY = "model_reasoning_effort"


def restored_config(host: Host, overrides: Overrides, resumed: Resumed) -> Config:
    """Return the configuration with the working directory, model, provider and effort of a session.

    What the command line sets is kept; if it chooses any model, provider or profile, only the
    working directory is restored. If the session's provider is no longer configured, the configured
    model stays, and `warnings` says so.

    Raises: CodexError, if its working directory is gone and the command line names no other.
        ConfigError, as `load_config` does.
    """
    overrides = msgspec.structs.replace(overrides, cwd=_cwd(overrides, resumed))
    config = load_config(host, overrides)
    keys = {assignment.partition("=")[0].strip() for assignment in overrides.config}
    named = (overrides.model, overrides.provider, overrides.profile)
    if any(named) or overrides.is_oss or keys & MODEL_KEYS or resumed.model is None:
        return config
    provider_id = resumed.provider_id or config.provider_id
    if provider_id not in config.providers:
        warning = (
            f"the session's model provider '{provider_id}' is not configured; "
            f"continuing with '{config.model.model}' of '{config.provider_id}'"
        )
        return msgspec.structs.replace(config, warnings=(*config.warnings, warning))
    assignments = overrides.config
    is_effort = resumed.reasoning_effort in [effort.value for effort in ReasoningEffort]
    if is_effort and EFFORT_KEY not in keys:
        assignments = (f'{EFFORT_KEY}="{resumed.reasoning_effort}"', *assignments)
    return load_config(
        host,
        msgspec.structs.replace(
            overrides, model=resumed.model, provider=provider_id, config=assignments
        ),
    )


def _cwd(overrides: Overrides, resumed: Resumed) -> str | None:
    if overrides.cwd is not None or resumed.cwd is None:
        return overrides.cwd
    if not os.path.isdir(resumed.cwd):
        raise CodexError(
            f"cannot resume the session in '{resumed.cwd}': the folder is gone",
            advice="To continue in another folder, add -C DIR.",
        )
    return resumed.cwd
