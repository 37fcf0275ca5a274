"""`[history]`: which messages are saved, how many bytes, and which messages never."""

from __future__ import annotations

from pathlib import Path

import pytest

from codex.base.errors import ConfigError
from codex.config.types import HistoryPersistence, HistorySettings
from tests.support.config_home import ConfigHome


@pytest.fixture
def home(tmp_path: Path) -> ConfigHome:
    return ConfigHome(tmp_path.resolve())


def test_everything_is_kept_by_default_and_in_an_empty_table(home: ConfigHome) -> None:
    assert home.load().history == HistorySettings()
    home.write("[history]\n")
    assert home.load().history == HistorySettings()
    assert HistorySettings().persistence is HistoryPersistence.SAVE_ALL


def test_each_key_is_taken(home: ConfigHome) -> None:
    home.write(
        '[history]\npersistence = "none"\nmax_bytes = 0\nsensitive_patterns = ["a+", "[[b]"]\n'
    )
    assert home.load().history == HistorySettings(
        persistence=HistoryPersistence.NONE, max_bytes=0, sensitive_patterns=("a+", "[[b]")
    )


def test_a_flag_and_a_profile_can_say_otherwise(home: ConfigHome) -> None:
    home.write(
        '[history]\nmax_bytes = 9\n[profiles.quiet.history]\npersistence = "none"\n',
    )
    history = home.load("history.sensitive_patterns=[]", "profile=quiet").history
    assert history == HistorySettings(
        persistence=HistoryPersistence.NONE, max_bytes=9, sensitive_patterns=()
    )


@pytest.mark.parametrize("pattern", ["(", "*", "(?P<1>x)", "[z-a]", "(?<=a*)b"])
def test_a_pattern_that_is_none_is_named(home: ConfigHome, pattern: str) -> None:
    home.write(f"[history]\nsensitive_patterns = ['fine', '{pattern}']\n")
    with pytest.raises(ConfigError) as caught:
        home.load()
    assert str(caught.value) == (
        f"{home.config_file}: history.sensitive_patterns[1]: expected a regular expression,"
        f' got "{pattern}"'
    )
