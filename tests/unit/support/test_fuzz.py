from __future__ import annotations

import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.fuzz import Target, fuzz, fuzz_seconds, keep_find, read_finds, run_target


def test_a_crash_is_reported_with_its_input() -> None:
    def fails_on_long_input(value: str) -> None:
        if len(value) > 20:
            raise KeyError(value)

    with pytest.raises(AssertionError, match=r"^KeyError for '.*aaaa.*'$"):
        fuzz(fails_on_long_input, ["a" * 10], inputs=100_000, random_seed=1)


def test_a_hang_is_reported_with_its_input() -> None:
    def hangs(_: str) -> None:
        while True:
            pass

    with pytest.raises(AssertionError, match="TimeoutError for 'abc'"):
        fuzz(hangs, ["abc"], max_call_s=0.05)
    assert signal.getsignal(signal.SIGALRM) is signal.SIG_DFL
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)


def test_every_run_takes_the_seeds_as_they_are() -> None:
    seen: list[str] = []
    assert fuzz(seen.append, ["abc", "d"], inputs=1) == 2
    assert seen == ["abc", "d"]


def test_a_run_with_the_same_seed_takes_the_same_inputs() -> None:
    first: list[str] = []
    second: list[str] = []
    other: list[str] = []
    for seen, seed in ((first, 1), (second, 1), (other, 2)):
        assert fuzz(seen.append, ["abcdef", "ghi"], inputs=50, random_seed=seed) == 50
    assert first == second != other


def test_a_run_lasts_as_long_as_it_is_told() -> None:
    end = time.monotonic() + 0.05
    fuzz(lambda _: None, ["abc"], seconds=0.05)
    assert time.monotonic() >= end


def test_a_find_is_kept_and_comes_first_in_later_runs(tmp_path: Path) -> None:
    seen: list[str] = []
    keep_find(tmp_path / "finds", "a\r\n\0\ud83d")
    finds = read_finds(tmp_path / "finds")
    run_target(Target(lambda _: seen.append, ["seed"], inputs=3), finds=finds)
    assert seen[:2] == ["a\r\n\0\ud83d", "seed"]
    assert len(seen) == 4
    assert read_finds(tmp_path / "none") == []


def test_a_target_has_a_folder_of_its_own_that_goes_with_it() -> None:
    folders: list[Path] = []

    def prepare(folder: Path) -> Callable[[str], object]:
        folders.append(folder)
        # A mutation may hold half of a surrogate pair.
        return lambda text: (folder / "file").write_bytes(text.encode("utf-8", "surrogatepass"))

    assert run_target(Target(prepare, ["abc"], inputs=2)) == 2
    assert not folders[0].exists()


def test_only_the_environment_makes_a_run_last_for_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CODEX_FUZZ_SECONDS", raising=False)
    assert fuzz_seconds() is None
    monkeypatch.setenv("CODEX_FUZZ_SECONDS", "60")
    assert fuzz_seconds() == 60
