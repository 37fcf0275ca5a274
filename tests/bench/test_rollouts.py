"""The benchmark of session files, on a few of them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from codex.rollout.store import list_sessions
from tests.bench.rollouts import write_sessions
from tests.support.program import ROOT


def test_the_sessions_are_what_they_claim(tmp_path: Path) -> None:
    last_id = write_sessions(tmp_path, 9)
    found = list_sessions(str(tmp_path))
    assert len(found) == 9
    assert (found[0].id, found[0].first_message, found[0].cwd) == (last_id, "task 8", "/repo1")


def test_every_figure_is_measured() -> None:
    options = ["--rounds", "2", "--sessions", "9", "--items", "5"]
    command = [sys.executable, "-m", "tests.bench.rollouts", *options]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    rows = result.stdout.splitlines()
    assert rows[0] == "9 sessions:"
    assert len(rows) == 10
    assert all(row.split("|")[2].strip()[0].isdigit() for row in rows[4:])
