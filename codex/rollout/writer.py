"""Rollout: the file of one session, written line by line while the session runs.

Each item is written as it enters the transcript, by the thread that records it, in one write. There
is no queue and no writer thread: a line takes some ten microseconds, and whatever is in the
transcript is in the file. A process that is killed loses at most the line that it was writing.
There is no fsync: the kernel keeps what a killed process wrote, and a power cut may lose the last
lines. Must not read the file; resume.py does that.

Items come from the thread that owns the transcript; events may come at the same time from a command
that the user runs beside the task (core/errands.py). So each line is made and written under a lock,
which keeps lines whole and in order.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import threading
import time
from typing import TYPE_CHECKING

import msgspec

from codex.base import git
from codex.base.errors import CodexError
from codex.base.file_lock import LockState, try_lock
from codex.rollout.format import RECORDED, event_payload, rollout_line, session_meta, turn_context

if TYPE_CHECKING:
    from collections.abc import Callable

    from codex.base.host import Host
    from codex.config.types import Config
    from codex.protocol.events import EventMsg
    from codex.protocol.items import Json, ResponseItem
    from codex.protocol.ops import Op
    from codex.rollout.resume import Resumed

MAX_WAITING_BYTES = 64 * 1024 * 1024
"""Most bytes kept in memory while the file cannot be written; beyond that, recording ends."""

_APPEND = os.O_RDWR | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW


def open_rollout(
    config: Config,
    host: Host,
    *,
    session_id: str,
    source: str,
    instructions: str,
    resumed: Resumed | None,
    warn: Callable[[str], None],
) -> Rollout:
    """Return the recorder of a new or resumed session; it records nothing of an ephemeral one.

    A resumed session's file is opened and locked; a new session's file is created later.

    Args: source: the front end: `cli`, `exec`, `proto` or `mcp`. instructions: the whole system
        text. resumed: the session to continue; None for a new one. warn: tells the user.
    Raises: CodexError, if another process has the session open or has changed its file.
    """
    if config.is_ephemeral:
        return unrecorded()
    if resumed is not None:
        rollout = Rollout(resumed.path, clock=host.clock, warn=warn)
        rollout.resume(resumed)
        return rollout
    started_s = host.clock()
    meta = session_meta(
        session_id,
        started_s=started_s,
        config=config,
        source=source,
        originator=host.environ.get("CODEX_INTERNAL_ORIGINATOR_OVERRIDE") or f"codex_{source}",
        instructions=instructions,
        git=git.state(config.cwd),
    )
    path = rollout_path(config.codex_home, session_id, started_s)
    return Rollout(path, clock=host.clock, warn=warn, meta=meta)


def unrecorded() -> Rollout:
    """Return a Rollout that records nothing, for a session that leaves no file."""
    return Rollout(None, clock=lambda: 0.0, warn=lambda _text: None)


def rollout_path(codex_home: str, session_id: str, started_s: float) -> str:
    """Return the path of a session's file, which names day and second of its start in UTC."""
    day = time.strftime("%Y/%m/%d", time.gmtime(started_s))
    second = time.strftime("%Y-%m-%dT%H-%M-%S", time.gmtime(started_s))
    return os.path.join(codex_home, "sessions", day, f"rollout-{second}-{session_id}.jsonl")


class Rollout:
    """One session's file, created when the first line after the session's metadata is recorded.

    A session without any message or user command leaves no file.
    """

    def __init__(
        self,
        path: str | None,
        *,
        clock: Callable[[], float],
        warn: Callable[[str], None],
        meta: dict[str, Json] | None = None,
    ) -> None:
        """Create a rollout.

        Args: path: path of the file; None records nothing. warn: tells the user; called at most
            once per problem, with the lock held, so it must not call this object. meta: metadata of
            a new file; None continues an old one.
        """
        self.path = path
        self._clock = clock
        self._warn = warn
        self._is_new = meta is not None
        self._instructions: str | None = None
        self._ordinal: int | None = None
        """Number of the next line, in a file of today's Codex that numbers its lines; else None."""
        self._descriptor: int | None = None
        self._waiting = bytearray()
        """Bytes that are not written yet: the current line, and more while the disk is full."""
        self._has_failed = False
        self._lock = threading.Lock()
        if meta is not None and path is not None:
            self._instructions = meta["instructions"]
            self._waiting += rollout_line(clock(), "session_meta", meta)

    def resume(self, resumed: Resumed) -> None:
        """Open and lock an old file before the session continues.

        If the file cannot be written, the user is warned and the session continues without it.

        Args: resumed: the conversation that was read from the file.
        Raises: CodexError, if another process has the file open, or has changed its size since it
            was read.
        """
        path = self.path
        self._instructions, self._ordinal = resumed.instructions, resumed.next_ordinal
        if path is None:
            return
        with self._lock:
            self._reopen(path, resumed.size)

    def _reopen(self, path: str, known_size: int) -> None:
        try:
            self._descriptor = self._open(path)
            size = os.fstat(self._descriptor).st_size
            if size and os.pread(self._descriptor, 1, size - 1) != b"\n":
                self._waiting += b"\n"  # a killed process left its last line broken
        except OSError as error:
            self._fail(error)
            self._close()
            return
        if size != known_size:
            self._close()
            raise CodexError(
                f"the session file '{path}' was changed while it was read", advice="Try again."
            )

    def item(self, item: ResponseItem) -> None:
        """Record an item of the transcript."""
        self._record("response_item", msgspec.to_builtins(item))

    def event(self, msg: EventMsg, task_id: str) -> None:
        """Record an event that the user saw, if it is of a recorded type (format.py)."""
        if type(msg) in RECORDED:
            self._record("event_msg", event_payload(msg, task_id))

    def answer(self, op: Op) -> None:
        """Record the user's answer to a question."""
        self._record("event_msg", msgspec.to_builtins(op))

    def turn_context(self, task_id: str, config: Config, instructions: str) -> None:
        """Record the settings of a task."""
        changed = None if instructions == self._instructions else instructions
        self._instructions = instructions
        self._record("turn_context", turn_context(task_id, config, changed))

    def close(self) -> None:
        """Close the file after a last attempt to write what is pending; record nothing more."""
        with self._lock:
            self._close()

    def _close(self) -> None:
        path, self.path = self.path, None
        if self._descriptor is not None:
            if path is not None and self._has_failed:
                with contextlib.suppress(OSError):
                    self._write(path)
            os.close(self._descriptor)
            self._descriptor = None

    def _record(self, kind: str, payload: Json) -> None:
        with self._lock:
            if self.path is None:
                return
            self._waiting += rollout_line(self._clock(), kind, payload, ordinal=self._ordinal)
            if self._ordinal is not None:
                self._ordinal += 1
            try:
                self._write(self.path)
            except OSError as error:
                self._fail(error)

    def _write(self, path: str) -> None:
        """Write the pending bytes; after a partial write, the rest stays pending."""
        if self._descriptor is None:
            self._descriptor = self._open(path)
        while self._waiting:
            written = os.write(self._descriptor, self._waiting)
            del self._waiting[:written]

    def _open(self, path: str) -> int:
        """Open and lock the file."""
        if self._is_new:
            make_folders(os.path.dirname(path))
            descriptor = os.open(path, _APPEND | os.O_CREAT | os.O_EXCL, 0o600)
            self._is_new = False
        else:
            descriptor = open_for_append(path)
        try:
            lock(descriptor, path, self._warn)
        except BaseException:
            os.close(descriptor)
            raise
        return descriptor

    def _fail(self, error: OSError) -> None:
        """Warn the user once, and keep what is not written pending: the next line tries it again.

        If more than MAX_WAITING_BYTES are pending, drop them and record nothing more.
        """
        if not self._has_failed:
            self._has_failed = True
            self._warn(
                f"cannot write the session file '{self.path}': {error.strerror or error}; "
                "what is not written will be missing when the session is resumed"
            )
        if len(self._waiting) > MAX_WAITING_BYTES:
            self._warn(
                f"more than {MAX_WAITING_BYTES // 2**20} MiB could not be written to the session "
                f"file '{self.path}': {error.strerror or error}; this part is lost, and the rest "
                "of the session is not recorded"
            )
            self._waiting.clear()
            self._close()


def make_folders(path: str) -> None:
    """Create a folder and its parents where they are missing, accessible to the user only.

    Raises: OSError.
    """
    if os.path.isdir(path):
        return
    make_folders(os.path.dirname(path))
    with contextlib.suppress(FileExistsError):
        os.mkdir(path, 0o700)


def open_for_append(path: str) -> int:
    """Open an old session file for appending, and set its mode to 0600; return its descriptor.

    Raises: OSError, also if it is not a regular file.
    """
    descriptor = os.open(path, _APPEND)
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise OSError(errno.EINVAL, "it is not a regular file")
        with contextlib.suppress(OSError):
            os.fchmod(descriptor, 0o600)  # Codex of May 2025 made it readable for all users
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def lock(descriptor: int, path: str, warn: Callable[[str], None]) -> None:
    """Lock an open session file, so that no other process continues the session.

    Args: warn: called with a text for the user if the file system has no locks.
    Raises: CodexError, if another process has locked the file already.
    """
    state = try_lock(descriptor)
    if state is LockState.BUSY:
        raise CodexError(
            f"the session '{path}' is open in {_owner(descriptor)}",
            advice="Close it there first, or work on a copy: codex fork, codex exec fork.",
        )
    if state is LockState.UNAVAILABLE:
        warn(
            f"the session file '{path}' cannot be locked because its file system has no locks: "
            "do not resume it twice at the same time"
        )


def _owner(descriptor: int) -> str:
    """Return "process PID" for the holder of a file's lock; "another process" if unknown."""
    status = os.fstat(descriptor)
    device = f"{os.major(status.st_dev):02x}:{os.minor(status.st_dev):02x}:{status.st_ino}"
    with contextlib.suppress(OSError), open("/proc/locks", encoding="ascii") as file:
        for words in map(str.split, file):
            if device in words and words[1] == "FLOCK" and words[4] not in ("0", "-1"):
                return f"process {words[4]}"
    return "another process"
