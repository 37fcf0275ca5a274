from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.screen.chat_events import Clock
from tests.support.screen.snapshots import check

if TYPE_CHECKING:
    from pathlib import Path


def test_another_text_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("UPDATE_SNAPSHOTS", raising=False)
    (tmp_path / "a.txt").write_text("one\n")
    check("a", "one\n", folder=tmp_path)
    with pytest.raises(AssertionError, match="UPDATE_SNAPSHOTS"):
        check("a", "two\n", folder=tmp_path)


def test_it_is_written_when_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UPDATE_SNAPSHOTS", "1")
    check("b/c", "new\n", folder=tmp_path)
    assert (tmp_path / "b" / "c.txt").read_text() == "new\n"


def test_the_clock_stands_still_until_it_is_moved() -> None:
    clock = Clock()
    before = clock()
    clock.now += 2
    assert clock() == before + 2
