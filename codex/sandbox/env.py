"""The environment of a command: which of the user's variables it gets, and what is added."""

from __future__ import annotations

import fnmatch
from typing import TYPE_CHECKING

from codex.protocol.settings import EnvironmentInherit

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from codex.protocol.settings import ShellEnvironmentPolicy

NETWORK_DISABLED = "CODEX_SANDBOX_NETWORK_DISABLED"
"""Variable that is 1 unless the network is full; test suites then skip tests that need it."""

CORE = (
    *("HOME", "LOGNAME", "PATH", "SHELL", "USER", "USERNAME"),
    *("TMPDIR", "TEMP", "TMP"),
)
"""Variables that a command inherits when the setting `inherit` is "core"."""
SECRETS = ("*KEY*", "*SECRET*", "*TOKEN*")
INJECTED = ("LD_PRELOAD", "LD_AUDIT", "DYLD_INSERT_LIBRARIES")
"""Variables that load code into a program. Values meant for the agent must not reach commands."""
LOCAL_SERVICES = ("SSH_AUTH_SOCK", "GPG_AGENT_INFO", "DBUS_*", "XDG_RUNTIME_DIR")
"""Variables that say where the user's services listen. Without the full network a command cannot
reach the services, so it does not get the variables."""


def command_environment(
    environ: Mapping[str, str], policy: ShellEnvironmentPolicy, *, has_network: bool
) -> dict[str, str]:
    """Return the complete environment of a command.

    Inheritance, the default excludes, `exclude`, `set` and `include_only` apply in this order.

    Args: environ: the agent's own environment. has_network: whether the command has the network
        without limits; if not, it gets NETWORK_DISABLED, whatever the policy says.
    """
    variables = _inherited(environ, policy.inherit)
    if not policy.ignore_default_excludes:
        services = () if has_network else LOCAL_SERVICES
        variables = _without(variables, (*SECRETS, *INJECTED, *services))
    variables = _without(variables, policy.exclude)
    variables.update(policy.set)
    if policy.include_only:
        variables = {k: v for k, v in variables.items() if _matches(k, policy.include_only)}
    if not has_network:
        variables[NETWORK_DISABLED] = "1"
    return variables


def _inherited(environ: Mapping[str, str], inherit: EnvironmentInherit) -> dict[str, str]:
    match inherit:
        case EnvironmentInherit.ALL:
            return dict(environ)
        case EnvironmentInherit.CORE:
            return {name: value for name, value in environ.items() if name.upper() in CORE}
        case EnvironmentInherit.NONE:
            return {}


def _without(variables: dict[str, str], patterns: Iterable[str]) -> dict[str, str]:
    patterns = tuple(patterns)
    return {name: value for name, value in variables.items() if not _matches(name, patterns)}


def _matches(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatch.fnmatchcase(name.upper(), pattern.upper()) for pattern in patterns)
