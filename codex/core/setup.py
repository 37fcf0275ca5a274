"""Setup: the settings of a session, with the objects that are made from the settings.

A setup never changes. `configure_session` makes a new one; a task or an errand uses the one that it
started with until it ends.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import msgspec

from codex.config.models import context_window
from codex.core.instructions import base_instructions
from codex.core.notify import Notifier
from codex.model.client import ModelClient

if TYPE_CHECKING:
    from collections.abc import Mapping

    from codex.base.host import Host
    from codex.config.types import Config
    from codex.protocol.ops import ConfigureSession


class Setup(msgspec.Struct, frozen=True):
    """The settings of a session, with the client, notifier and system text made from them."""

    config: Config
    host: Host
    roots: tuple[str, ...]
    """Writable folders, links not resolved; empty if everything or nothing is writable."""
    client: ModelClient
    notifier: Notifier
    user_text: str | None
    """The user's own instructions and project documents, a part of `instructions`; None: none."""
    instructions: str
    """System text, sent in full with every request."""

    @property
    def is_stored(self) -> bool:
        """Whether the model provider's server stores the conversation."""
        return self.config.provider.is_openai and not self.config.disable_response_storage

    def patch_roots(self) -> tuple[str, ...] | None:
        """Return the folders that a patch may write to; None if it may write everywhere."""
        return None if self.config.sandbox_policy.can_write_everything else self.roots

    def has_model_of(self, other: Setup) -> bool:
        """Whether both setups use the same model and the same settings of the provider."""
        mine, theirs = self.config, other.config
        return (mine.provider, mine.model.model) == (theirs.provider, theirs.model.model)

    def close(self) -> None:
        """Close the connections to the model, and reap notifier processes that have ended."""
        self.client.close()
        self.notifier.close()


def make_setup(config: Config, host: Host, user_text: str | None) -> Setup:
    """Make the setup for these settings: writable folders, client, notifier and system text.

    Args: user_text: the user's own instructions and project documents; None if there are none.
    """
    roots = config.sandbox_policy.roots(cwd=config.cwd, tmpdir=host.environ.get("TMPDIR"))
    return Setup(
        config=config,
        host=host,
        roots=roots,
        client=ModelClient(config.provider, config.model, host),
        notifier=Notifier(config.notify, config.cwd),
        user_text=user_text,
        instructions=base_instructions(config, roots=roots, user_text=user_text),
    )


def reconfigured(config: Config, op: ConfigureSession, windows: Mapping[str, int | None]) -> Config:
    """Return `config` with the settings of `op`, whose `cwd` must be absolute.

    Args: windows: context windows in tokens by model, as the provider reported them.
    """
    model = config.model
    if op.model != model.model:
        window = windows.get(op.model) or context_window(op.model)
        model = msgspec.structs.replace(model, model=op.model, context_window=window)
    return msgspec.structs.replace(
        config,
        provider=op.provider,
        model=model,
        approval_policy=op.approval_policy,
        sandbox_policy=op.sandbox_policy,
        disable_response_storage=op.disable_response_storage,
        cwd=os.path.normpath(op.cwd),
        notify=op.notify or (),
    )
