"""The tripwire: undo what a command did to protected names, when the command is over.

`arm` records the state of the names before the command. `check` compares it with the state after
the command, puts back what was changed or removed, and moves what is new aside, as
NAME.quarantined, so that nothing is lost. Changes made before `arm` are the user's. Both are cheap:
a file's change time, which no command can set, says whether its content must be compared.

No link that a command made is followed: folders are opened component by component. `check` does not
race with the command, because run.py has already ended all its processes.
"""

from __future__ import annotations

import contextlib
import os
import stat
import time
from typing import TYPE_CHECKING

from codex.base.printable import printable
from codex.sandbox.guard.harmless import is_harmless
from codex.sandbox.guard.protected import Watch, parts_of_repository
from codex.sandbox.guard.snapshot import (
    QUARANTINED,
    Copy,
    Tree,
    content_of,
    is_same,
    look,
    look_from,
    mode_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from codex.sandbox.guard.protected import Protection

MAX_FINDINGS = 8
"""Maximum number of changes that are reported one by one; the rest is only counted."""
RACY_NS = 50_000_000
"""Age in ns below which a change time may hide a later change: the kernel's clock has ticks."""
FOLDER_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
WRITE_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class Tripwire:
    """The protected names of one session, with the copies that restore them."""

    def __init__(self) -> None:
        self._copies: dict[str, dict[str, Copy]] = {}
        """Latest copies, by protected name and path below it."""
        self._armed: list[tuple[Watch, Tree]] = []

    @contextlib.contextmanager
    def watching(
        self, protection: Protection, *, is_mounted: bool, into: list[str]
    ) -> Iterator[None]:
        """Call `arm` now, and `check` at the end of the block, however the block ends.

        Args: is_mounted: whether mounts hold the names that they can hold; these need no watch.
            into: list that receives the lines that `check` returns.
        """
        self.arm(protection.unmounted if is_mounted else protection.watches, protection.status)
        try:
            yield
        finally:
            into += self.check()

    def arm(self, watches: Sequence[Watch], status: Mapping[str, os.stat_result | None]) -> None:
        """Record the state of these names, and copy their content where the copy is not current.

        Args: status: result of a recent lstat for each watched path; None when nothing is there.
        """
        self._armed = [(watch, look_from(watch, status[watch.path])) for watch in watches]
        racy_ns = time.time_ns() - RACY_NS
        for watch, tree in self._armed:
            if tree:
                if not watch.is_kind_only:
                    self._copies[watch.path] = self._copied(watch.path, tree, racy_ns)
            elif watch.path in self._copies and os.path.isdir(os.path.dirname(watch.path)):
                del self._copies[watch.path]
            # Else keep the copies: the folder is missing, and may come back with other content.

    def check(self) -> tuple[str, ...]:
        """Undo the changes since `arm`; return a line for each, for the user and the model.

        The line says so if a change could not be undone. A name that was removed together with its
        folder stays removed, without a line. After MAX_FINDINGS lines, the last one only counts.
        """
        findings: list[str] = []
        for watch, before in self._armed:
            tree = look(watch, before)
            if tree == before and not self._is_changed_unseen(watch):
                continue
            if watch.is_repository:
                findings += self._new_repository(watch.path)
            else:
                findings += self._undo(watch)
        self._armed = []
        if len(findings) > MAX_FINDINGS:
            findings[MAX_FINDINGS:] = [f"protected: {len(findings) - MAX_FINDINGS} more changes"]
        return tuple(findings)

    def _copied(self, path: str, tree: Tree, racy_ns: int) -> dict[str, Copy]:
        old = self._copies.get(path, {})
        copies = {}
        for name, seen in tree.items():
            copy = old.get(name)
            if copy is None or copy.is_racy or copy.seen != seen:
                content = content_of(path + name, seen)
                copy = Copy(seen, content, seen.changed_ns > racy_ns)
            copies[name] = copy
        return copies

    def _is_changed_unseen(self, watch: Watch) -> bool:
        """Whether a file was changed whose change time is too recent to show the change."""
        return any(
            copy.is_racy and content_of(watch.path + name, copy.seen) != copy.content
            for name, copy in self._copies.get(watch.path, {}).items()
        )

    def _undo(self, watch: Watch) -> Iterator[str]:
        """Restore a protected name; yield a line for each change."""
        if watch.is_kind_only:
            yield from _kept_folder(watch.path)
            return
        if not os.path.isdir(os.path.dirname(watch.path)):
            return  # it was removed with its folder, such as a whole repository
        copies = self._copies.get(watch.path, {})
        _open_up(watch.path, copies)
        aside: dict[str, str] = {}
        for name, seen in look(watch, copies).items():
            path = watch.path + name
            is_container = not name and watch.exempt and stat.S_ISDIR(seen.mode)
            if is_same(path, seen, copies.get(name)) or (is_container and name not in copies):
                continue
            try:
                aside[name] = _move_aside(path)
            except OSError as exc:
                problem = f"could not be moved aside: {exc.strerror}"
                yield _line(path, f"changed by the command, and {problem}")
                continue
            if name not in copies:
                yield _line(path, f"made by the command; it is now '{aside[name]}'")
        yield from _put_all_back(watch.path, copies, aside)

    def _new_repository(self, git: str) -> Iterator[str]:
        """Keep a new `.git`, but undo what makes git run programs; yield a line for each change."""
        if not stat.S_ISDIR(mode_of(git)):
            yield from self._undo(Watch(git))
            return
        for watch in parts_of_repository(git):
            if watch.is_kind_only or _is_harmless(watch):
                continue
            if watch.path not in self._copies and os.path.basename(watch.path) == "hooks":
                # The samples in it may stay.
                for name in look(watch, ("",)):
                    hook = Watch(watch.path + name)
                    if name and not _is_harmless(hook):
                        yield from self._undo(hook)
            else:
                yield from self._undo(watch)


def _kept_folder(path: str) -> Iterator[str]:
    """Move aside what replaced a folder above protected names; the folder is not made again.

    If it is still a folder, give its owner all rights to it; its content may change.
    """
    mode = mode_of(path)
    if mode == 0:
        return
    if stat.S_ISDIR(mode):
        _make_usable(path, mode)
        return
    try:
        yield _line(path, f"replaced by the command; what it made is now '{_move_aside(path)}'")
    except OSError as exc:
        problem = f"what it made could not be moved aside: {exc.strerror}"
        yield _line(path, f"replaced by the command; {problem}")


def _make_usable(path: str, mode: int) -> None:
    if mode & stat.S_IRWXU != stat.S_IRWXU:
        _set_mode(path, mode | stat.S_IRWXU)


def _open_up(path: str, copies: dict[str, Copy]) -> None:
    """Restore the modes of copied folders, so that their content can be read."""
    for name, copy in copies.items():
        mode = mode_of(path + name)
        if stat.S_ISDIR(mode) and stat.S_ISDIR(copy.seen.mode) and mode != copy.seen.mode:
            _set_mode(path + name, copy.seen.mode)


def _set_mode(path: str, mode: int) -> None:
    with contextlib.suppress(OSError), _folder_of(path) as (folder, name):
        os.chmod(name, stat.S_IMODE(mode), dir_fd=folder)


def _put_all_back(path: str, copies: dict[str, Copy], aside: dict[str, str]) -> Iterator[str]:
    """Put back each copied path that is missing; yield a line for each topmost one."""
    told: list[str] = []
    for name, copy in copies.items():
        if mode_of(path + name):
            continue
        is_told = any(name.startswith(f"{above}/") for above in told)
        try:
            _put_back(path + name, copy)
        except OSError as exc:
            lost = f"removed by the command, and could not be put back: {exc.strerror}"
            if name in aside:
                kept = f"the changed one is now '{aside[name]}'"
                lost = f"changed by the command; not put back: {exc.strerror}; {kept}"
            yield _line(path + name, lost)
            continue
        if is_told:
            continue
        told.append(name)
        if name in aside:
            kept = f"put back as it was; the changed one is now '{aside[name]}'"
            yield _line(path + name, f"changed by the command; {kept}")
        else:
            yield _line(path + name, "removed by the command; put back")


def _put_back(path: str, copy: Copy) -> None:
    """Create a file, folder or link again from its copy; a file appears only once complete."""
    mode = copy.seen.mode
    with _folder_of(path) as (folder, name):
        if stat.S_ISDIR(mode):
            os.mkdir(name, 0o700, dir_fd=folder)
            os.chmod(name, stat.S_IMODE(mode), dir_fd=folder)
            return
        if copy.content is None:
            raise OSError(0, "no copy of it was kept")
        if stat.S_ISLNK(mode):
            os.symlink(copy.content, os.fsencode(name), dir_fd=folder)
            return
        new = f".{name}.{os.getpid()}.new"
        with open(os.open(new, WRITE_FLAGS, 0o600, dir_fd=folder), "wb") as file:
            file.write(copy.content)
            os.fchmod(file.fileno(), stat.S_IMODE(mode))
        os.rename(new, name, src_dir_fd=folder, dst_dir_fd=folder)


def _move_aside(path: str) -> str:
    """Rename `path` to the first free NAME.quarantined; return the new path."""
    with _folder_of(path) as (folder, name):
        aside, number = name + QUARANTINED, 1
        while True:
            try:
                os.lstat(aside, dir_fd=folder)
            except FileNotFoundError:
                break
            number += 1
            aside = f"{name}{QUARANTINED}.{number}"
        os.rename(name, aside, src_dir_fd=folder, dst_dir_fd=folder)
    return os.path.join(os.path.dirname(path), aside)


@contextlib.contextmanager
def _folder_of(path: str) -> Iterator[tuple[int, str]]:
    """Open the folder of `path`, following no link; yield its descriptor and the last name.

    Raises: OSError, when there is a link on the way.
    """
    folders, name = os.path.split(path)
    fd = os.open("/", FOLDER_FLAGS)
    try:
        for step in folders.split("/"):
            if step:
                inner = os.open(step, FOLDER_FLAGS, dir_fd=fd)
                os.close(fd)
                fd = inner
        yield fd, name
    finally:
        os.close(fd)


def _is_harmless(watch: Watch) -> bool:
    """Whether everything at a name of a new repository makes git run no program."""
    return all(
        stat.S_ISDIR(seen.mode)
        or (stat.S_ISREG(seen.mode) and is_harmless(path, content_of(path, seen)))
        for path, seen in ((watch.path + name, seen) for name, seen in look(watch).items())
    )


def _line(path: str, what: str) -> str:
    return printable(f"protected: '{path}' was {what}").replace("\n", " ")
