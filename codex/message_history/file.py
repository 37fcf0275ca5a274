"""history.jsonl on the disk, which many processes append to, shorten and rewrite concurrently.

A file only grows: to drop or delete lines, a new file replaces it, so that offsets into an inode
stay valid. Two locks are held for any change: one on `history.jsonl.lock`, which stays the same
file when the history is replaced, and one on the history itself, which other versions of Codex
lock. No method waits for a lock: it reports that it failed, and the caller tries again.

Must not know what a line means.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import sys
from typing import TYPE_CHECKING, NamedTuple

from codex.base.errors import CodexError
from codex.base.file_lock import LockState, try_lock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from io import FileIO

HISTORY_FILE_NAME = "history.jsonl"
MODE = 0o600
KEPT_TENTHS = 8
"""Tenths of `max_bytes` that shortening keeps, so that not every append shortens the file."""
_CHUNK = 1 << 16
# Windows lacks the first three; other systems lack O_BINARY.
_SAFELY = (
    getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)  # opening a pipe must not wait for its writer
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)


class HistoryError(CodexError):
    """The message history cannot be read or written."""


class NotShortenedError(HistoryError):
    """The lines were added, but the file could not be shortened to its size limit."""


class _Held(NamedTuple):
    """The open history file, while no other process may change it."""

    descriptor: int
    is_locked: bool
    """False where the file system has no locks."""


class HistoryFile:
    """Changes the history of one CODEX_HOME. Not thread-safe."""

    def __init__(self, folder: str, max_bytes: int | None = None) -> None:
        """Args: folder: CODEX_HOME. max_bytes: size limit of the file; None and 0 mean none."""
        self.path = os.path.join(folder, HISTORY_FILE_NAME)
        self._folder = folder
        self._lock_path = self.path + ".lock"
        self._new_path = self.path + ".new"
        self._max_bytes = max_bytes or None
        self.has_locks = True
        """Whether the file system had locks at the last change; True before the first."""

    def append(self, lines: bytes) -> bool:
        """Add whole lines in one write; then shorten a file that exceeds the size limit.

        Shortening drops the oldest lines until KEPT_TENTHS of the limit are left. Where the file
        system has no locks, lines are added all the same, but the file is not shortened.

        Returns: False if another process holds a lock; nothing was written, try again.
        Raises: HistoryError; nothing was written, unless it is a NotShortenedError. Without locks,
            a full disk may have taken a part.
        """
        with self._held("add to") as held:
            if held is None:
                return False
            size = os.fstat(held.descriptor).st_size
            if size and not _ends_with_newline(held.descriptor, size):
                # An unfinished line that a crash left must not spoil the next one.
                lines = b"\n" + lines
            _append_all(held, lines, size)
            size += len(lines)
            if held.is_locked and self._max_bytes is not None and size > self._max_bytes:
                self._shorten(held.descriptor, size, self._max_bytes)
            return True

    def rewrite(self, keep: Callable[[int, bytes], bool]) -> bool:
        """Replace the history with the lines for which `keep` returns True.

        Args: keep: called with the number of each line, from 0, and the line without its newline.
        Returns: False if another process holds a lock; nothing has changed.
        Raises: HistoryError, also without locks; whatever `keep` raises. Nothing has changed.
        """
        with self._held("rewrite") as held:
            if held is None:
                return False
            if not held.is_locked:
                raise HistoryError(f'cannot rewrite "{self.path}": its file system has no locks')
            lines = enumerate(_lines(held.descriptor))
            self._replace(line + b"\n" for number, line in lines if keep(number, line))
            return True

    def state(self) -> tuple[int, int]:
        """Return the file's inode and size, without a lock; any change alters one of them.

        Return (0, 0) if there is no file.
        """
        try:
            status = os.stat(self.path, follow_symlinks=False)
        except OSError:
            return (0, 0)
        return (status.st_ino, status.st_size)

    @contextlib.contextmanager
    def _held(self, purpose: str) -> Iterator[_Held | None]:
        """Open and lock the history, created if missing; yield None if another process has it."""
        with contextlib.ExitStack() as stack:
            try:
                os.makedirs(self._folder, 0o700, exist_ok=True)
                yield self._try_hold(stack)
            except OSError as error:
                about = "" if error.filename in (None, self.path) else f'"{error.filename}": '
                raise HistoryError(
                    f'cannot {purpose} "{self.path}": {about}{error.strerror}'
                ) from error

    def _try_hold(self, stack: contextlib.ExitStack) -> _Held | None:
        lock = open_own(self._lock_path, os.O_RDWR | os.O_CREAT)
        stack.callback(os.close, lock)
        state = try_lock(lock)
        if state is LockState.BUSY:
            return None
        history = open_own(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT)
        stack.callback(os.close, history)
        if sys.platform != "win32" and try_lock(history) is LockState.BUSY:
            return None
        # The file may have been replaced before it was locked: then the path names another file.
        if not is_still(self.path, os.fstat(history)):
            return None
        self.has_locks = state is LockState.HELD
        return _Held(history, self.has_locks)

    def _shorten(self, descriptor: int, size: int, max_bytes: int) -> None:
        start = _cut(descriptor, size, max_bytes * KEPT_TENTHS // 10)
        if start == 0:
            return
        try:
            self._replace(_chunks(descriptor, start))
        except OSError as error:
            message = f'cannot shorten "{self.path}" to {max_bytes} bytes: {error.strerror}'
            raise NotShortenedError(message) from error

    def _replace(self, chunks: Iterable[bytes]) -> None:
        """Replace the history with a new file of `chunks`; a kill meanwhile leaves the old one."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self._new_path)  # left by a killed process
        new = open_own(self._new_path, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
        try:
            try:
                for chunk in chunks:
                    _write_all(new, chunk)
                # Without fsync, the new name may reach the disk before the contents.
                os.fsync(new)
            finally:
                os.close(new)
            os.replace(self._new_path, self.path)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(self._new_path)
            raise


def open_for_reading(path: str) -> FileIO | None:
    """Open the history for reading; return None if it does not exist. Raises: HistoryError."""
    try:
        return open(open_own(path, os.O_RDONLY), "rb", buffering=0)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise HistoryError(f'cannot read "{path}": {error.strerror}') from error


def open_own(path: str, flags: int) -> int:
    """Open a file that the user owns, not through a symbolic link; set its mode to 0600.

    Returns: the descriptor. Args: flags: as for os.open.
    Raises: HistoryError, for a link, another user's file, or anything but a regular file. OSError.
    """
    try:
        descriptor = os.open(path, flags | _SAFELY, MODE)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise HistoryError(f'cannot use "{path}": it is a symbolic link') from error
        raise
    try:
        _check_own(path, descriptor, must_fit=flags & (os.O_WRONLY | os.O_RDWR) != 0)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def is_still(path: str, opened: os.stat_result) -> bool:
    """Return whether a path still names the file that was opened through it."""
    try:
        return os.path.samestat(os.stat(path, follow_symlinks=False), opened)
    except OSError:
        return False


def _check_own(path: str, descriptor: int, *, must_fit: bool) -> None:
    """Check type, owner and mode. Args: must_fit: whether a mode that cannot be set is an error."""
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        raise HistoryError(f'cannot use "{path}": it is not a regular file')
    if sys.platform == "win32":
        return
    if status.st_uid != os.geteuid():
        raise HistoryError(f'cannot use "{path}": it belongs to another user (id {status.st_uid})')
    if status.st_mode & 0o777 != MODE:
        try:
            os.fchmod(descriptor, MODE)
        except OSError:
            if must_fit:
                raise


def _ends_with_newline(descriptor: int, size: int) -> bool:
    os.lseek(descriptor, size - 1, os.SEEK_SET)
    return os.read(descriptor, 1) == b"\n"


def _append_all(held: _Held, data: bytes, size: int) -> None:
    """Append all of the data or, if possible, nothing. Args: size: size of the file before."""
    try:
        _write_all(held.descriptor, data)
    except OSError:
        if held.is_locked:
            with contextlib.suppress(OSError):
                os.ftruncate(held.descriptor, size)  # a full disk took only a part
        raise


def _write_all(descriptor: int, data: bytes) -> None:
    written = os.write(descriptor, data)
    while written < len(data):
        written += os.write(descriptor, data[written:])


def _cut(descriptor: int, size: int, kept: int) -> int:
    """Return the offset of the lines to keep: at most `kept` bytes, but always the newest line."""
    position = max(size - kept, 1) - 1  # a newline here ends a line that is dropped
    while position < size - 1:
        found = _read_at(descriptor, position, _CHUNK).find(b"\n")
        if found >= 0 and position + found < size - 1:
            return position + found + 1
        position += _CHUNK
    end = size - 1
    while end > 0:
        start = max(end - _CHUNK, 0)
        found = _read_at(descriptor, start, end - start).rfind(b"\n")
        if found >= 0:
            return start + found + 1
        end = start
    return 0


def _read_at(descriptor: int, position: int, count: int) -> bytes:
    os.lseek(descriptor, position, os.SEEK_SET)
    return os.read(descriptor, count)


def _chunks(descriptor: int, start: int) -> Iterator[bytes]:
    os.lseek(descriptor, start, os.SEEK_SET)
    while chunk := os.read(descriptor, _CHUNK):
        yield chunk


def _lines(descriptor: int) -> Iterator[bytes]:
    """Yield every line without its newline, including an unfinished last one."""
    with open(os.dup(descriptor), "rb") as file:
        file.seek(0)
        for line in file:
            yield line.removesuffix(b"\n")
