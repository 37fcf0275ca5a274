"""The session files that tests read are what their names say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support import rollouts

if TYPE_CHECKING:
    from pathlib import Path


def test_a_file_is_put_where_its_name_says_and_read_back(tmp_path: Path) -> None:
    lines = rollouts.ours(rollouts.said("hi"), rollouts.call(), rollouts.output())
    path = rollouts.put(tmp_path, lines)
    assert path == rollouts.only_file(tmp_path)
    assert path.parent == tmp_path / "sessions/2026/11/23"
    assert rollouts.read(path) == lines
    assert rollouts.items_of(path)[0] == rollouts.said("hi")


def test_the_lines_of_today_are_numbered_and_those_of_may_2025_are_bare() -> None:
    today = rollouts.of_today(rollouts.said("hi"))
    assert [line["ordinal"] for line in today] == list(range(len(today)))
    assert rollouts.of_may_2025(rollouts.said("hi"))[1] == rollouts.said("hi")
