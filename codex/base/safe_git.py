"""Make command lines for the agent's own git commands, such that git runs no other program.

A repository's configuration names programs (hooks, fsmonitor, pagers, diff drivers, filters), and a
command of the model may have written it. So every git command of the agent itself, which runs
outside the sandbox, goes through `safe_git_argv` and `safe_git_environment`, except `git ls-files`
in tui/composer/file_search.py, which has its own switches. What a program outside the sandbox has
done cannot be undone. Must not run anything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SETTINGS = (
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "core.pager=cat",
    "core.sshCommand=false",
    "core.askPass=",
    "credential.helper=",
    "diff.external=",
    "diff.ignoreSubmodules=dirty",  # looking for changes in a submodule would run git there
    "log.showSignature=false",
    "protocol.allow=never",  # a partial clone would fetch missing objects
    "safe.bareRepository=explicit",
    "submodule.recurse=false",
)
"""Values of git's option `-c`, which overrides every configuration file."""
WITH_DIFFS = frozenset({"diff", "log", "show"})
"""The git commands that get `DIFF_FLAGS`."""
DIFF_FLAGS = ("--no-ext-diff", "--no-textconv")

FILTERS_QUERY = ("config", "--name-only", "--get-regexp", r"^filter\..*\.(clean|smudge|process)$")
"""Arguments of `safe_git_argv` for the command whose output `filters_of` reads."""

ENVIRONMENT = {
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
}
"""Environment variables that `safe_git_environment` sets."""
RUN_BY_GIT = frozenset(
    {
        *("GIT_EXTERNAL_DIFF", "GIT_DIFF_OPTS", "GIT_PAGER", "PAGER", "GIT_EDITOR"),
        *("GIT_SEQUENCE_EDITOR", "GIT_ASKPASS", "SSH_ASKPASS", "GIT_SSH", "GIT_SSH_COMMAND"),
        *("GIT_PROXY_COMMAND", "GIT_CONFIG", "GIT_CONFIG_PARAMETERS", "GIT_CONFIG_COUNT"),
    }
)
"""Environment variables to remove: they name programs, or would override `SETTINGS`."""


def safe_git_argv(arguments: Sequence[str], *, filters: Sequence[str] = ()) -> tuple[str, ...]:
    """Return a git command line that runs no hook and no program named in a configuration.

    Args:
        arguments: the git command and its arguments, such as `("diff", "--", "a.c")`.
        filters: the names of the configured filter drivers, from `filters_of`: git would run them
            to compare a file, and no single switch turns all of them off.
    """
    off = [f"filter.{name}.{key}" for name in filters for key in ("clean=", "smudge=", "process=")]
    off += [f"filter.{name}.required=false" for name in filters]
    settings = [word for setting in (*SETTINGS, *off) for word in ("-c", setting)]
    command, *rest = arguments
    flags = DIFF_FLAGS if command in WITH_DIFFS else ()
    return ("git", "--no-pager", *settings, command, *flags, *rest)


def safe_git_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Return `environ` without `RUN_BY_GIT` and with `ENVIRONMENT`, for a `safe_git_argv`."""
    kept = {name: value for name, value in environ.items() if name not in RUN_BY_GIT}
    return {**kept, **ENVIRONMENT}


def filters_of(output: str) -> tuple[str, ...]:
    """Return the names of the filter drivers in the output of `FILTERS_QUERY`."""
    names = (line.partition(".")[2].rpartition(".")[0] for line in output.splitlines())
    return tuple(dict.fromkeys(name for name in names if name))
