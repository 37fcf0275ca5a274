"""`codex sessions`, `rename`, `archive`, `unarchive` and `delete`: manage session files."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple

from codex.base.errors import CodexError, ExitStatus
from codex.base.jsonio import dumps
from codex.base.printable import printable
from codex.rollout import store as sessions
from codex.rollout.files import size_text, summarize
from codex.rollout.format import timestamp
from codex.rollout.names import rename, session_names

if TYPE_CHECKING:
    from codex.base.host import Host
    from codex.rollout.files import SessionFile, SessionSummary

DEFAULT_LIMIT = 20
_TITLE_WIDTH = 60


class Listing(NamedTuple):
    """Which sessions `codex sessions` lists, and in which form."""

    is_everywhere: bool
    """Whether sessions of every folder are listed."""
    is_archived: bool
    """Whether archived sessions are listed instead of the others."""
    is_json: bool
    limit: int | None
    """Largest number of sessions to list; None: DEFAULT_LIMIT, but all if `is_json`."""


def show_sessions(host: Host, codex_home: str, listing: Listing) -> int:
    """Print the sessions that `listing` chooses, most recently written first; return DONE."""
    cwd = None if listing.is_everywhere else host.cwd
    limit = listing.limit
    if limit is None and not listing.is_json:
        limit = DEFAULT_LIMIT
    count = 0
    for summary in sessions.sessions(codex_home, cwd=cwd, is_archived=listing.is_archived):
        if count == limit:
            host.stderr.write(f"There are more; to see them, add --limit {10 * count}\n")
            break
        count += 1
        if listing.is_json:
            host.stdout.write(_json(summary))
        else:
            host.stdout.write(_text(summary, has_cwd=listing.is_everywhere))
    if not count:
        kind = "archived sessions" if listing.is_archived else "sessions"
        here = "" if listing.is_everywhere else " in this folder; for all folders, add --all"
        host.stderr.write(f"no {kind}{here}\n")
    return ExitStatus.DONE


def rename_session(host: Host, codex_home: str, wanted: str, name: str) -> int:
    """Give a session the name `name`; an empty one removes its name.

    Args: wanted: the session's id, the start of it, or its name; if several have this name, it
        means the one that got it last.
    Raises: CodexError, if no session fits, or several ids have this start.
    """
    file = sessions.find_session(codex_home, wanted)
    rename(codex_home, file.id, name, clock_s=host.clock())
    return ExitStatus.DONE


def archive_session(host: Host, codex_home: str, wanted: str) -> int:
    """Archive a session: move its file, and say where.

    Args: wanted: as in `rename_session`.
    Raises: CodexError, if no session fits or several ids do, or another process has it open.
    """
    path = sessions.archive(codex_home, sessions.find_session(codex_home, wanted))
    host.stderr.write(f"moved to {printable(path)}\n")
    return ExitStatus.DONE


def unarchive_session(host: Host, codex_home: str, wanted: str) -> int:
    """Restore an archived session: move its file back, and say where.

    Args: wanted: as in `rename_session`.
    Raises: CodexError, if no archived session fits, or several ids have this start.
    """
    path = sessions.unarchive(
        codex_home, sessions.find_session(codex_home, wanted, is_archived=True)
    )
    host.stderr.write(f"moved to {printable(path)}\n")
    return ExitStatus.DONE


def delete_session(host: Host, codex_home: str, wanted: str, *, is_sure: bool) -> int:
    """Delete a session, archived or not, after confirmation on the terminal.

    Args: wanted: as in `rename_session`. is_sure: whether to skip the confirmation.
    Returns: FAILED if the user said no.
    Raises: CodexError, if no session fits or several ids do, another process has it open, or there
        is no terminal to confirm on.
    """
    file = sessions.find_session(codex_home, wanted, is_archived=None)
    if not (is_sure or _is_sure(host, codex_home, file)):
        return ExitStatus.FAILED
    sessions.delete_session_file(file)
    return ExitStatus.DONE


def _is_sure(host: Host, codex_home: str, file: SessionFile) -> bool:
    if not host.stdin.isatty():
        raise CodexError(
            f"the session {file.id} was not deleted: there is no terminal to ask on",
            advice="To delete it without confirmation: --yes",
        )
    summary = summarize(file, session_names(codex_home).get(file.id))
    if summary is not None:
        host.stderr.write(_text(summary, has_cwd=True))
    host.stderr.write("Delete this session permanently? [y/N] ")
    host.stderr.flush()
    return host.stdin.readline().strip().lower() in ("y", "yes")


def _text(summary: SessionSummary, *, has_cwd: bool) -> str:
    when = time.strftime("%Y-%m-%d %H:%M", time.localtime(summary.updated_s))
    title = printable(summary.name or summary.first_message).replace("\n", " ")
    if len(title) > _TITLE_WIDTH:
        title = title[: _TITLE_WIDTH - 1] + "…"
    place = f"  {printable(summary.cwd or '')}" if has_cwd else ""
    return f"{when}  {size_text(summary.size):>8}  {summary.id}{place}  {title}\n"


def _json(summary: SessionSummary) -> str:
    return (
        dumps(
            {
                "id": summary.id,
                "name": summary.name,
                "cwd": summary.cwd,
                "started": summary.started,
                "updated": timestamp(summary.updated_s),
                "size": summary.size,
                "first_message": summary.first_message,
                "source": summary.source,
                "is_archived": summary.is_archived,
                "path": summary.path,
            }
        ).decode()
        + "\n"
    )
