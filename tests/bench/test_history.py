"""The history's benchmark, on a small history."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from codex.message_history.file import HISTORY_FILE_NAME
from codex.message_history.index import open_index
from tests.bench.history import Cost, table, write_history
from tests.support.program import ROOT


def test_the_history_is_what_it_claims(tmp_path: Path) -> None:
    size = write_history(tmp_path, 1000)
    index = open_index(str(tmp_path / HISTORY_FILE_NAME))
    assert index is not None
    assert index.count == 1000
    entry = index.entries(999, 1)[0]
    assert entry is not None
    assert entry.text.startswith("message 0000999: ")
    index.close()
    assert 140 <= size / 1000 <= 160


def test_every_figure_is_measured() -> None:
    command = [sys.executable, "-m", "tests.bench.history", "--rounds", "2", "--entries", "500"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    rows = result.stdout.splitlines()
    assert rows[0] == "500 entries, 0 MB:"
    assert len(rows) == 12
    assert all(row.split("|")[2].strip()[0].isdigit() for row in rows[4:])


def test_medians_are_shown_in_milliseconds() -> None:
    shown = table([Cost("x", [0.001, 0.5, 0.002])], 3 * 1024**2)
    assert "| x | 2.000 ms | 500.000 ms |\n| memory | 3.0 MiB | |\n" in shown
