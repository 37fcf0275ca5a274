"""FileSearch: the files that match the letters after an `@`, found in a thread of its own.

Must not be waited for: the editor asks, continues, and draws what has been found so far.
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
"""Number of files walked before the first results are shown."""
_SLICE = 2_000
"""Number of paths matched before looking for another query."""
_SKIPPED = frozenset(
    {".git", ".hg", ".svn", "node_modules", "__pycache__", ".venv", ".tox", ".mypy_cache"}
)
_GIT = (
    "git",
    # Nothing that the repository's own configuration names may run, nothing may be fetched.
    *("-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "protocol.allow=never"),
    *("ls-files", "--cached", "--others", "--exclude-standard", "-z"),
)


class Found(NamedTuple):
    """The result of the last finished search."""

    query: str
    paths: tuple[str, ...]
    """Paths relative to the directory, best first."""


class FileSearch:
    """The files below a directory; listed at the first mention and again at each new one."""

    def __init__(
        self, cwd: str, environ: Mapping[str, str], *, changed: Callable[[], None]
    ) -> None:
        """Args: changed: called from the thread when `found` has changed."""
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
        """Last query and every path that matches it, from which a longer query starts."""
        self.found: Found | None = None

    def begin(self) -> None:
        """List the files anew: a new mention is being written."""
        self._must_list = True

    def find(self, text: str) -> None:
        """Search for other letters; a running search is abandoned."""
        if self._is_closed:
            return
        self._wanted = Query(text)
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="codex-files", daemon=True)
            self._thread.start()
        self._wake.set()

    def close(self) -> None:
        """End the thread; a running listing ends by itself."""
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
    """The files that git tracks or would track; None without git or outside a repository."""
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
    # A name that is not text cannot be part of a message; a file in conflict is listed thrice.
    return list(dict.fromkeys(filter(_is_text, names)))[:MAX_PATHS]


def _batches(paths: Iterator[str]) -> Iterator[list[str]]:
    while batch := list(itertools.islice(paths, BATCH)):
        yield batch


def _walked(top: str) -> Iterator[str]:
    """Every file below a directory, the nearest first; links to directories are not followed."""
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
