"""The folders that a policy makes writable, and why others stay closed.

A root is opened by its path for each command, and an earlier command may have changed what lies on
that path: in `/tmp`, which is writable, it could replace the root `/tmp/work` by a link to `/`. So
a root is refused when its path leads through the inside of another root and out of it again.
Reads the file system, changes nothing.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, NamedTuple

from codex.sandbox.params import RefusedRoot

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

MAX_LINKS = 40
"""Number of links that the kernel follows."""
KERNEL_TREES = ("/proc", "/sys", "/dev")
"""Folders never granted as trees: writing there changes the system or other processes."""
SHARED_MEMORY = "/dev/shm"


class WritableRoots(NamedTuple):
    """The writable folders of a policy, resolved."""

    folders: tuple[str, ...]
    """The physical paths to grant, none inside another."""
    refused: tuple[RefusedRoot, ...]
    physical: Mapping[str, str]
    """The physical path of every root, refused ones included; for a missing one, where it would
    be."""


def writable_roots(roots: Iterable[str]) -> WritableRoots:
    """Resolve the writable folders of a policy.

    Args: roots: absolute paths, as SandboxPolicy.roots gives them.
    """
    refused: list[RefusedRoot] = []
    physical: dict[str, str] = {}
    everywhere: dict[str, str] = {}
    for root in roots:
        try:
            real = everywhere[root] = physical_path(root)
        except OSError as exc:
            everywhere[root] = os.path.realpath(root)
            refused.append(RefusedRoot(root, exc.strerror or str(exc)))
            continue
        if _is_kernel_tree(real):
            refused.append(RefusedRoot(root, "it belongs to the kernel"))
        else:
            physical[root] = real
    # Refuse these first, so that a link to `/` does not pass for the folder that all others are in.
    for root in tuple(physical):
        if (outer := _way_out_of(root, physical)) is not None:
            del physical[root]
            reason = f"a link inside the writable folder '{outer}' leads to it"
            refused.append(RefusedRoot(root, reason))
    folders: dict[str, None] = {}
    for real in physical.values():
        if not any(is_inside(real, other) for other in physical.values() if other != real):
            folders.update(dict.fromkeys(_children_of_slash() if real == "/" else (real,)))
    return WritableRoots(tuple(folders), tuple(refused), everywhere)


def physical_path(path: str) -> str:
    """The physical path of `path`, from the kernel in one look-up instead of one per component.

    Raises: OSError, when it leads nowhere.
    """
    if sys.platform != "linux":
        return os.path.realpath(path, strict=True)
    fd = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        return os.readlink(f"/proc/self/fd/{fd}")
    finally:
        os.close(fd)


def _way_out_of(root: str, physical: dict[str, str]) -> str | None:
    """Another root that the path of `root` leads into and out of again."""
    real = physical[root]
    others = [(name, path) for name, path in physical.items() if not is_inside(real, path)]
    if not others or root == real:
        return None  # such a path has no link on it
    for step in _steps(root):
        for name, path in others:
            if step != path and is_inside(step, path):
                return name
    return None


def is_relinked(root: str, physical: Mapping[str, str]) -> bool:
    """Whether a link inside a writable folder lies on the path of `root`.

    A command may have made that link, so where it leads is the command's choice, not the policy's.

    Args: physical: the physical path of every root.
    """
    if physical[root] == root:
        return False  # such a path has no link on it
    folders = frozenset(physical.values())
    return any(
        os.path.islink(step) and any(is_inside(os.path.dirname(step), real) for real in folders)
        for step in _steps(root)
    )


def direct_roots(roots: Iterable[str]) -> tuple[str, ...]:
    """The roots that no link inside a writable folder leads to, in their order."""
    physical = {root: os.path.realpath(root) for root in roots}
    return tuple(root for root in physical if not is_relinked(root, physical))


def _steps(path: str) -> Iterator[str]:
    """Each step of a look-up of `path`, in its physical folder; links are followed."""
    here = "/"
    pending = path.split("/")
    links = 0
    while pending and links <= MAX_LINKS:
        name = pending.pop(0)
        if name in ("", "."):
            continue
        if name == "..":
            here = os.path.dirname(here)
            continue
        step = os.path.join(here, name)
        yield step
        try:
            target = os.readlink(step)
        except OSError:
            here = step
            continue
        links += 1
        pending[:0] = target.split("/")
        here = "/" if target.startswith("/") else here


def is_inside(path: str, folder: str) -> bool:
    """Whether a normalised path is the folder or is below it."""
    return path == folder or path.startswith(folder.rstrip("/") + "/")


def _is_kernel_tree(real: str) -> bool:
    if is_inside(real, SHARED_MEMORY):
        return False
    return any(is_inside(real, tree) for tree in KERNEL_TREES)


def _children_of_slash() -> list[str]:
    """The folders of `/`; Landlock cannot exclude one from a grant, so they are granted singly."""
    paths = [f"/{name}" for name in sorted(os.listdir("/"))]
    return [path for path in paths if path not in KERNEL_TREES and not os.path.islink(path)]


def may_write(path: str) -> bool:
    """Whether this process, which is outside the sandbox, could write or create `path`."""
    nearest = path
    while not os.path.lexists(nearest) and nearest != "/":
        nearest = os.path.dirname(nearest)
    if nearest != path and not os.path.isdir(nearest):
        return False
    return os.access(nearest, os.W_OK)
