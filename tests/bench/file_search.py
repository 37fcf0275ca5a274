"""Time of the `@` search in a repository of 100,000 files, and its effect on typing."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
import threading
import time

from codex.tui.composer.file_search import FileSearch

FILES = 100_000
WORDS = ("core", "model", "parser", "engine", "sandbox", "view", "session", "test", "util", "git")


def make_tree(top: str) -> None:
    """Make a repository of that many files, some of them untracked."""
    chosen = random.Random(1)
    for number in range(FILES):
        folder = os.path.join(top, *(chosen.choice(WORDS) for _ in range(number % 4 + 1)))
        os.makedirs(folder, exist_ok=True)
        name = f"{chosen.choice(WORDS)}_{chosen.choice(WORDS)}_{number}.py"
        open(os.path.join(folder, name), "w").close()
    subprocess.run(["git", "init", "-q", top], check=True)
    subprocess.run(["git", "-C", top, "add", "-A"], check=True)


def measure(search: FileSearch, changed: threading.Event, query: str) -> tuple[float, float]:
    """Return the milliseconds until the files arrive, and the main thread's longest gap."""
    changed.clear()
    started = latest = time.perf_counter()
    longest = 0.0
    search.find(query)
    while not changed.is_set():
        os.stat("/")  # gives the interpreter up and takes it again, as reading a key does
        now = time.perf_counter()
        longest = max(longest, now - latest)
        latest = now
    return (time.perf_counter() - started) * 1000, longest * 1000


def main() -> int:
    """Print one line per query."""
    with tempfile.TemporaryDirectory() as top:
        make_tree(top)
        changed = threading.Event()
        search = FileSearch(top, dict(os.environ), changed=changed.set)
        search.begin()
        for query in ("", "p", "pa", "par", "pars", "s", "src/pa", "sesutil", "e", "zzz"):
            took, gap = measure(search, changed, query)
            count = len(search.found.paths) if search.found is not None else 0
            print(f"@{query:<8} {took:7.1f} ms, gap {gap:5.1f} ms, {count} shown")
        search.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
