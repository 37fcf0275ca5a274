"""The sessions of a CODEX_HOME: list, find, read, archive and delete them."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

from codex.base.errors import CodexError
from codex.rollout.files import (
    FILE_NAME,
    SessionFile,
    SessionSummary,
    session_files,
    summarize,
)
from codex.rollout.names import session_names
from codex.rollout.resume import load
from codex.rollout.writer import lock, make_folders, open_for_append

if TYPE_CHECKING:
    from collections.abc import Iterator

    from codex.rollout.resume import Resumed


def sessions(
    codex_home: str, *, cwd: str | None = None, is_archived: bool = False
) -> Iterator[SessionSummary]:
    """Yield the summaries of sessions, most recently written first; read each file when needed.

    Args: cwd: only sessions that started in this folder; None means all. is_archived: yield the
        archived sessions instead of the others.
    """
    names = session_names(codex_home)
    for file in session_files(codex_home, is_archived=is_archived):
        summary = summarize(file, names.get(file.id))
        if summary is not None and (cwd is None or is_same_folder(summary.cwd, cwd)):
            yield summary


def list_sessions(
    codex_home: str,
    *,
    cwd: str | None = None,
    is_archived: bool = False,
    limit: int | None = None,
) -> list[SessionSummary]:
    """Return the summaries that `sessions` yields for the same arguments, at most `limit` of them.

    A limit of None means all.
    """
    found: list[SessionSummary] = []
    for summary in sessions(codex_home, cwd=cwd, is_archived=is_archived):
        if len(found) == limit:
            break
        found.append(summary)
    return found


def find_session(codex_home: str, wanted: str, *, is_archived: bool | None = False) -> SessionFile:
    """Return the file of the session with an id, a name, or the beginning of an id, in this order.

    Of sessions with the same name, return the one that got it last.

    Args: is_archived: whether to search the archived sessions or the others; None searches both.
    Raises: CodexError, if there is no such session, or if several ids have this beginning.
    """
    names = session_names(codex_home)
    kinds = (False, True) if is_archived is None else (is_archived,)
    files = [file for kind in kinds for file in session_files(codex_home, is_archived=kind)]
    found = _matches(files, names, wanted)
    if len(found) == 1:
        return found[0]
    if found:
        raise CodexError(
            f"the ids of {len(found)} sessions begin with '{wanted}'",
            advice="\n".join(
                [
                    "Give more of the id. The latest of these sessions:",
                    *(f"  {file.id}" for file in found[:10]),
                ]
            ),
        )
    if is_archived is False and _matches(
        session_files(codex_home, is_archived=True), names, wanted
    ):
        raise CodexError(
            f"the session '{wanted}' is archived",
            advice=f"To restore it, run: codex unarchive {wanted}",
        )
    raise CodexError(
        f"no rollout found for thread id {wanted}",
        advice="To list the sessions, run: codex sessions --all",
    )


def open_session(codex_home: str, wanted: str | None, *, cwd: str | None) -> Resumed:
    """Read the conversation of a session, to be continued.

    Args: wanted: id, name or beginning of an id; None means the most recently written session. cwd:
        the folder where the latter started; None means any. Archived sessions are not found.
    Raises: CodexError, if there is no such session, if several ids have this beginning, or if the
        file cannot be read.
    """
    if wanted is None:
        last = last_session(codex_home, cwd=cwd)
        return load(last.path, name=last.name)
    file = find_session(codex_home, wanted)
    return load(file.path, name=session_names(codex_home).get(file.id))


def last_session(codex_home: str, *, cwd: str | None) -> SessionSummary:
    """Return the most recently written session that is not archived.

    Args: cwd: only sessions that started in this folder; None means all.
    Raises: CodexError, if there is no such session.
    """
    for summary in sessions(codex_home, cwd=cwd):
        return summary
    if cwd is None:
        raise CodexError("there is no session yet")
    raise CodexError(
        f"there is no session in the folder '{cwd}'",
        advice="To include the sessions of other folders, add --all.",
    )


def _matches(files: list[SessionFile], names: dict[str, str], wanted: str) -> list[SessionFile]:
    """Return files by complete id, else by name (the latest so named), else by start of the id."""
    lowered = wanted.lower()
    exact = [file for file in files if file.id == lowered]
    if exact:
        return exact[:1]
    by_id = {file.id: file for file in files}
    named = [id_ for id_, name in names.items() if name == wanted and id_ in by_id]
    if named:
        return [by_id[named[-1]]]
    return [file for file in files if wanted and file.id.startswith(lowered)]


def archive(codex_home: str, file: SessionFile) -> str:
    """Move a session's file to the folder `archived_sessions`; return its new path.

    Raises: CodexError, also if the session is open in another process.
    """
    return _move(file, os.path.join(codex_home, "archived_sessions"))


def unarchive(codex_home: str, file: SessionFile) -> str:
    """Move an archived session's file back to its folder in `sessions`; return its new path.

    Raises: CodexError, also if the session is open in another process.
    """
    match = FILE_NAME.fullmatch(os.path.basename(file.path))
    assert match is not None  # session_files returns no other names
    return _move(file, os.path.join(codex_home, "sessions", *match.group(1, 2, 3)))


def delete_session_file(file: SessionFile) -> None:
    """Delete a session's file permanently.

    Raises: CodexError, also if the session is open in another process.
    """
    with _held(file, f"cannot delete '{file.path}'"):
        os.unlink(file.path)


def _move(file: SessionFile, folder: str) -> str:
    target = os.path.join(folder, os.path.basename(file.path))
    what = f"cannot move '{file.path}' to '{target}'"
    with _held(file, what):
        make_folders(folder)
        if os.path.lexists(target):
            raise CodexError(f"{what}: a file of this name already exists")
        os.rename(file.path, target)
    return target


@contextlib.contextmanager
def _held(file: SessionFile, what: str) -> Iterator[None]:
    """Lock a session file during the block, so that no other process continues the session.

    Args: what: the beginning of an error message.
    """
    try:
        descriptor = open_for_append(file.path)
        try:
            lock(descriptor, file.path, lambda _text: None)
            yield
        finally:
            os.close(descriptor)
    except OSError as error:
        raise CodexError(f"{what}: {error.strerror}") from error


def is_same_folder(one: str | None, other: str) -> bool:
    """Whether two paths lead to the same folder, links followed; False if `one` is unknown."""
    return one is not None and (one == other or os.path.realpath(one) == os.path.realpath(other))
