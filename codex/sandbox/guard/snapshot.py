"""How protected names are at one moment: what is there, and what puts it back. Changes nothing."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, NamedTuple

from codex.sandbox.guard.harmless import SAMPLE_HOOK

if TYPE_CHECKING:
    from collections.abc import Container

    from codex.sandbox.guard.protected import Watch

QUARANTINED = ".quarantined"
"""In the names of what was moved aside, which is looked at no more."""
MAX_COPY = 4 * 1024 * 1024
"""Of a larger file no copy is kept: changed, it is moved aside and stays there."""
MAX_FOLDER_DEPTH = 24
"""Of folders in folders; what is deeper is not looked at."""
READ_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class Seen(NamedTuple):
    """A file, folder or link, as lstat has it; of a folder the mode alone."""

    mode: int
    inode: int = 0
    changed_ns: int = 0
    size: int = 0


class Copy(NamedTuple):
    """What puts a file, folder or link back."""

    seen: Seen
    content: bytes | None
    """The bytes of a file, the target of a link; None for other kinds, and what is too large."""
    is_racy: bool
    """It changed so shortly before that its change time would not tell a further change."""


Tree = dict[str, Seen]
"""By path below a protected name ("" is itself, "/a" in it), parents first; empty: not there."""


def look(watch: Watch, known: Container[str] | None = None) -> Tree:
    """What is at a protected name, and below it.

    Args: known: look into these folders alone: a new one has been made by a command, and may be
        as large and as deep as that wanted.
    """
    try:
        return look_from(watch, os.lstat(watch.path), known)
    except OSError:
        return {}


def look_from(
    watch: Watch, status: os.stat_result | None, known: Container[str] | None = None
) -> Tree:
    """The same, where lstat has already been asked."""
    if status is None:
        return {}
    tree = {"": _seen(status)}
    is_open = known is None or "" in known or watch.exempt
    if stat.S_ISDIR(status.st_mode) and is_open and not watch.is_kind_only:
        _add_below(tree, watch.path, "", watch.exempt, known)
    return tree


def _add_below(
    tree: Tree, path: str, name: str, exempt: tuple[str, ...], known: Container[str] | None
) -> None:
    try:
        with os.scandir(path + name) as found:
            entries = list(found)
    except OSError:
        return
    for entry in entries:
        last = entry.name
        if (
            last.endswith(SAMPLE_HOOK)
            or QUARANTINED in last
            or (exempt and last.startswith(exempt))
        ):
            continue
        try:
            status = entry.stat(follow_symlinks=False)
        except OSError:
            continue
        below = f"{name}/{last}"
        tree[below] = _seen(status)
        is_open = known is None or below in known
        if stat.S_ISDIR(status.st_mode) and is_open and below.count("/") < MAX_FOLDER_DEPTH:
            _add_below(tree, path, below, (), known)


def _seen(status: os.stat_result) -> Seen:
    mode = status.st_mode
    if stat.S_ISDIR(mode):
        return Seen(mode)
    return Seen(mode, status.st_ino, status.st_ctime_ns, status.st_size)


def mode_of(path: str) -> int:
    """As lstat has it; 0 when there is nothing."""
    try:
        return os.lstat(path).st_mode
    except OSError:
        return 0


def content_of(path: str, seen: Seen) -> bytes | None:
    """The content, as `Copy` has it."""
    try:
        if stat.S_ISLNK(seen.mode):
            return os.fsencode(os.readlink(path))
        if not stat.S_ISREG(seen.mode) or seen.size > MAX_COPY:
            return None
        with open(os.open(path, READ_FLAGS), "rb") as file:
            return file.read(MAX_COPY + 1)
    except OSError:
        return None


def is_same(path: str, seen: Seen, copy: Copy | None) -> bool:
    """Whether it is what the copy is of; a file that was written anew with the same bytes is."""
    if copy is None or copy.seen.mode != seen.mode:
        return False
    if stat.S_ISDIR(seen.mode) or (copy.seen == seen and not copy.is_racy):
        return True
    return copy.content is not None and content_of(path, seen) == copy.content
