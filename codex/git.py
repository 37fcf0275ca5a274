"""Git as the agent itself needs it: is this a repository, and command lines that run nothing else.

A repository's configuration names programs (hooks, fsmonitor, pagers, diff drivers, filters), and a
command of the model may have written it. So whatever the agent runs itself goes through
`safe_git_argv` and `safe_git_environment`. Runs nothing.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, NamedTuple

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
    "diff.ignoreSubmodules=dirty",  # looking for changes in one would run git there
    "log.showSignature=false",
    "protocol.allow=never",  # of a partial clone, what is missing would be fetched
    "safe.bareRepository=explicit",
    "submodule.recurse=false",
)
"""What the command line says, no configuration file can say otherwise."""
WITH_DIFFS = frozenset({"diff", "log", "show"})
DIFF_FLAGS = ("--no-ext-diff", "--no-textconv")

FILTERS_QUERY = ("config", "--name-only", "--get-regexp", r"^filter\..*\.(clean|smudge|process)$")
"""The git command whose output `filters_of` reads."""

ENVIRONMENT = {
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
}
RUN_BY_GIT = frozenset(
    {
        *("GIT_EXTERNAL_DIFF", "GIT_DIFF_OPTS", "GIT_PAGER", "PAGER", "GIT_EDITOR"),
        *("GIT_SEQUENCE_EDITOR", "GIT_ASKPASS", "SSH_ASKPASS", "GIT_SSH", "GIT_SSH_COMMAND"),
        *("GIT_PROXY_COMMAND", "GIT_CONFIG", "GIT_CONFIG_PARAMETERS", "GIT_CONFIG_COUNT"),
    }
)
"""Variables that name programs, or settings that would win over ours."""

_MAX_BYTES = 1024 * 1024
"""Of one file: more is nothing that these questions need."""
_REMOTE = re.compile(r'\[remote "origin"\]')
_URL = re.compile(r"\s*url\s*=\s*(\S+)")
_USER = re.compile(r"(?<=://)[^/@]*@")


class GitState(NamedTuple):
    """Where a repository stands."""

    commit_hash: str | None
    """None before the first commit."""
    branch: str | None
    """None where HEAD is detached."""
    repository_url: str | None
    """Of the remote `origin`, without a user and password."""


def repository_root(directory: str) -> str | None:
    """The nearest directory at or above `directory` (absolute) that holds `.git` of any kind."""
    current = directory
    while True:
        if os.path.lexists(os.path.join(current, ".git")):
            return current
        parent = os.path.dirname(current)
        if parent == current:
            return None
        current = parent


def safe_git_argv(arguments: Sequence[str], *, filters: Sequence[str] = ()) -> tuple[str, ...]:
    """The command line of a git that runs no hook and no program of a configuration.

    Args:
        arguments: the git command and its arguments, such as `("diff", "--", "a.c")`.
        filters: the names of the filter drivers that are configured, see `filters_of`: git runs
            those to compare a file, and there is no one switch against them.
    """
    off = [f"filter.{name}.{key}" for name in filters for key in ("clean=", "smudge=", "process=")]
    off += [f"filter.{name}.required=false" for name in filters]
    settings = [word for setting in (*SETTINGS, *off) for word in ("-c", setting)]
    command, *rest = arguments
    flags = DIFF_FLAGS if command in WITH_DIFFS else ()
    return ("git", "--no-pager", *settings, command, *flags, *rest)


def safe_git_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment for such a git: without variables that name programs, asking nothing."""
    kept = {name: value for name, value in environ.items() if name not in RUN_BY_GIT}
    return {**kept, **ENVIRONMENT}


def filters_of(output: str) -> tuple[str, ...]:
    """The names of filter drivers in the output of `FILTERS_QUERY`."""
    names = (line.partition(".")[2].rpartition(".")[0] for line in output.splitlines())
    return tuple(dict.fromkeys(name for name in names if name))


def state(directory: str) -> GitState | None:
    """The state of the repository around `directory`; None where there is none to be read."""
    root = repository_root(directory)
    if root is None:
        return None
    folder = _git_folder(os.path.join(root, ".git"))
    head = _read(os.path.join(folder, "HEAD")).strip()
    if not head:
        return None
    # A linked worktree keeps its HEAD, and shares the rest with the main one.
    common = os.path.join(folder, _read(os.path.join(folder, "commondir")).strip())
    reference = head.removeprefix("ref:").strip() if head.startswith("ref:") else None
    commit = head if reference is None else _commit_of(folder, common, reference)
    branch = reference.removeprefix("refs/heads/") if reference is not None else None
    return GitState(commit, branch, _origin(os.path.join(common, "config")))


def _git_folder(path: str) -> str:
    """The folder itself, or the one that a worktree's or a submodule's file names."""
    if os.path.isdir(path):
        return path
    named = _read(path).strip().removeprefix("gitdir:").strip()
    return os.path.normpath(os.path.join(os.path.dirname(path), named))


def _commit_of(folder: str, common: str, reference: str) -> str | None:
    for place in (folder, common):
        if commit := _read(os.path.join(place, reference)).strip():
            return commit
    for line in _read(os.path.join(common, "packed-refs")).splitlines():
        commit, _, name = line.partition(" ")
        if name == reference:
            return commit
    return None


def _origin(path: str) -> str | None:
    is_origin = False
    for line in _read(path).splitlines():
        if line.lstrip().startswith("["):
            is_origin = _REMOTE.match(line.strip()) is not None
        elif is_origin and (match := _URL.match(line)):
            return _USER.sub("", match[1])
    return None


def _read(path: str) -> str:
    """A small text file; empty where there is none."""
    try:
        with open(path, "rb") as file:
            return file.read(_MAX_BYTES).decode("utf-8", "replace")
    except OSError:
        return ""
