"""CommandSetting: the environment variables and the confinement that a command runs with.

The model's commands, the user's commands and those of `codex sandbox` all get theirs here, so that
`codex sandbox` shows what confines the others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from codex.sandbox.confinement import confine
from codex.sandbox.env import command_environment
from codex.sandbox.machine import enforcement_for

if TYPE_CHECKING:
    from codex.base.host import Host
    from codex.config.types import Config
    from codex.protocol.policy import SandboxPolicy
    from codex.sandbox.confinement import Confinement


class CommandSetting(NamedTuple):
    """The environment variables of one command, and what confines it."""

    environment: dict[str, str]
    confinement: Confinement


def command_setting(config: Config, host: Host, policy: SandboxPolicy) -> CommandSetting:
    """Return the setting of one command that starts now; a later command needs a new one.

    Raises: SandboxUnavailableError, when less can be enforced than the settings require.
    """
    settings = config.sandbox
    enforcement = enforcement_for(policy, require=settings.require, container=settings.container)
    environment = command_environment(
        host.environ, config.shell_environment, has_network=enforcement.has_network
    )
    confinement = confine(
        policy,
        enforcement,
        cwd=config.cwd,
        tmpdir=environment.get("TMPDIR"),
        codex_home=config.codex_home,
        home=host.home(),
    )
    return CommandSetting(environment, confinement)
