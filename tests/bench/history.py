"""The message history at a million entries: `python -m tests.bench.history [--rounds N]`.

Everything is measured in a process that has done nothing else, with the file in the page cache.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from codex.message_history.file import HISTORY_FILE_NAME, HistoryFile
from codex.message_history.index import HistoryIndex, open_index
from codex.message_history.search import search

N_ENTRIES = 1_000_000
PAGE = 50
ROOT = Path(__file__).resolve().parents[2]


class Cost(NamedTuple):
    """One figure: seconds for each round, or bytes."""

    name: str
    samples: list[float]


def write_history(folder: Path, entries: int) -> int:
    """Make a history of lines of 150 bytes; return its size."""
    line = (
        '{"session_id":"0b9c6c1e-5d0a-4a7e-9a51-3f6d2c8e7b10","ts":%d,"text":"message %07d:'
        ' fix the failing test in src/parser.c, and then say why"}\n'
    )
    with (folder / HISTORY_FILE_NAME).open("w") as file:
        file.writelines(line % (1747350000 + number, number) for number in range(entries))
    return (folder / HISTORY_FILE_NAME).stat().st_size


def costs(folder: Path, rounds: int) -> list[Cost]:
    """Measure in this process."""
    path = str(folder / HISTORY_FILE_NAME)
    index = open_index(path)
    assert index is not None
    count = index.count

    def opened() -> None:
        other = open_index(path)
        assert other is not None
        other.close()

    timed: list[tuple[str, Callable[[], object]]] = [
        ("open and count", opened),
        (f"newest page of {PAGE}", lambda: _page(index, count - PAGE)),
        (f"a page of {PAGE} in the middle", lambda: _page(index, count // 2)),
        ("one entry", lambda: index.entries(count // 3, 1)),
        ("search, found at once", lambda: search(index, "PARSER", before=None, count=PAGE)),
        ("search, not found", lambda: search(index, "no such text", before=None, count=PAGE)),
    ]
    found = [Cost(name, [seconds(action) for _ in range(rounds)]) for name, action in timed]
    index.close()
    file = HistoryFile(str(folder))
    line = b'{"session_id":"s","ts":1,"text":"one more"}\n'
    found.append(Cost("append", [seconds(lambda: file.append(line)) for _ in range(rounds)]))
    return found


def memory_bytes(folder: Path) -> int:
    """Measure the memory that the index and a full search add to the peak of a process."""
    code = (
        "import sys\n"
        "from codex.message_history.index import open_index\n"
        "from codex.message_history.search import search\n"
        # Not getrusage, whose peak a process has from the one that started it.
        "def peak():\n"
        "    line = next(line for line in open('/proc/self/status') if 'VmHWM' in line)\n"
        "    return int(line.split()[1]) * 1024\n"
        "before = peak()\n"
        "index = open_index(sys.argv[1])\n"
        "search(index, 'no such text', before=None, count=50)\n"
        "index.entries(index.count - 50, 50)\n"
        "print(peak() - before)\n"
    )
    argv = [sys.executable, "-c", code, str(folder / HISTORY_FILE_NAME)]
    return int(subprocess.run(argv, cwd=ROOT, stdout=subprocess.PIPE, check=True).stdout)


def _page(index: HistoryIndex, first: int) -> None:
    assert None not in index.entries(first, PAGE)


def seconds(action: Callable[[], object]) -> float:
    """Return how long an action takes."""
    before = time.perf_counter()
    action()
    return time.perf_counter() - before


def table(found: list[Cost], memory: int | None = None) -> str:
    """Return a Markdown table, in milliseconds and MiB."""
    rows = ["| figure | median | slowest |", "| --- | --- | --- |"]
    for name, samples in found:
        median, slowest = statistics.median(samples), max(samples)
        rows.append(f"| {name} | {median * 1e3:.3f} ms | {slowest * 1e3:.3f} ms |")
    if memory is not None:
        rows.append(f"| memory | {memory / 1024**2:.1f} MiB | |")
    return "\n".join(rows) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.history", description=__doc__)
    parser.add_argument("--rounds", metavar="N", type=int, default=11)
    parser.add_argument("--entries", metavar="N", type=int, default=N_ENTRIES)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="codex-bench-") as name:
        folder = Path(name)
        size = write_history(folder, arguments.entries)
        print(f"{arguments.entries} entries, {size / 1e6:.0f} MB:\n")
        print(table(costs(folder, arguments.rounds), memory_bytes(folder)), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
