"""The state of protected names at one moment, and the copies that restore it. Changes nothing."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, NamedTuple

from codex.sandbox.guard.harmless import SAMPLE_HOOK

if TYPE_CHECKING:
    from collections.abc import Container

    from codex.sandbox.guard.protected import Watch

QUARANTINED = ".quarantined"
"""Part of the names of files that were moved aside; these files are ignored from then on."""
MAX_COPY = 4 * 1024 * 1024
"""Size in bytes of the largest file that is copied; a larger one, if changed, stays moved aside."""
MAX_FOLDER_DEPTH = 24
"""Number of levels below a protected name that are looked at; deeper ones are ignored."""
READ_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class Seen(NamedTuple):
    """A file, folder or link as lstat shows it; for a folder only the mode."""

    mode: int
    inode: int = 0
    changed_ns: int = 0
    size: int = 0


class Copy(NamedTuple):
    """A copy that restores a file, folder or link."""

    seen: Seen
    content: bytes | None
    """Bytes of a file, or target of a link; None for other kinds, and for a file that is too large
    or cannot be read."""
    is_racy: bool
    """Whether the file changed so recently that its change time may not show another change."""


Tree = dict[str, Seen]
"""What is watched at a protected name, by path below it ("" is the name itself), parents first.
Without exempt names, hook samples, files moved aside and what is too deep or cannot be read. Empty
when nothing is there."""


def look(watch: Watch, known: Container[str] | None = None) -> Tree:
    """Return what is at a protected name and below it.

    Args: known: the only folders to look into, because a command may have made a new folder as
        large and as deep as it liked; None: all folders.
    """
    try:
        return look_from(watch, os.lstat(watch.path), known)
    except OSError:
        return {}


def look_from(
    watch: Watch, status: os.stat_result | None, known: Container[str] | None = None
) -> Tree:
    """Return the same as `look` for a name whose `status` lstat has already returned."""
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
    """Return the mode of `path` from lstat; 0 when nothing is there."""
    try:
        return os.lstat(path).st_mode
    except OSError:
        return 0


def content_of(path: str, seen: Seen) -> bytes | None:
    """Return the content of `path` in the form of `Copy.content`; None when it cannot be read."""
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
    """Whether `path` is as it was copied; a file rewritten with the same bytes is the same."""
    if copy is None or copy.seen.mode != seen.mode:
        return False
    if stat.S_ISDIR(seen.mode) or (copy.seen == seen and not copy.is_racy):
        return True
    return copy.content is not None and content_of(path, seen) == copy.content
