from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support.waiting import wait_until

TESTS = Path(__file__).parents[2]
MAY_SLEEP = {
    "support/waiting.py",
    # Programs that hang, fail or work at a pace of their own.
    "stress/history.py",
    # Measurements.
    "bench/screen.py",
    "bench/program.py",
}


def test_a_condition_is_tried_until_it_holds() -> None:
    answers = [0, 0, 7]
    assert wait_until(lambda: answers.pop(0), "an answer") == 7
    assert answers == []


def test_a_condition_that_never_holds_is_named() -> None:
    with pytest.raises(AssertionError, match="the end of the world: not within 0 s"):
        wait_until(lambda: False, "the end of the world", patience_s=0)


def test_no_test_sleeps() -> None:
    sleepers = {
        str(path.relative_to(TESTS))
        for path in TESTS.rglob("*.py")
        if re.search(r"time\.sleep\(|asyncio\.sleep\([^)]*[1-9]", path.read_text(encoding="utf-8"))
    }
    assert sleepers - {str(Path(__file__).relative_to(TESTS))} == MAY_SLEEP
