"""The state of a Git repository, read from its own files. Runs nothing."""

from __future__ import annotations

import os
import re
from typing import NamedTuple

_MAX_BYTES = 1024 * 1024
"""Largest number of bytes read from a file; what is looked for comes early."""
_REMOTE = re.compile(r'\[remote "origin"\]')
_URL = re.compile(r"\s*url\s*=\s*(\S+)")
_USER = re.compile(r"(?<=://)[^/@]*@")


class GitState(NamedTuple):
    """Commit, branch and remote of a repository."""

    commit_hash: str | None
    """None before the first commit, and if the commit of the branch cannot be found."""
    branch: str | None
    """None when HEAD is detached."""
    repository_url: str | None
    """URL of the remote `origin`, without `user:password@` after `://`; None if not configured."""


def repository_root(directory: str) -> str | None:
    """Return the nearest directory at or above `directory` that has a `.git`; None if none has.

    Args: directory: absolute.
    """
    current = directory
    while True:
        if os.path.lexists(os.path.join(current, ".git")):
            return current
        parent = os.path.dirname(current)
        if parent == current:
            return None
        current = parent


def state(directory: str) -> GitState | None:
    """Return the state of the repository that contains `directory`; None if there is none.

    None also if its HEAD cannot be read. Args: directory: absolute.
    """
    root = repository_root(directory)
    if root is None:
        return None
    folder = _git_folder(os.path.join(root, ".git"))
    head = _read(os.path.join(folder, "HEAD")).strip()
    if not head:
        return None
    # A linked worktree has its own HEAD and shares the rest with the main worktree.
    common = os.path.join(folder, _read(os.path.join(folder, "commondir")).strip())
    reference = head.removeprefix("ref:").strip() if head.startswith("ref:") else None
    commit = head if reference is None else _commit_of(folder, common, reference)
    branch = reference.removeprefix("refs/heads/") if reference is not None else None
    return GitState(commit, branch, _origin(os.path.join(common, "config")))


def _git_folder(path: str) -> str:
    """Return `path` if it is a folder, else the folder that the `.git` file at `path` names.

    A linked worktree and a submodule have such a file.
    """
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
    """Return the beginning of a text file, up to 1 MiB; "" if it cannot be read."""
    try:
        with open(path, "rb") as file:
            return file.read(_MAX_BYTES).decode("utf-8", "replace")
    except OSError:
        return ""
