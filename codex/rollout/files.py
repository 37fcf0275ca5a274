"""The session files of a CODEX_HOME: which there are, and what the head of each tells of it.

The files are the only truth; there is no database. Nothing is changed here.
"""

from __future__ import annotations

import contextlib
import os
import re
import stat
from typing import TYPE_CHECKING, Any, NamedTuple

from codex.base.jsonio import loads
from codex.model.loose import as_dict, as_str
from codex.protocol.items import Message
from codex.rollout.foreign_items import foreign_items

if TYPE_CHECKING:
    from collections.abc import Iterator

HEAD_BYTES = 512 * 1024
"""How far a listing reads into a file for the first message."""
_CHUNK = 32 * 1024
_TITLE_CHARACTERS = 400

FILE_NAME = re.compile(
    r"rollout-(\d{4})-(\d\d)-(\d\d)T\d\d-\d\d-\d\d-"
    r"([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\.jsonl"
)


class SessionFile(NamedTuple):
    """One file, as its folder tells."""

    id: str
    path: str
    updated_s: float
    """When it was last written to, in seconds since the epoch."""
    size: int
    """Bytes."""
    is_archived: bool


class SessionSummary(NamedTuple):
    """What a list of sessions shows of one."""

    id: str
    path: str
    updated_s: float
    """When it was last written to, in seconds since the epoch."""
    size: int
    """Bytes."""
    is_archived: bool
    name: str | None
    """What the user calls it."""
    started: str
    """UTC, `2026-11-23T01:37:49.042Z`; what the file says."""
    cwd: str | None
    """None where the file does not tell."""
    first_message: str
    """Of the user; the beginning of a long one, empty when there is none near the file's start."""
    source: str
    """The front end it was begun with: `cli`, `exec`, `proto`, `vscode`, ...; may be empty."""


def size_text(size: int) -> str:
    """Bytes for people, in units of a thousand: `934 B`, `18 kB`."""
    for unit in ("B", "kB", "MB"):
        if size < 1000:
            return f"{size} {unit}"
        size //= 1000
    return f"{size} GB"


def session_files(codex_home: str, *, is_archived: bool = False) -> list[SessionFile]:
    """Every session file, the one that was written to last first."""
    found = []
    root = os.path.join(codex_home, "archived_sessions" if is_archived else "sessions")
    for entry in _files(root, depth=3):
        match = FILE_NAME.fullmatch(entry.name)
        if match is None:
            continue
        with contextlib.suppress(OSError):  # gone meanwhile
            status = entry.stat(follow_symlinks=False)
            if not stat.S_ISREG(status.st_mode):
                continue  # reading a pipe waits for its writer
            found.append(
                SessionFile(match[4], entry.path, status.st_mtime, status.st_size, is_archived)
            )
    found.sort(key=lambda file: (file.updated_s, file.path), reverse=True)
    return found


def summarize(file: SessionFile, name: str | None) -> SessionSummary | None:
    """What a list shows of a file; None when it holds no session."""
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
    """The first lines of a file."""

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

    def _meta(self, meta: dict[str, Any]) -> None:
        if not self.has_meta:
            self.has_meta = True
            self.started = as_str(meta.get("timestamp"))
            self.cwd = as_str(meta.get("cwd")) or None
            self.source = as_str(meta.get("source"))

    def _item(self, raw: dict[str, Any]) -> None:
        for item in foreign_items(raw) or ():
            if isinstance(item, Message) and item.role == "user" and not self.first_message:
                self.first_message = item.text


def _files(folder: str, *, depth: int) -> Iterator[os.DirEntry[str]]:
    """The files below a folder, at most `depth` folders down."""
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.endswith(".jsonl"):
                yield entry
            elif depth and entry.is_dir():
                yield from _files(entry.path, depth=depth - 1)
