"""Plan a patch on the files it names, compare it with the writable folders, and write it.

`plan` reads and never writes. Nothing here asks the user or knows a policy: `is_plan_inside` tells
whether a plan stays within given folders, and `apply` writes it, all or nothing.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import msgspec

from codex.apply_patch.change import apply_chunks
from codex.apply_patch.diff import unified_diff
from codex.apply_patch.parser import AddFile, DeleteFile, Hunk, Patch, UpdateFile
from codex.apply_patch.text import decode_file, encode_file, readable
from codex.apply_patch.transaction import Entry, Target, commit, read_entry
from codex.base.errors import PatchError
from codex.protocol.events import Add, Delete, FileChange, Update
from codex.protocol.policy import PROTECTED_NAMES

if TYPE_CHECKING:
    from collections.abc import Sequence


class PatchPlan(msgspec.Struct, frozen=True):
    """The effect of a patch on the files as they were when it was planned."""

    changes: dict[str, FileChange]
    """Net changes by the path in the patch, made absolute, in the patch's order; empty for an empty
    patch."""
    targets: tuple[Target, ...]
    """New state of each file or symbolic link that is written or removed."""
    summary: PatchSummary

    @property
    def paths(self) -> tuple[str, ...]:
        """Paths that are written or removed, with symbolic links resolved."""
        return tuple(target.path for target in self.targets)


class PatchSummary(msgspec.Struct, frozen=True):
    """The files that a patch adds, modifies and deletes, by their paths in the patch."""

    added: tuple[str, ...] = ()
    modified: tuple[str, ...] = ()
    """Changed files; moved ones under their new path."""
    deleted: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """Report of success for the model, with a line for each file."""
        groups = (("A", self.added), ("M", self.modified), ("D", self.deleted))
        lines = [f"{letter} {path}\n" for letter, paths in groups for path in paths]
        return "Success. Updated the following files:\n" + "".join(lines)


class _File(msgspec.Struct, eq=False):
    """The state of one path while a patch is simulated."""

    path: str
    """Resolved path."""
    name: str
    """Path as first written in the patch."""
    before: Entry | None
    """State on the disk; None if nothing is there."""
    data: bytes | None
    """Contents after the sections so far; None if there is no file then."""
    mode: int | None = None
    source: _File | None = None
    """File that was moved to this path; None if none was."""


def plan(patch: Patch, *, cwd: str) -> PatchPlan:
    """Read the files of a patch; return its effect. Sections for one file build on each other.

    Args: cwd: absolute folder that relative paths start from.

    Raises: PatchError, listing everything that does not fit.
    """
    tree = _Tree(cwd)
    problems: list[str] = []
    for hunk in patch.hunks:
        try:
            tree.play(hunk)
        except PatchError as exc:
            problems.append(exc.message)
    if problems:
        raise PatchError("\n".join(problems))
    files = [f for f in tree.files.values() if f.before is not None or f.data is not None]
    _check_folders(files)
    return PatchPlan(
        changes=_changes(files, cwd),
        targets=tuple(Target(f.path, f.before, f.data, f.mode) for f in files),
        summary=_summary(files),
    )


def outside_paths(
    plan: PatchPlan, roots: Sequence[str] | None, *, protected: Sequence[str] = ()
) -> tuple[str, ...]:
    """Return the paths of a plan, resolved, that are outside all roots or protected.

    Protected are paths with a name of PROTECTED_NAMES below the root, such as `.git`, and files
    with several hard links, since their other names may be anywhere. Such a file may be removed.

    Args: roots: absolute folders; with None, nothing is outside or protected. protected: more
        absolute paths that are protected, with everything below them, such as CODEX_HOME.
    """
    if roots is None:
        return ()
    inner = [os.path.realpath(root) for root in roots]
    outer = [os.path.realpath(path) for path in protected]
    return tuple(
        target.path
        for target in plan.targets
        if not any(_is_covered(target.path, root) for root in inner)
        or any(target.path == path or _below(target.path, path) is not None for path in outer)
        or (target.after is not None and target.before is not None and target.before.links > 1)
    )


def is_plan_inside(
    plan: PatchPlan, roots: Sequence[str] | None, *, protected: Sequence[str] = ()
) -> bool:
    """Return whether `outside_paths`, with the same arguments, finds no path."""
    return not outside_paths(plan, roots, protected=protected)


def apply(
    plan: PatchPlan, *, roots: Sequence[str] | None, protected: Sequence[str] = ()
) -> PatchSummary:
    """Write all files of a plan, or none; return its summary.

    Args: roots: absolute folders that the plan must not leave; None if the user has approved
        exactly these paths. protected: absolute paths that count as outside the roots, with
        everything below them.

    Raises: PatchError, if the plan is empty or `outside_paths` finds a path, if a file has changed
        since it was planned, or if one cannot be written.
    """
    if not plan.targets:
        raise PatchError("No files were modified.")
    if outside := outside_paths(plan, roots, protected=protected):
        names = ", ".join(f"'{path}'" for path in outside)
        raise PatchError(
            "The patch writes to paths outside the writable folders, to protected paths, or to "
            f"files with several hard links: {names}"
        )
    commit(plan.targets)
    return plan.summary


class _Tree:
    """Simulates the sections of a patch on the files it names, in memory; must not write any."""

    def __init__(self, cwd: str) -> None:
        self._cwd = cwd
        self.files: dict[str, _File] = {}
        """Files by resolved path."""

    def play(self, hunk: Hunk) -> None:
        """Simulate one section of the patch."""
        match hunk:
            case AddFile(path, content):
                file = self._file(path, f"Failed to write '{path}'")
                file.data = content.encode()
                file.source = None
            case DeleteFile(path):
                file = self._existing(path, f"Failed to delete '{path}'", is_link_meant=True)
                file.data = None
            case UpdateFile():
                self._update(hunk)

    def _update(self, hunk: UpdateFile) -> None:
        is_moved = hunk.move_path is not None
        reading = f"Failed to read '{hunk.path}' to update"
        what = f"Failed to move '{hunk.path}'" if is_moved else reading
        file = self._existing(hunk.path, what, is_link_meant=is_moved)
        data = file.data or b""
        if is_moved and file.before is not None and file.before.is_link:
            raise PatchError(f"{what}: it is a symbolic link, which a patch cannot move")
        if hunk.chunks:
            try:
                text = decode_file(data)
            except PatchError as exc:
                raise PatchError(f"{reading}: {exc.message}") from exc
            data = encode_file(apply_chunks(text, hunk.chunks, path=hunk.path))
        if hunk.move_path is not None:
            target = self._file(hunk.move_path, f"Failed to move to '{hunk.move_path}'")
            mode, source = file.mode, file.source or file
            file.data, file.mode = None, None
            target.mode, target.source = mode, source
            file = target
        file.data = data

    def _existing(self, path: str, what: str, *, is_link_meant: bool) -> _File:
        file = self._file(path, what, is_link_meant=is_link_meant)
        if file.data is None:
            raise PatchError(f"{what}: there is no such file")
        return file

    def _file(self, path: str, what: str, *, is_link_meant: bool = False) -> _File:
        """Return the file behind a path of the patch.

        Args: what: the beginning of an error message. is_link_meant: whether the name itself is to
            be removed, so that a symbolic link is not followed.
        """
        try:
            resolved = self._resolved(path, is_link_meant=is_link_meant)
            if resolved not in self.files:
                self.files[resolved] = _read(resolved, path, is_link_meant=is_link_meant)
        except OSError as exc:
            raise PatchError(f"{what}: {exc.strerror}") from exc
        except PatchError as exc:
            raise PatchError(f"{what}: {exc.message}") from exc
        return self.files[resolved]

    def _resolved(self, path: str, *, is_link_meant: bool) -> str:
        if "\0" in path:
            raise PatchError("a path cannot hold a NUL character")
        directory, name = os.path.split(os.path.join(self._cwd, path))
        if name in ("", ".", "..") or not path:
            raise PatchError("it names no file")
        resolved = os.path.join(os.path.realpath(directory), name)
        if is_link_meant or resolved in self.files or not os.path.islink(resolved):
            return resolved
        return os.path.realpath(resolved)


def _read(path: str, name: str, *, is_link_meant: bool) -> _File:
    entry = read_entry(path)
    if entry is None:
        return _File(path, name, None, None)
    if entry.is_link and not is_link_meant:
        raise PatchError("its symbolic links form a loop")
    return _File(path, name, entry, entry.data, None if entry.is_link else entry.mode)


def _check_folders(files: list[_File]) -> None:
    """Raise PatchError if a parent folder of a written file is, or will be, a file."""
    written = {file.path: file.name for file in files if file.data is not None}
    for path, name in written.items():
        folder = os.path.dirname(path)
        while not os.path.isdir(folder):
            if folder in written or os.path.lexists(folder):
                raise PatchError(f"Failed to write '{name}': '{folder}' is a file, not a folder")
            folder = os.path.dirname(folder)


def _changes(files: list[_File], cwd: str) -> dict[str, FileChange]:
    """Return the net change of every path; a move to a new path is one change, of the old path."""
    moved = {
        file.source.path: file
        for file in files
        if file.source is not None and file.source.data is None and file.before is None
    }
    changes: dict[str, FileChange] = {}
    for file in files:
        path = _absolute(file, cwd)
        old = "" if file.before is None else readable(file.before.data)
        new = "" if file.data is None else readable(file.data)
        if file.before is None:
            if file not in moved.values():
                changes[path] = Add(content=new)
        elif file.data is not None:
            changes[path] = Update(unified_diff=unified_diff(old, new), move_path=None)
        elif (target := moved.get(file.path)) and target.data is not None:
            diff = unified_diff(old, readable(target.data))
            changes[path] = Update(unified_diff=diff, move_path=_absolute(target, cwd))
        else:
            changes[path] = Delete(content=old)
    return changes


def _absolute(file: _File, cwd: str) -> str:
    """Return the path as the patch has it, made absolute; the resolved path if it holds `..`."""
    path = os.path.join(cwd, file.name)
    return file.path if ".." in path.split("/") else os.path.normpath(path)


def _summary(files: list[_File]) -> PatchSummary:
    is_left = {f.source.path for f in files if f.source is not None and f.data is not None}
    return PatchSummary(
        added=tuple(f.name for f in files if f.before is None and not _is_moved(f)),
        modified=tuple(
            f.name for f in files if f.data is not None and (f.before is not None or _is_moved(f))
        ),
        deleted=tuple(f.name for f in files if f.data is None and f.path not in is_left),
    )


def _is_moved(file: _File) -> bool:
    """Return whether the file was moved from a path that existed before the patch."""
    return file.source is not None and file.source.before is not None


def _below(path: str, folder: str) -> str | None:
    """Return the part of a path below a folder; None if the path is not below it."""
    prefix = folder if folder.endswith("/") else folder + "/"
    return path.removeprefix(prefix) if path.startswith(prefix) else None


def _is_covered(path: str, root: str) -> bool:
    inner = _below(path, root)
    # On some file systems .GIT is .git.
    return inner is not None and PROTECTED_NAMES.isdisjoint(inner.lower().split("/"))
