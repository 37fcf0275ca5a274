"""How a command is run that nobody was asked about: as its words say, and nothing besides.

It was judged by the words of its script. A login shell would run profile files before them, an
ordinary one what BASH_ENV names, git what a repository's settings name; the model may have written
all of those.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from codex.base.bash import script_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FLAGS = {"bash": ("-p",), "zsh": ("-f",), "sh": ()}
"""No start-up files; for bash, no functions from the environment either."""

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
"""Stronger than those of a repository. What they cannot reach (text conversion, filters) runs, but
can write nothing: see the read-only sandbox of trusted commands."""


def unattended_argv(argv: Sequence[str]) -> tuple[str, ...]:
    """The same command without start-up files."""
    script = script_of(argv)
    if script is None:
        return tuple(argv)
    return (argv[0], *FLAGS[argv[0].rpartition("/")[2]], "-c", script)


def unattended_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """The same environment without what starts programs."""
    made = {name: value for name, value in environment.items() if name not in STARTERS}
    made |= {"GIT_OPTIONAL_LOCKS": "0", "GIT_NO_LAZY_FETCH": "1", "GIT_PAGER": "cat"}
    count = made.get("GIT_CONFIG_COUNT", "")
    # Behind the user's own, which may be what lets git open the repository at all.
    first = int(count) if count.isdecimal() and len(count) < 4 else 0
    made["GIT_CONFIG_COUNT"] = str(first + len(GIT_SETTINGS))
    for index, (key, value) in enumerate(GIT_SETTINGS.items(), start=first):
        made |= {f"GIT_CONFIG_KEY_{index}": key, f"GIT_CONFIG_VALUE_{index}": value}
    return made
