"""history.jsonl on the disk: appended to, cut to its size, rewritten; by many processes at once.

Two locks are held for any change. That of `history.jsonl.lock` stays one and the same while the
history is replaced; that of the history itself is the one other versions of Codex take. Both are
only asked for, never waited for: the caller comes again. What replaces the history is a new file
under its name, so that an inode only ever grows, and offsets into it stay good.

Nothing here knows what a line means. Source: spec/history.md, sections 3 and 12.
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
"""How much of `max_bytes` a cut leaves, so that not every append cuts."""
_CHUNK = 1 << 16
# Windows has none of the first three; elsewhere there is no "binary".
_SAFELY = (
    getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)  # opening a pipe must not wait for its writer
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)


class HistoryError(CodexError):
    """The message history cannot be read or written."""


class NotShortenedError(HistoryError):
    """What was to be added is there, but the size limit is not kept."""


class _Held(NamedTuple):
    """The history, open for a change that nobody else is making."""

    descriptor: int
    is_locked: bool
    """False where the file system has no locks."""


class HistoryFile:
    """The history of one CODEX_HOME, to be changed. Not thread-safe."""

    def __init__(self, folder: str, max_bytes: int | None = None) -> None:
        """Args: max_bytes: beyond it the oldest lines go; None and 0 keep them all."""
        self.path = os.path.join(folder, HISTORY_FILE_NAME)
        self._folder = folder
        self._lock_path = self.path + ".lock"
        self._new_path = self.path + ".new"
        self._max_bytes = max_bytes or None
        self.has_locks = True
        """False once the file system was found to have none: appends go on without."""

    def append(self, lines: bytes) -> bool:
        """Add whole lines, in one write; then drop the oldest ones beyond the size limit.

        Returns: False when another process is at it; nothing was written, try again.
        Raises: HistoryError; nothing was written, unless it is a NotShortenedError.
        """
        with self._held("add to") as held:
            if held is None:
                return False
            size = os.fstat(held.descriptor).st_size
            if size and not _ends_with_newline(held.descriptor, size):
                # What a crash left unfinished becomes a line of its own, which spoils no other.
                lines = b"\n" + lines
            _append_all(held, lines, size)
            size += len(lines)
            if held.is_locked and self._max_bytes is not None and size > self._max_bytes:
                self._shorten(held.descriptor, size, self._max_bytes)
            return True

    def rewrite(self, keep: Callable[[int, bytes], bool]) -> bool:
        """Replace the history by those of its lines that are to stay.

        Args: keep: takes a line's number, from 0, and the line without its end.
        Returns: False when another process is at it; nothing has changed.
        Raises: HistoryError, also where there are no locks; what `keep` raises. Nothing changed.
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
        """What any change of the history changes; without a lock."""
        try:
            status = os.stat(self.path, follow_symlinks=False)
        except OSError:
            return (0, 0)
        return (status.st_ino, status.st_size)

    @contextlib.contextmanager
    def _held(self, purpose: str) -> Iterator[_Held | None]:
        """The history, created when missing; None while another process changes it."""
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
        # Between opening and locking it may have been replaced: then this one has no name any more.
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
        """Put a new file in the history's place; whoever is killed here leaves the old one."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self._new_path)  # of one that was killed
        new = open_own(self._new_path, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
        try:
            try:
                for chunk in chunks:
                    _write_all(new, chunk)
                # Otherwise the new name may reach the disk before the content does.
                os.fsync(new)
            finally:
                os.close(new)
            os.replace(self._new_path, self.path)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(self._new_path)
            raise


def open_for_reading(path: str) -> FileIO | None:
    """The history; None when there is none. Raises: HistoryError."""
    try:
        return open(open_own(path, os.O_RDONLY), "rb", buffering=0)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise HistoryError(f'cannot read "{path}": {error.strerror}') from error


def open_own(path: str, flags: int) -> int:
    """Open a file that is ours, not through a link; its mode becomes 0600.

    Raises: HistoryError, for a link, another user's file, or anything that is no file; OSError.
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
    """Whether a path still names what was opened through it."""
    try:
        return os.path.samestat(os.stat(path, follow_symlinks=False), opened)
    except OSError:
        return False


def _check_own(path: str, descriptor: int, *, must_fit: bool) -> None:
    """Args: must_fit: nothing is to be written where the mode cannot be set."""
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        raise HistoryError(f'cannot use "{path}": it is not a regular file')
    if sys.platform == "win32":
        return
    if status.st_uid != os.geteuid():
        raise HistoryError(f'cannot use "{path}": it belongs to another user ({status.st_uid})')
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
    """Append all or nothing, as far as that is to be had. Args: size: before it."""
    try:
        _write_all(held.descriptor, data)
    except OSError:
        if held.is_locked:
            with contextlib.suppress(OSError):
                os.ftruncate(held.descriptor, size)  # a full disk took a part
        raise


def _write_all(descriptor: int, data: bytes) -> None:
    written = os.write(descriptor, data)
    while written < len(data):
        written += os.write(descriptor, data[written:])


def _cut(descriptor: int, size: int, kept: int) -> int:
    """Where the lines that stay begin: at most `kept` bytes from the end, but the newest always."""
    position = max(size - kept, 1) - 1  # a newline here ends a line that goes
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
    """Every line without its end, also a last one that has none."""
    with open(os.dup(descriptor), "rb") as file:
        file.seek(0)
        for line in file:
            yield line.removesuffix(b"\n")
