"""Find the protected names: files in writable folders that programs outside the sandbox obey.

These are git's hooks and configuration, the settings of the agent and of editors, and, in the home
folder, what shells and git read when they start. Landlock cannot exclude a name from a folder, so
namespaces mount existing names read-only, and tripwire.py watches the rest. `.git` itself stays
writable, so that commits work. Reads the file system, changes nothing.
"""

from __future__ import annotations

import functools
import operator
import os
import stat
from typing import TYPE_CHECKING, NamedTuple

from codex.protocol.policy import PROTECTED_NAMES
from codex.sandbox.guard.harmless import HOOKS, INFO
from codex.sandbox.params import ProtectedPaths
from codex.sandbox.roots import is_inside, physical_path

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

GIT = ".git"
TOP_NAMES = tuple(sorted(PROTECTED_NAMES - {GIT}))
GIT_FILES = ("config", "config.worktree", "commondir")
WORKTREE_FILES = ("config.worktree", "commondir", "gitdir")
INFO_EXEMPT = ("refs",)
"""Prefixes of names in `info` that `git gc` writes, and only dumb HTTP servers read."""
HOME_NAMES = (
    *(".gitconfig", ".config/git", ".ssh", ".profile", ".inputrc", ".config/fish"),
    *(".bashrc", ".bash_profile", ".bash_login", ".bash_logout", ".bash_aliases"),
    *(".zshrc", ".zshenv", ".zprofile", ".zlogin", ".zlogout", ".kshrc"),
)
"""Protected names in the home folder, for commands and patches."""
OWN_STATE = ("history", "session", "archived_sessions", "log", "tmp")
"""Prefixes of the names that the agent writes in its own folder while commands run."""
MAX_SUBMODULE_DEPTH = 8
"""Deepest level, from 0, on which submodules are searched; each `/` in a name is a level too."""


class Watch(NamedTuple):
    """One protected name, or one folder above such names."""

    path: str
    """Absolute path; physical, except for the last component."""
    exempt: tuple[str, ...] = ()
    """Prefixes of the names directly below it that may change."""
    is_mountable: bool = True
    """Whether the name may be mounted read-only. False where something must stay writable or
    removable: `git gc` writes in `info`, `git worktree remove` removes the worktree's files, and
    the policy may open a folder inside a protected one."""
    is_kind_only: bool = False
    """Whether this is a folder above other names: its content may change, but it must stay a
    folder."""
    is_repository: bool = False
    """Whether this is a missing `.git`; a new one may stay, if nothing in it runs programs."""


class Protection(NamedTuple):
    """The protected names of one command."""

    watches: tuple[Watch, ...]
    """All names; a folder comes before the names below it."""
    read_only: tuple[str, ...]
    """Paths of the existing names that namespaces mount read-only."""
    pinned: tuple[str, ...]
    """Folders that must not be renamed or removed, because read-only paths are below them."""
    status: Mapping[str, os.stat_result | None]
    """Result of lstat for each watched path; None when nothing is there."""

    @property
    def paths(self) -> ProtectedPaths:
        """The paths that mounts are to hold."""
        return ProtectedPaths(self.read_only, self.pinned)

    @property
    def unmounted(self) -> tuple[Watch, ...]:
        """The names that mounts cannot hold."""
        held = {*self.read_only, *self.pinned}
        return tuple(watch for watch in self.watches if watch.path not in held)

    def holding(self, path: str) -> str | None:
        """Return the protected name that `path` is, or is below; None when it is not protected."""
        for watch in self.watches:
            is_here = path == watch.path if watch.is_kind_only else is_inside(path, watch.path)
            if is_here and not watch.is_kind_only and not _is_exempt(path, watch):
                return watch.path
        return None


NOTHING = Protection((), (), (), {})


def protection(
    physical: Mapping[str, str],
    *,
    named: Iterable[str],
    cwd: str,
    codex_home: str,
    home: str | None,
) -> Protection:
    """Return the names to protect inside the writable folders, in their present state.

    Args: physical: the physical path of each writable folder. named: the physical paths of those
        that the policy opens even if their name is protected. cwd: the session's working directory.
        codex_home: the agent's own folder. home: the user's home folder; None when not known.
    """
    if not physical:
        return NOTHING
    found = _Found(physical, named)
    here = physical.get(cwd) or _physical(cwd)
    for root in sorted(found.roots):
        for base in _bases(root, here):
            found.add_base(base)
    if home is not None and found.is_writable(own := _own_folder(home)):
        for name in HOME_NAMES:
            found.add(Watch(f"{own}/{name}"))
    found.add_own(_own_folder(codex_home))
    return found.protection()


def _physical(folder: str) -> str:
    try:
        return physical_path(folder)
    except OSError:
        return os.path.realpath(folder)


@functools.lru_cache(maxsize=8)
def _own_folder(path: str) -> str:
    return os.path.realpath(path)


def _bases(root: str, cwd: str) -> Iterator[str]:
    """Yield the root, and every folder from it down to the working directory."""
    yield root
    if cwd != root and is_inside(cwd, root):
        folder = root
        for name in os.path.relpath(cwd, root).split("/"):
            folder = os.path.join(folder, name)
            yield folder


class _Found:
    """Collector of the watches of one command."""

    def __init__(self, physical: Mapping[str, str], named: Iterable[str]) -> None:
        """Args: as for `protection`."""
        self.roots = frozenset(physical.values())
        self._named = frozenset(named)
        self._outermost = frozenset(
            root for root in self.roots if not any(above in self.roots for above in _above(root))
        )
        self._above = {folder for root in self._named for folder in _above(root)}
        self._watches: dict[str, Watch] = {}
        self._status: dict[str, os.stat_result | None] = {}

    def is_writable(self, path: str) -> bool:
        return any(is_inside(path, root) for root in self.roots)

    def add(self, watch: Watch) -> None:
        if watch.path in self._watches or watch.path in self._named:
            return
        if watch.path in self._above:
            inner = [root for root in self._named if is_inside(root, watch.path)]
            names = (os.path.relpath(root, watch.path).split("/")[0] for root in inner)
            watch = watch._replace(exempt=(*watch.exempt, *names), is_mountable=False)
        mode = self._mode(watch.path)
        self._watches[watch.path] = watch
        if stat.S_ISLNK(mode):
            target = os.path.realpath(watch.path)
            self.add_if_writable(watch._replace(path=target))

    def add_if_writable(self, watch: Watch) -> None:
        if self.is_writable(watch.path):
            self.add(watch)

    def add_own(self, codex_home: str) -> None:
        """Add the agent's own folder, which no policy opens."""
        if self.is_writable(codex_home):
            is_mountable = codex_home not in self.roots
            self._watches[codex_home] = Watch(codex_home, OWN_STATE, is_mountable=is_mountable)

    def add_base(self, base: str) -> None:
        """Add the names that are protected directly in a folder."""
        base = base.rstrip("/")
        for name in TOP_NAMES:
            self.add(Watch(f"{base}/{name}"))
        git = f"{base}/{GIT}"
        mode = self._mode(git)
        if stat.S_ISDIR(mode):
            self.add_git(git)
        elif stat.S_ISREG(mode):
            self.add(Watch(git))
            self._add_linked(git)
        elif stat.S_ISLNK(mode):
            self.add(Watch(git))
            self._add_git_if_writable(os.path.realpath(git))
        else:
            self.add(Watch(git, is_repository=mode == 0))
            if stat.S_ISREG(self._mode(f"{base}/HEAD")) and os.path.isdir(f"{base}/objects"):
                self.add_git(base)

    def _add_linked(self, file: str) -> None:
        """Add the git folder that a `.git` file names, and the main one that it belongs to."""
        if (target := _read_link_file(file, "gitdir: ")) is None:
            return
        self._add_git_if_writable(target)
        if (common := _read_link_file(os.path.join(target, "commondir"), "")) is not None:
            self._add_git_if_writable(common)

    def _add_git_if_writable(self, folder: str) -> None:
        if self.is_writable(folder) and os.path.isdir(folder):
            self.add_git(folder)

    def add_git(self, folder: str, depth: int = 0) -> None:
        """Add the names that are protected in a git folder."""
        if folder not in self._named:
            self._watches.setdefault(folder, Watch(folder, is_kind_only=True))
        self.add(Watch(f"{folder}/{HOOKS}"))
        self.add(Watch(f"{folder}/{INFO}", INFO_EXEMPT, is_mountable=False))
        for name in GIT_FILES:
            self.add(Watch(f"{folder}/{name}"))
        worktrees = f"{folder}/worktrees"
        for name in _folders_in(worktrees):
            for file in WORKTREE_FILES:
                self.add(Watch(f"{worktrees}/{name}/{file}", is_mountable=False))
        self._add_modules(f"{folder}/modules", depth)

    def _add_modules(self, folder: str, depth: int) -> None:
        """Add the git folders of submodules; a submodule's name may have slashes, and so levels."""
        names = _folders_in(folder)
        if not names or depth > MAX_SUBMODULE_DEPTH:
            return
        for name in names:
            module = os.path.join(folder, name)
            if os.path.lexists(os.path.join(module, "HEAD")):
                self.add_git(module, depth + 1)
            else:
                self._add_modules(module, depth + 1)

    def _mode(self, path: str) -> int:
        """Return the mode of `path` from its first lstat; 0 when nothing is there."""
        if path not in self._status:
            try:
                self._status[path] = os.lstat(path)
            except OSError:
                self._status[path] = None
        status = self._status[path]
        return 0 if status is None else status.st_mode

    def protection(self) -> Protection:
        """Return all names that were added, and the folders above them."""
        named = [watch for watch in self._watches.values() if not watch.is_kind_only]
        existing = [watch for watch in named if self._mode(watch.path)]
        read_only = tuple(w.path for w in existing if w.is_mountable and self._is_mountable(w.path))
        pinned = self._on_the_way(read_only)
        for path in self._on_the_way(watch.path for watch in existing):
            self._watches.setdefault(path, Watch(path, is_kind_only=True))
        watches = tuple(sorted(self._watches.values(), key=_path_of))
        for watch in watches:
            self._mode(watch.path)
        return Protection(watches, read_only, pinned, self._status)

    def _is_mountable(self, path: str) -> bool:
        mode = self._mode(path)
        return stat.S_ISREG(mode) or stat.S_ISDIR(mode)

    def _on_the_way(self, paths: Iterable[str]) -> tuple[str, ...]:
        """Return the folders between the outermost writable folder and each path.

        Inner writable folders are among them: a command could rename one and make it again.
        """
        found: set[str] = set()
        for folder in {os.path.dirname(path) for path in paths}:
            while folder not in self._outermost and folder not in found and folder != "/":
                found.add(folder)
                folder = os.path.dirname(folder)
        return tuple(sorted(path for path in found if stat.S_ISDIR(self._mode(path))))


_path_of = operator.attrgetter("path")


def _above(path: str) -> Iterator[str]:
    """Yield every folder above a path."""
    while path != "/":
        path = os.path.dirname(path)
        yield path


def _read_link_file(path: str, prefix: str) -> str | None:
    """Return the physical path that a git file names after `prefix`; None when it names none."""
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            text = file.read(4096)
    except OSError:
        return None
    if not text.startswith(prefix) or "\0" in text:
        return None
    name = text.removeprefix(prefix).strip()
    return os.path.realpath(os.path.join(os.path.dirname(path), name)) if name else None


def _folders_in(folder: str) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            return sorted(entry.name for entry in entries if entry.is_dir(follow_symlinks=False))
    except OSError:
        return []


def _is_exempt(path: str, watch: Watch) -> bool:
    name = os.path.relpath(path, watch.path).split("/")[0]
    return name != "." and name.startswith(watch.exempt)


def parts_of_repository(git: str) -> tuple[Watch, ...]:
    """Return the names to protect in a `.git` folder that a command has just made."""
    found = _Found({"": os.path.dirname(git)}, ())
    found.add_git(git)
    return found.protection().watches
