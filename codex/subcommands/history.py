"""`codex history`: list, search and delete messages of the message history.

It works on the existing file, whatever `history.persistence` says about new messages. `folder` is
CODEX_HOME in every function. An entry is one message, a line of the file.
"""

from __future__ import annotations

import contextlib
import os
import time
from typing import TYPE_CHECKING, NamedTuple

from codex.base.errors import CodexError, ExitStatus, UsageError
from codex.base.jsonio import dumps
from codex.base.printable import printable
from codex.message_history.file import HISTORY_FILE_NAME, HistoryError, HistoryFile
from codex.message_history.index import decode_entry, open_index
from codex.message_history.search import search

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from codex.base.host import Host
    from codex.message_history.index import HistoryIndex
    from codex.protocol.replies import HistoryEntry

DEFAULT_COUNT = 50
PATIENCE_S = 10.0
"""Longest wait until other processes release the history file, before deleting fails."""
_SHOWN_BEFORE_DELETION = 10
_AT_A_TIME = 1000


class ListOptions(NamedTuple):
    """How many entries `codex history list` and `search` show, and in which form."""

    limit: int = DEFAULT_COUNT
    """Largest number of entries to show, the newest ones; at least 1."""
    is_json: bool = False


class ChosenEntries(NamedTuple):
    """The entries to delete; exactly one of the fields must differ from its default."""

    numbers: tuple[int, ...] = ()
    """Numbers of the entries to delete, from 1, as `codex history list` shows them."""
    matching: str | None = None
    """Text; every entry that contains it, ignoring case, is deleted."""
    is_all: bool = False
    """Whether every entry is deleted."""


def show_path(host: Host, folder: str) -> int:
    """Print the path of the history file, even if it does not exist."""
    host.stdout.write(_path(folder) + "\n")
    return ExitStatus.DONE


def show_list(host: Host, folder: str, shown: ListOptions) -> int:
    """Print the newest entries, newest last. Raises: HistoryError, if the file cannot be read."""
    with _opened(host, folder) as index:
        if index is None:
            return ExitStatus.DONE
        first = max(index.count - shown.limit, 0)
        broken = 0
        for start in range(first, index.count, _AT_A_TIME):
            entries = index.entries(start, min(_AT_A_TIME, index.count - start))
            broken += entries.count(None)
            _print(host, index, enumerate(entries, start), shown)
        if broken:
            host.stderr.write(f"Skipped {_lines(broken)} that cannot be read.\n")
        if first:
            host.stderr.write(f"The newest {shown.limit} of {index.count}; -n shows more.\n")
        return ExitStatus.DONE


def show_matches(host: Host, folder: str, text: str, shown: ListOptions) -> int:
    """Print the newest entries that contain `text`, newest last.

    Returns: FAILED if none does, like grep.
    Raises: HistoryError, if the file cannot be read.
    """
    with _opened(host, folder) as index:
        if index is None:
            return ExitStatus.FAILED
        found = search(index, text, before=None, count=shown.limit)
        matches = [(match.offset, match.entry) for match in reversed(found.matches)]
        _print(host, index, matches, shown)
        if not matches:
            host.stderr.write(f'No message contains "{printable(text)}".\n')
            return ExitStatus.FAILED
        if not found.is_complete:
            host.stderr.write(f"The newest {shown.limit}; there may be more: -n shows more.\n")
        return ExitStatus.DONE


def delete(host: Host, folder: str, chosen: ChosenEntries, *, is_sure: bool) -> int:
    """Delete the chosen entries after confirmation on the terminal.

    Args: is_sure: whether to skip the confirmation.
    Returns: FAILED if the user said no, no entry matches or there is no history.
    Raises: CodexError, also if there is no terminal to confirm on; then nothing was deleted.
    """
    kinds = (bool(chosen.numbers), chosen.matching is not None, chosen.is_all)
    if sum(kinds) != 1:
        raise UsageError(
            "say what to delete by exactly one of: numbers as codex history list shows them,"
            " --matching TEXT, --all"
        )
    with _opened(host, folder) as index:
        if index is None:
            return ExitStatus.FAILED
        lines = _chosen_lines(index, chosen)
        if not lines and not chosen.is_all:
            host.stderr.write(f'No message contains "{printable(chosen.matching or "")}".\n')
            return ExitStatus.FAILED
        if not is_sure and not _confirmed(host, index, lines):
            host.stderr.write("Nothing was deleted.\n")
            return ExitStatus.FAILED
        _rewrite(HistoryFile(folder), lines, is_all=chosen.is_all)
        host.stdout.write(f"Deleted {_messages(len(lines))}.\n")
        return ExitStatus.DONE


def _path(folder: str) -> str:
    return os.path.join(folder, HISTORY_FILE_NAME)


@contextlib.contextmanager
def _opened(host: Host, folder: str) -> Iterator[HistoryIndex | None]:
    """Open the history; yield None, after a notice on stderr, if it is missing or empty."""
    path = _path(folder)
    index = open_index(path)
    if index is None:
        host.stderr.write(f'There is no message history yet: "{path}" does not exist.\n')
        yield None
        return
    with contextlib.closing(index):
        if index.count == 0:
            host.stderr.write(f'The message history "{path}" is empty.\n')
            yield None
        else:
            yield index


def _chosen_lines(index: HistoryIndex, chosen: ChosenEntries) -> dict[int, bytes]:
    """Return the lines to delete, oldest first, by line number, from 0."""
    if chosen.is_all:
        return dict(enumerate(index.lines(0, index.count)))
    if chosen.matching is not None:
        found = search(index, chosen.matching, before=None, count=index.count)
        offsets = [match.offset for match in reversed(found.matches)]
    else:
        offsets = sorted({number - 1 for number in chosen.numbers})
        for offset in offsets:
            if not 0 <= offset < index.count:
                raise CodexError(
                    f"there is no message {offset + 1}: the history has {index.count}",
                    advice="To see the numbers: codex history list",
                )
    return {offset: index.lines(offset, 1)[0] for offset in offsets}


def _confirmed(host: Host, index: HistoryIndex, lines: Mapping[int, bytes]) -> bool:
    if not host.stdin.isatty():
        raise CodexError(
            "nothing was deleted from the message history: there is no terminal to ask on",
            advice="To delete without confirmation: --yes",
        )
    width = len(str(index.count))
    for offset in list(lines)[:_SHOWN_BEFORE_DELETION]:
        host.stderr.write(_row(offset, decode_entry(lines[offset]), width))
    if len(lines) > _SHOWN_BEFORE_DELETION:
        host.stderr.write(f"... and {len(lines) - _SHOWN_BEFORE_DELETION} more\n")
    host.stderr.write(f"Delete {_messages(len(lines))} permanently? [y/N] ")
    host.stderr.flush()
    return host.stdin.readline().strip().lower() in ("y", "yes")


def _rewrite(file: HistoryFile, lines: Mapping[int, bytes], *, is_all: bool) -> None:
    def keep(number: int, line: bytes) -> bool:
        if is_all:
            return False
        if number in lines and lines[number] != line:
            raise HistoryError(
                "the history has changed in the meantime; nothing was deleted",
                advice="To see it as it is now: codex history list",
            )
        return number not in lines

    deadline = time.monotonic() + PATIENCE_S
    while not file.rewrite(keep):
        if time.monotonic() > deadline:
            raise HistoryError(
                f'cannot delete from "{file.path}": another program is using it; try again later'
            )
        time.sleep(0.005)


def _print(
    host: Host,
    index: HistoryIndex,
    entries: Iterable[tuple[int, HistoryEntry | None]],
    shown: ListOptions,
) -> None:
    width = len(str(index.count))
    for offset, entry in entries:
        if entry is None:
            continue
        if shown.is_json:
            members = {"number": offset + 1, "session_id": entry.session_id, "ts": entry.ts}
            host.stdout.write(dumps({**members, "text": entry.text}).decode() + "\n")
        else:
            host.stdout.write(_row(offset, entry, width))


def _row(offset: int, entry: HistoryEntry | None, width: int) -> str:
    """Return an entry as text for people: number, time, message; its later lines are indented.

    Args: offset: line number, from 0. width: columns of the number.
    """
    head = f"{offset + 1:>{width}}  "
    if entry is None:
        return f"{head}(cannot be read)\n"
    head += f"{_local_time(entry.ts)}  "
    first, *further = printable(entry.text).split("\n")
    return "".join((head, first, "\n", *(f"{' ' * len(head)}{line}\n" for line in further)))


def _local_time(ts: int) -> str:
    try:
        return time.strftime("%Y-%m-%d %H:%M", time.localtime(ts))
    except (OverflowError, ValueError, OSError):
        return "at an unknown time"


def _messages(count: int) -> str:
    return "1 message" if count == 1 else f"{count} messages"


def _lines(count: int) -> str:
    return "1 line" if count == 1 else f"{count} lines"
