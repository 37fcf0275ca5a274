"""Run a command without approval exactly as its words say, without start-up files.

Such a command was judged by the words of its script alone. But a login shell would first run
profile files, any bash the file that BASH_ENV names, and git the programs that a repository's
settings name, and the model may have written all of those.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from codex.base.bash import script_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FLAGS = {"bash": ("-p",), "zsh": ("-f",), "sh": ()}
"""Flags against start-up files, by shell; for bash also against functions in the environment."""

STARTERS = ("BASH_ENV", "ENV", "ZDOTDIR", "RIPGREP_CONFIG_PATH", "GIT_EXTERNAL_DIFF", "LESSOPEN")
"""Variables that make a harmless program start another one."""

GIT_SETTINGS = {
    "core.fsmonitor": "false",
    "core.hooksPath": "/dev/null",
    "core.pager": "cat",
    "log.showSignature": "false",
    "gpg.program": "false",
    "gpg.ssh.program": "false",
    "gpg.x509.program": "false",
}
"""Settings of git that override a repository's. Text conversions and filters, which they cannot
reach, still run, but cannot write: trusted commands run in a read-only sandbox."""


def unattended_argv(argv: Sequence[str]) -> tuple[str, ...]:
    """Return the same command without start-up files."""
    script = script_of(argv)
    if script is None:
        return tuple(argv)
    return (argv[0], *FLAGS[argv[0].rpartition("/")[2]], "-c", script)


def unattended_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the same environment without variables that start programs."""
    made = {name: value for name, value in environment.items() if name not in STARTERS}
    made |= {"GIT_OPTIONAL_LOCKS": "0", "GIT_NO_LAZY_FETCH": "1", "GIT_PAGER": "cat"}
    count = made.get("GIT_CONFIG_COUNT", "")
    # After the user's own settings, which git may need to open the repository at all.
    first = int(count) if count.isdecimal() and len(count) < 4 else 0
    made["GIT_CONFIG_COUNT"] = str(first + len(GIT_SETTINGS))
    for index, (key, value) in enumerate(GIT_SETTINGS.items(), start=first):
        made |= {f"GIT_CONFIG_KEY_{index}": key, f"GIT_CONFIG_VALUE_{index}": value}
    return made
