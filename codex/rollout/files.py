"""The session files of a CODEX_HOME, and the summary that the head of each file gives.

There is no database beside the files: lists of sessions are made from the heads of the files. Must
not change anything.
"""

from __future__ import annotations

import contextlib
import os
import re
import stat
from typing import TYPE_CHECKING, NamedTuple

from codex.base.jsonio import loads
from codex.model.loose import as_dict, as_str
from codex.protocol.items import Message
from codex.rollout.foreign_items import foreign_items

if TYPE_CHECKING:
    from collections.abc import Iterator

    from codex.protocol.items import Json

HEAD_BYTES = 512 * 1024
"""A listing looks for the first message only in lines that begin in this many first bytes."""
_CHUNK = 32 * 1024
_TITLE_CHARACTERS = 400

FILE_NAME = re.compile(
    r"rollout-(\d{4})-(\d\d)-(\d\d)T\d\d-\d\d-\d\d-"
    r"([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\.jsonl"
)
"""Name of a session file; the groups are year, month and day of the start, and the session's id."""


class SessionFile(NamedTuple):
    """One session file, as its folder shows it; its contents are not read."""

    id: str
    path: str
    updated_s: float
    """Time of the last write, in seconds since the epoch."""
    size: int
    """Size in bytes."""
    is_archived: bool


class SessionSummary(NamedTuple):
    """One entry of a list of sessions."""

    id: str
    path: str
    updated_s: float
    """Time of the last write, in seconds since the epoch."""
    size: int
    """Size in bytes."""
    is_archived: bool
    name: str | None
    """Name that the user gave the session; None if there is none."""
    started: str
    """Time of the start in UTC, as the file says: `2026-11-23T01:37:49.042Z`; may be empty."""
    cwd: str | None
    """Working directory at the start, even if a later task had another; None if not in the file."""
    first_message: str
    """First 400 characters of the user's first message, on one line; empty if no message begins in
    the first 512 KiB of the file, or if its line is longer than that, as with a large image."""
    source: str
    """Front end that started the session: `cli`, `exec`, `proto`, `vscode`, ...; may be empty."""


def size_text(size: int) -> str:
    """Return a size in bytes for people, rounded down, in units of a thousand: `934 B`, `18 kB`."""
    for unit in ("B", "kB", "MB"):
        if size < 1000:
            return f"{size} {unit}"
        size //= 1000
    return f"{size} GB"


def session_files(codex_home: str, *, is_archived: bool = False) -> list[SessionFile]:
    """Return every session file, or every archived one, the most recently written first."""
    found = []
    root = os.path.join(codex_home, "archived_sessions" if is_archived else "sessions")
    for entry in _files(root, depth=3):
        match = FILE_NAME.fullmatch(entry.name)
        if match is None:
            continue
        with contextlib.suppress(OSError):  # removed meanwhile
            status = entry.stat(follow_symlinks=False)
            if not stat.S_ISREG(status.st_mode):
                continue  # reading a pipe would wait for its writer
            found.append(
                SessionFile(match[4], entry.path, status.st_mtime, status.st_size, is_archived)
            )
    found.sort(key=lambda file: (file.updated_s, file.path), reverse=True)
    return found


def summarize(file: SessionFile, name: str | None) -> SessionSummary | None:
    """Return a file's summary; None if it is unreadable or begins without a session's metadata.

    Args: name: the name that the user gave the session; None if there is none.
    """
    head = _Head()
    with contextlib.suppress(OSError), open(file.path, "rb", buffering=_CHUNK) as opened:
        while not head.is_complete and opened.tell() < HEAD_BYTES:
            line = opened.readline(HEAD_BYTES)
            if not line:
                break
            head.take(line)
    if not head.has_meta:
        return None
    message = " ".join(head.first_message[: 4 * _TITLE_CHARACTERS].split())[:_TITLE_CHARACTERS]
    return SessionSummary(
        *file,
        name=name,
        started=head.started,
        cwd=head.cwd,
        first_message=message,
        source=head.source,
    )


class _Head:
    """Collects what a summary needs from the first lines of a session file."""

    def __init__(self) -> None:
        self.has_meta = False
        self.started = ""
        self.cwd: str | None = None
        self.source = ""
        self.first_message = ""

    @property
    def is_complete(self) -> bool:
        return self.has_meta and bool(self.first_message)

    def take(self, line: bytes) -> None:
        try:
            value = as_dict(loads(line))
        except ValueError:
            return
        payload = as_dict(value.get("payload"))
        kind = value.get("type")
        if kind == "session_meta" or (kind is None and "id" in value):
            self._meta(payload or value)
        elif kind == "response_item":
            self._item(payload)
        elif kind == "message":  # May 2025
            self._item(value)

    def _meta(self, meta: dict[str, Json]) -> None:
        if not self.has_meta:
            self.has_meta = True
            self.started = as_str(meta.get("timestamp"))
            self.cwd = as_str(meta.get("cwd")) or None
            self.source = as_str(meta.get("source"))

    def _item(self, raw: dict[str, Json]) -> None:
        for item in foreign_items(raw) or ():
            if isinstance(item, Message) and item.role == "user" and not self.first_message:
                self.first_message = item.text


def _files(folder: str, *, depth: int) -> Iterator[os.DirEntry[str]]:
    """Yield what is named `*.jsonl` in a folder and in folders up to `depth` levels below it."""
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.endswith(".jsonl"):
                yield entry
            elif depth and entry.is_dir():
                yield from _files(entry.path, depth=depth - 1)
