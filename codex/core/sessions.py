"""The session files of a CODEX_HOME: list them, find one, name it, put it away, delete it.

The files are the only truth; there is no database. What a listing shows is read from the head of
each file. Names are kept in `session_index.jsonl`, as today's Codex keeps them.
"""

from __future__ import annotations

import contextlib
import os
import re
import stat
from typing import TYPE_CHECKING, Any, NamedTuple

from codex.core.foreign_items import foreign_items
from codex.core.resume import load
from codex.core.rollout import lock, make_folders, open_for_append
from codex.core.rollout_format import timestamp
from codex.errors import CodexError
from codex.jsonio import dumps, loads
from codex.model.loose import as_dict, as_str
from codex.protocol.items import Message

if TYPE_CHECKING:
    from collections.abc import Iterator

    from codex.core.resume import Resumed

HEAD_BYTES = 512 * 1024
"""How far a listing reads into a file for the first message."""
_CHUNK = 32 * 1024
_TITLE_CHARACTERS = 400

FILE_NAME = re.compile(
    r"rollout-(\d{4})-(\d\d)-(\d\d)T\d\d-\d\d-\d\d-"
    r"([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\.jsonl"
)
INDEX = "session_index.jsonl"


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


def sessions(
    codex_home: str, *, cwd: str | None = None, is_archived: bool = False
) -> Iterator[SessionSummary]:
    """The sessions, the one that was written to last first; each is read when it is asked for.

    Args: cwd: only those of this folder.
    """
    names = session_names(codex_home)
    for file in session_files(codex_home, is_archived=is_archived):
        summary = summarize(file, names.get(file.id))
        if summary is not None and (cwd is None or _is_same_folder(summary.cwd, cwd)):
            yield summary


def list_sessions(
    codex_home: str,
    *,
    cwd: str | None = None,
    is_archived: bool = False,
    limit: int | None = None,
) -> list[SessionSummary]:
    """The first `limit` of `sessions`."""
    found: list[SessionSummary] = []
    for summary in sessions(codex_home, cwd=cwd, is_archived=is_archived):
        if len(found) == limit:
            break
        found.append(summary)
    return found


def find_session(codex_home: str, wanted: str, *, is_archived: bool | None = False) -> SessionFile:
    """The one session that an id, the beginning of one, or a name means.

    Args: is_archived: among which sessions; None is among all.
    Raises: CodexError, when there is none, or more than one.
    """
    names = session_names(codex_home)
    kinds = (False, True) if is_archived is None else (is_archived,)
    files = [file for kind in kinds for file in session_files(codex_home, is_archived=kind)]
    found = _matches(files, names, wanted)
    if len(found) == 1:
        return found[0]
    if found:
        raise CodexError(
            f"{len(found)} sessions begin with '{wanted}'",
            advice="\n".join(["The last ones:", *(f"  {file.id}" for file in found[:10])]),
        )
    if is_archived is False and _matches(
        session_files(codex_home, is_archived=True), names, wanted
    ):
        raise CodexError(
            f"the session '{wanted}' is archived", advice=f"Bring it back: codex unarchive {wanted}"
        )
    raise CodexError(
        f"no rollout found for thread id {wanted}", advice="See what there is: codex sessions --all"
    )


def open_session(codex_home: str, wanted: str | None, *, cwd: str | None) -> Resumed:
    """Read a session, to go on with it.

    Args: wanted: as for `find_session`; None is the one that was written to last. cwd: of which
        folder that one is; None is of any.
    Raises: CodexError.
    """
    if wanted is None:
        last = last_session(codex_home, cwd=cwd)
        return load(last.path, name=last.name)
    file = find_session(codex_home, wanted)
    return load(file.path, name=session_names(codex_home).get(file.id))


def last_session(codex_home: str, *, cwd: str | None) -> SessionSummary:
    """The session that was written to last. Args: cwd: only of this folder; None: of any.

    Raises: CodexError, when there is none.
    """
    for summary in sessions(codex_home, cwd=cwd):
        return summary
    if cwd is None:
        raise CodexError("there is no session yet")
    raise CodexError(
        f"there is no session of the folder '{cwd}'", advice="To take the last of any: --all"
    )


def _matches(files: list[SessionFile], names: dict[str, str], wanted: str) -> list[SessionFile]:
    """By whole id, else by name (the last that got it), else by the beginning of an id."""
    lowered = wanted.lower()
    exact = [file for file in files if file.id == lowered]
    if exact:
        return exact[:1]
    by_id = {file.id: file for file in files}
    named = [id_ for id_, name in names.items() if name == wanted and id_ in by_id]
    if named:
        return [by_id[named[-1]]]
    return [file for file in files if wanted and file.id.startswith(lowered)]


def session_names(codex_home: str) -> dict[str, str]:
    """Id -> name, in the order in which the names were given."""
    names: dict[str, str] = {}
    try:
        with open(os.path.join(codex_home, INDEX), "rb") as file:
            lines = file.readlines()
    except OSError:
        return names
    for line in lines:
        with contextlib.suppress(ValueError):
            entry = as_dict(loads(line))
            names.pop(as_str(entry.get("id")), None)
            if name := as_str(entry.get("thread_name")):
                names[as_str(entry.get("id"))] = name
    return names


def rename(codex_home: str, session_id: str, name: str, *, clock_s: float) -> None:
    """Give a session a name; an empty one takes its name away.

    Raises: CodexError.
    """
    entry = {"id": session_id, "thread_name": name, "updated_at": timestamp(clock_s)}
    path = os.path.join(codex_home, INDEX)
    flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
    try:
        descriptor = os.open(path, flags, 0o600)
        try:
            size = os.fstat(descriptor).st_size
            is_broken = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
            os.write(descriptor, (b"\n" if is_broken else b"") + dumps(entry) + b"\n")
        finally:
            os.close(descriptor)
    except OSError as error:
        raise CodexError(f"cannot write '{path}': {error.strerror}") from error


def archive(codex_home: str, file: SessionFile) -> str:
    """Put a session away; where it is now.

    Raises: CodexError, also when it is open.
    """
    return _move(file, os.path.join(codex_home, "archived_sessions"))


def unarchive(codex_home: str, file: SessionFile) -> str:
    """Bring a session back; where it is now.

    Raises: CodexError.
    """
    match = FILE_NAME.fullmatch(os.path.basename(file.path))
    assert match is not None  # session_files took no other
    return _move(file, os.path.join(codex_home, "sessions", *match.group(1, 2, 3)))


def delete(file: SessionFile) -> None:
    """Delete a session for good.

    Raises: CodexError, also when it is open.
    """
    with _held(file):
        os.unlink(file.path)


def _move(file: SessionFile, folder: str) -> str:
    target = os.path.join(folder, os.path.basename(file.path))
    with _held(file):
        make_folders(folder)
        if os.path.lexists(target):
            raise CodexError(f"cannot move '{file.path}': '{target}' is there already")
        os.rename(file.path, target)
    return target


@contextlib.contextmanager
def _held(file: SessionFile) -> Iterator[None]:
    """Keep everybody else from going on with a session meanwhile."""
    try:
        descriptor = open_for_append(file.path)
        try:
            lock(descriptor, file.path, lambda _text: None)
            yield
        finally:
            os.close(descriptor)
    except OSError as error:
        raise CodexError(f"cannot change '{file.path}': {error.strerror}") from error


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


def _is_same_folder(one: str | None, other: str) -> bool:
    return one is not None and (one == other or os.path.realpath(one) == os.path.realpath(other))
