"""Rewrite a command that runs without approval, so that nothing runs but what its words say.

The command was judged by the words of its script alone. But a login shell would first run profile
files, any bash would run the file that BASH_ENV names, and git the programs that a repository's
settings name. The model may have written all of those.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from codex.base.bash import script_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FLAGS = {"bash": ("-p",), "zsh": ("-f",), "sh": ()}
"""Flags that turn off start-up files, by shell; for bash also functions in the environment."""

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
"""Settings of git that override a repository's. They cannot turn off its text conversions and
filters, but those cannot write: trusted commands run in a read-only sandbox."""


def unattended_argv(argv: Sequence[str]) -> tuple[str, ...]:
    """Return the argv that runs the same command without start-up files of a shell.

    Only the argv of a shell and a script is changed.
    """
    script = script_of(argv)
    if script is None:
        return tuple(argv)
    return (argv[0], *FLAGS[argv[0].rpartition("/")[2]], "-c", script)


def unattended_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment without variables that start programs, and with GIT_SETTINGS."""
    made = {name: value for name, value in environment.items() if name not in STARTERS}
    made |= {"GIT_OPTIONAL_LOCKS": "0", "GIT_NO_LAZY_FETCH": "1", "GIT_PAGER": "cat"}
    count = made.get("GIT_CONFIG_COUNT", "")
    # The user's own settings stay, before these: git may need them to open the repository at all.
    first = int(count) if count.isdecimal() and len(count) < 4 else 0
    made["GIT_CONFIG_COUNT"] = str(first + len(GIT_SETTINGS))
    for index, (key, value) in enumerate(GIT_SETTINGS.items(), start=first):
        made |= {f"GIT_CONFIG_KEY_{index}": key, f"GIT_CONFIG_VALUE_{index}": value}
    return made
