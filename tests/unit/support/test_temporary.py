from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.temporary import MARKS, clean_folder


@pytest.mark.parametrize("mark", MARKS)
def test_a_folder_below_a_mark_is_passed_over(tmp_path: Path, mark: str) -> None:
    marked, clean = tmp_path / "marked", tmp_path / "clean"
    (marked / "below").mkdir(parents=True)
    clean.mkdir()
    (marked / mark).touch()
    assert clean_folder((str(marked / "below"), str(marked), str(clean))) == str(clean)
    with pytest.raises(RuntimeError, match=f"in the way: {marked / mark}"):
        clean_folder((str(marked),))


def test_a_folder_that_is_missing_is_passed_over(tmp_path: Path) -> None:
    assert clean_folder((str(tmp_path / "missing"), str(tmp_path))) == str(tmp_path)
