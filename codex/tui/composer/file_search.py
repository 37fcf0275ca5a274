"""FileSearch: finds the files that match the letters after an `@`, in a thread of its own.

The editor must not wait for a search: it asks, continues, and draws what has been found so far.
"""

from __future__ import annotations

import contextlib
import heapq
import itertools
import os
import subprocess
import threading
from typing import TYPE_CHECKING, NamedTuple

from codex.tui.composer.fuzzy import Query, Ranked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

MAX_PATHS = 300_000
MAX_RESULTS = 50
BATCH = 10_000
"""Number of files that a walk finds before each update of the results; git lists all at once."""
_SLICE = 2_000
"""Number of paths matched before the thread checks whether the query has changed."""
_SKIPPED = frozenset(
    {".git", ".hg", ".svn", "node_modules", "__pycache__", ".venv", ".tox", ".mypy_cache"}
)
_GIT = (
    "git",
    # No program that the repository's configuration names may run; git must not fetch anything.
    *("-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "protocol.allow=never"),
    *("ls-files", "--cached", "--others", "--exclude-standard", "-z"),
)


class Found(NamedTuple):
    """The result of the last finished search."""

    query: str
    paths: tuple[str, ...]
    """Paths relative to the searched directory, at most MAX_RESULTS, the best match first."""


class FileSearch:
    """Searches the files below a directory; lists them again for each new mention."""

    def __init__(
        self, cwd: str, environ: Mapping[str, str], *, changed: Callable[[], None]
    ) -> None:
        """Args: changed: called in the search thread when `found` has changed."""
        self._cwd = cwd
        self._environ = environ
        self._changed = changed
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None
        self._wanted: Query | None = None
        self._must_list = False
        self._is_closed = False
        self._paths: list[str] = []
        self._lowered: list[str] = []
        self._last: tuple[Query, list[int]] | None = None
        """Last query and the indices of its matches; a longer query searches only those paths."""
        self.found: Found | None = None
        """Result of the last search, maybe of an earlier text or a partial list; None at first."""

    def begin(self) -> None:
        """List the files again before the next search: the user has begun a new mention."""
        self._must_list = True

    def find(self, text: str) -> None:
        """Begin to search for the files that match `text`, and abandon the running search."""
        if self._is_closed:
            return
        self._wanted = Query(text)
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="codex-files", daemon=True)
            self._thread.start()
        self._wake.set()

    def close(self) -> None:
        """End the search thread; do not wait for it."""
        self._is_closed = True
        self._wake.set()

    def _run(self) -> None:
        while True:
            self._wake.wait()
            self._wake.clear()
            if self._is_closed:
                return
            if self._must_list:
                self._must_list = False
                self._list()
            if self._wanted is not None:
                self._search(self._wanted)

    def _list(self) -> None:
        """List the files; show results meanwhile, since walking may take long."""
        listed = _listed_by_git(self._cwd, self._environ)
        self._paths, self._lowered, self._last = [], [], None
        for batch in [listed] if listed is not None else _batches(_walked(self._cwd)):
            if self._paths and self._wanted is not None:
                self._search(self._wanted)
                self._last = None
            if self._is_closed or len(self._paths) >= MAX_PATHS:
                return
            self._paths += batch
            self._lowered += [path if path.islower() else path.lower() for path in batch]

    def _search(self, query: Query) -> None:
        best: list[Ranked] = []
        fitting: list[int] = []
        narrows = self._last is not None and query.narrows(self._last[0])
        among = self._last[1] if self._last is not None and narrows else range(len(self._paths))
        for start in range(0, len(among), _SLICE):
            if self._wanted is not query or self._is_closed:
                return
            part = query.fitting(self._lowered, among[start : start + _SLICE])
            fitting += part
            ranked = [
                Ranked(query.rank(self._paths[at], self._lowered[at]), self._paths[at])
                for at in part
            ]
            best = heapq.nsmallest(MAX_RESULTS, best + ranked)
        self._last = (query, fitting)
        self.found = Found(query.text, tuple(ranked.path for ranked in best))
        self._changed()


def _listed_by_git(cwd: str, environ: Mapping[str, str]) -> list[str] | None:
    """Return the files that git tracks or would track; None without git or outside a repository."""
    safe = {**environ, "GIT_OPTIONAL_LOCKS": "0", "GIT_NO_LAZY_FETCH": "1"}
    try:
        with subprocess.Popen(
            _GIT,
            cwd=cwd,
            env=safe,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        ) as git:
            assert git.stdout is not None
            listed = git.stdout.read()
        if git.returncode != 0:
            return None
    except OSError:
        return None
    names = listed.decode("utf-8", "surrogateescape").split("\0")[:-1]
    # A name that cannot be printed cannot be typed; git lists a file in conflict three times.
    return list(dict.fromkeys(filter(_is_text, names)))[:MAX_PATHS]


def _batches(paths: Iterator[str]) -> Iterator[list[str]]:
    while batch := list(itertools.islice(paths, BATCH)):
        yield batch


def _walked(top: str) -> Iterator[str]:
    """Yield the files below a directory, the nearest first; skip _SKIPPED, follow no links."""
    folders = [""]
    for folder in folders:  # grows while it is walked
        try:
            with os.scandir(os.path.join(top, folder)) as entries:
                found = sorted(entries, key=lambda entry: entry.name)
        except OSError:
            continue
        for entry in found:
            path = os.path.join(folder, entry.name)
            if not _is_text(path):
                continue
            with contextlib.suppress(OSError):
                if not entry.is_dir(follow_symlinks=False):
                    yield path
                elif entry.name not in _SKIPPED:
                    folders.append(path)


def _is_text(path: str) -> bool:
    return path.isprintable()
