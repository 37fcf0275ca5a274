from __future__ import annotations

import random

import pytest

from tests.support.fuzz import MAX_LENGTH, fuzz, fuzz_seconds, mutated


def test_a_crash_is_reported_with_its_input() -> None:
    def fails_on_long_input(value: str) -> None:
        if len(value) > 20:
            raise KeyError(value)

    with pytest.raises(AssertionError, match="KeyError for 'aaaaaaaaaa"):
        fuzz(fails_on_long_input, ["a" * 10], seconds=60, random_seed=1)


def test_every_run_makes_at_least_one_call() -> None:
    seen: list[bytes] = []
    assert fuzz(seen.append, [b"abc"], seconds=0) == 1
    assert len(seen) == 1


def test_mutations_differ_and_stay_short() -> None:
    generator = random.Random(7)
    values = {mutated(generator, ["x" * 3000, "abc"]) for _ in range(200)}
    assert len(values) > 100
    assert max(map(len, values)) <= MAX_LENGTH


def test_the_environment_sets_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CODEX_FUZZ_SECONDS", raising=False)
    assert fuzz_seconds() == 1
    monkeypatch.setenv("CODEX_FUZZ_SECONDS", "60")
    assert fuzz_seconds() == 60
