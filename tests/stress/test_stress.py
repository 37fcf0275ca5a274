"""Short stress runs; `python -m tests.stress` makes longer ones."""

from __future__ import annotations

from pathlib import Path

from tests.stress.history import append_at_once, kill_writers


def test_fifty_processes_lose_nothing_while_one_shortens_and_others_read(tmp_path: Path) -> None:
    report = append_at_once(tmp_path, processes=50, appends=200)
    assert report.entries == 50 * 200
    assert report.rotations > 0
    assert report.lookups > 0


def test_five_hundred_killed_writers_leave_the_history_whole(tmp_path: Path) -> None:
    report = kill_writers(tmp_path, 500)
    assert report.kills == 500
    assert report.entries > 500
