"""Change several files together: all of them, or none.

Every directory is opened from the root down without following symbolic links, and all operations
are relative to its descriptor, so a link that appears after the paths were checked has no effect.
New contents are written to temporary files beside their targets first, then renamed over them; the
old files are kept until the last rename and put back if one fails. A process killed between two
renames leaves part of a patch and temporary files. Without fsync, so may a crash of the machine; a
patch is not a database.
"""

from __future__ import annotations

import contextlib
import os
import stat
import sys
from typing import TYPE_CHECKING

import msgspec

from codex.base.errors import PatchError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from types import TracebackType

_MAX_BYTES = 64 * 1024 * 1024
"""Size of the largest file that a patch may touch."""

OPEN_DIRECTORY = os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
if sys.platform == "linux":
    # O_PATH also opens a directory that may be entered but not listed.
    OPEN_DIRECTORY |= os.O_PATH


class Entry(msgspec.Struct, frozen=True):
    """The state of a path when it was read."""

    data: bytes
    """Contents of the file, or target of the symbolic link."""
    mode: int
    """Permission bits, as for chmod."""
    links: int
    """Number of hard links."""
    owner: tuple[int, int]
    """User id and group id."""
    is_link: bool = False
    """Whether the path is a symbolic link."""


class Target(msgspec.Struct, frozen=True):
    """One path and its new state."""

    path: str
    """Absolute path, without symbolic links among its directories."""
    before: Entry | None
    """State when the patch was planned; None if nothing was there."""
    after: bytes | None
    """New contents; None removes the path."""
    mode: int | None = None
    """Permissions of the result; None leaves them to the umask."""


def read_entry(name: str, directory: int | None = None) -> Entry | None:
    """Return the state of an absolute path, or of `name` in an open directory; None if missing.

    A symbolic link is not followed.

    Raises: PatchError, which does not name the path, if it is neither a regular file nor a link, or
        is too large. OSError.
    """
    try:
        status = os.lstat(name, dir_fd=directory)
        if stat.S_ISLNK(status.st_mode):
            data = os.fsencode(os.readlink(name, dir_fd=directory))
        else:
            data = _read_file(name, directory, status)
    except FileNotFoundError:
        return None
    return Entry(
        data=data,
        mode=stat.S_IMODE(status.st_mode),
        links=status.st_nlink,
        owner=(status.st_uid, status.st_gid),
        is_link=stat.S_ISLNK(status.st_mode),
    )


def _read_file(name: str, directory: int | None, status: os.stat_result) -> bytes:
    if stat.S_ISDIR(status.st_mode):
        raise PatchError("it is a directory")
    if not stat.S_ISREG(status.st_mode):
        raise PatchError("it is not a regular file")
    if status.st_size > _MAX_BYTES:
        raise PatchError(f"it is larger than {_MAX_BYTES // 2**20} MiB")
    # If a pipe has replaced the file meanwhile, opening it must not wait for a writer.
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    with open(os.open(name, flags, dir_fd=directory), "rb") as file:
        return file.read(_MAX_BYTES + 1)


def commit(targets: Sequence[Target]) -> None:
    """Bring every target into its new state, or none.

    Raises: PatchError, if a target has changed since it was read, is read-only or cannot be
        written; then everything is as before, or the message names what could not be restored.
    """
    changed = [target for target in targets if _is_changed(target)]
    with _Transaction() as transaction:
        for target in targets:
            transaction.verify(target)
        for target in changed:
            transaction.stage(target)
        # Removals first: two names that differ only in case may be one file.
        for target in sorted(changed, key=lambda target: target.after is not None):
            transaction.replace(target)


class _Transaction:
    """The directories, temporary files and undo steps of one change to several files."""

    def __init__(self) -> None:
        self._directories: dict[str, int] = {}
        self._staged: dict[str, str] = {}
        self._undo: list[tuple[str, Callable[[], None]]] = []
        """Paths with the steps that restore them, in the order of the changes."""
        self._tidy: list[Callable[[], None]] = []
        """Steps that remove the old files after success."""

    def __enter__(self) -> _Transaction:
        self._directories["/"] = os.open("/", OPEN_DIRECTORY)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            if error is None:
                for step in self._tidy:
                    with contextlib.suppress(OSError):
                        step()
            else:
                self._roll_back(error)
        finally:
            for descriptor in self._directories.values():
                os.close(descriptor)

    def verify(self, target: Target) -> None:
        """Check that the target still has the contents of its `before`, and may be written."""
        with _explained(target):
            directory = self._directory(os.path.dirname(target.path), is_made=False)
            now = None
            if directory is not None:
                now = read_entry(os.path.basename(target.path), directory)
            if _identity(now) != _identity(target.before):
                raise PatchError("it was changed meanwhile: read it again and send a new patch")
            if now is not None and target.after is not None and not now.is_link:
                self._check_writable(target, directory)

    def _check_writable(self, target: Target, directory: int | None) -> None:
        # A rename would replace even a file that its owner has made read-only.
        if not os.access(os.path.basename(target.path), os.W_OK, dir_fd=directory):
            raise PatchError("it is read-only")

    def stage(self, target: Target) -> None:
        """Write the new contents to a temporary file beside the target; create its directory."""
        if target.after is None:
            return
        with _explained(target):
            directory = self._made_directory(target)
            name = f".codex-patch-{os.urandom(6).hex()}"
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
            # A secret must not be readable by others while it is written.
            mode = 0o666 if target.mode is None else 0o600
            descriptor = os.open(name, flags, mode, dir_fd=directory)
            self._undo.append((target.path, lambda: _remove(name, directory)))
            self._staged[target.path] = name
            with open(descriptor, "wb") as file:
                file.write(target.after)
                if target.before is not None:
                    # May fail, since only root may give files away; the contents matter more.
                    with contextlib.suppress(OSError):
                        os.fchown(file.fileno(), *target.before.owner)
                if target.mode is not None:
                    os.fchmod(file.fileno(), target.mode & 0o777)

    def replace(self, target: Target) -> None:
        """Move the staged contents to the target's path, or remove the target."""
        with _explained(target):
            directory = self._made_directory(target)
            name = os.path.basename(target.path)
            if target.before is not None:
                self._keep(target, directory, name)
            if target.after is not None:
                os.rename(
                    self._staged[target.path], name, src_dir_fd=directory, dst_dir_fd=directory
                )
                if target.before is None:
                    self._undo.append((target.path, lambda: _remove(name, directory)))

    def _keep(self, target: Target, directory: int, name: str) -> None:
        """Keep the old file under a second name until the transaction has succeeded.

        With a hard link, the target's own name is never missing. For removals, and on file systems
        without hard links, the file is renamed.
        """
        kept = f".codex-patch-{os.urandom(6).hex()}"
        both = {"src_dir_fd": directory, "dst_dir_fd": directory}
        if target.after is None or not _try_link(name, kept, directory):
            os.rename(name, kept, **both)

        def restore() -> None:
            os.rename(kept, name, **both)
            # Renaming one name of a file over another name of the same file leaves both.
            _remove(kept, directory)

        self._undo.append((target.path, restore))
        self._tidy.append(lambda: _remove(kept, directory))

    def _made_directory(self, target: Target) -> int:
        parent = os.path.dirname(target.path)
        directory = self._directory(parent, is_made=target.after is not None)
        if directory is None:
            raise PatchError(f"its directory '{parent}' is gone")
        return directory

    def _directory(self, path: str, *, is_made: bool) -> int | None:
        """Open the directory; return None if it does not exist and must not be created."""
        current = "/"
        descriptor = self._directories[current]
        for name in path.split("/")[1:]:
            parent = descriptor
            current = os.path.join(current, name)
            if current not in self._directories:
                if is_made:
                    self._make(name, parent, current)
                try:
                    self._directories[current] = os.open(name, OPEN_DIRECTORY, dir_fd=parent)
                except FileNotFoundError:
                    return None
            descriptor = self._directories[current]
        return descriptor

    def _make(self, name: str, parent: int, path: str) -> None:
        with contextlib.suppress(FileExistsError):
            os.mkdir(name, dir_fd=parent)
            self._undo.append((path, lambda: os.rmdir(name, dir_fd=parent)))

    def _roll_back(self, error: BaseException) -> None:
        lost: list[str] = []
        for path, step in reversed(self._undo):
            try:
                step()
            except OSError as exc:
                lost.append(f"'{path}': {exc.strerror}")
        if lost:
            raise PatchError(
                f"{error}\nThese paths could not be restored: {'; '.join(lost)}"
            ) from error


@contextlib.contextmanager
def _explained(target: Target) -> Iterator[None]:
    """Turn every OSError and PatchError of the block into a PatchError that names the path."""
    what = f"Failed to {'remove' if target.after is None else 'write'} '{target.path}'"
    try:
        yield
    except OSError as exc:
        raise PatchError(f"{what}: {exc.strerror}") from exc
    except PatchError as exc:
        raise PatchError(f"{what}: {exc.message}") from exc


def _try_link(name: str, second: str, directory: int) -> bool:
    """Give a file a second name, a hard link; return False if that is impossible."""
    try:
        os.link(name, second, src_dir_fd=directory, dst_dir_fd=directory, follow_symlinks=False)
    except OSError:
        return False
    return True


def _remove(name: str, directory: int) -> None:
    with contextlib.suppress(FileNotFoundError):
        os.unlink(name, dir_fd=directory)


def _is_changed(target: Target) -> bool:
    before = target.before
    return before is None or before.is_link or before.data != target.after


def _identity(entry: Entry | None) -> tuple[bytes, bool] | None:
    return None if entry is None else (entry.data, entry.is_link)
