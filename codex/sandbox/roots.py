"""Resolve the folders that a policy makes writable (roots), and say why some of them stay closed.

A root is opened by its path for each command, and an earlier command may have changed what lies on
that path: in `/tmp`, which is writable, it could replace the root `/tmp/work` by a link to `/`. So
a root is refused when its path enters another root and leaves it again. Reads the file system,
changes nothing.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, NamedTuple

from codex.sandbox.params import RefusedRoot

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

MAX_LINKS = 40
"""Number of symbolic links that the kernel follows in one look-up."""
KERNEL_TREES = ("/proc", "/sys", "/dev")
"""Folders that no writable root opens, except SHARED_MEMORY: writing there changes the system or
other processes. A policy that makes everything writable does open them."""
SHARED_MEMORY = "/dev/shm"


class WritableRoots(NamedTuple):
    """The writable folders of a policy, with symbolic links resolved."""

    folders: tuple[str, ...]
    """Physical paths of the folders to make writable, none inside another."""
    refused: tuple[RefusedRoot, ...]
    physical: Mapping[str, str]
    """Physical path of every root, refused ones included, by its path in the policy; of a missing
    root, the path where it would be."""


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
    # Refuse redirected roots first: a link to `/` would pass for the folder that contains the rest.
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
    """Return `path` with all symbolic links resolved; on Linux this is one look-up by the kernel.

    Raises: OSError, when `path` does not exist or cannot be followed.
    """
    if sys.platform != "linux":
        return os.path.realpath(path, strict=True)
    fd = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        return os.readlink(f"/proc/self/fd/{fd}")
    finally:
        os.close(fd)


def _way_out_of(root: str, physical: dict[str, str]) -> str | None:
    """Return another root that the path of `root` enters and leaves again; None without one."""
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
    """Whether the path of `root` passes through a symbolic link inside a writable folder.

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
    """Return the roots whose paths pass through no symbolic link inside any of the roots."""
    physical = {root: os.path.realpath(root) for root in roots}
    return tuple(root for root in physical if not is_relinked(root, physical))


def _steps(path: str) -> Iterator[str]:
    """Yield each path that a look-up of `path` visits, in its physical folder; follow links."""
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
    """Return the entries of `/` to grant one by one, since a grant of `/` cannot exclude any."""
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
