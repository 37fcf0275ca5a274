"""A resumed conversation keeps its folder and model, unless the user says otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from codex.base.errors import CodexError
from codex.config.overrides import Overrides
from codex.rollout.restore import restored_config
from codex.rollout.resume import Resumed
from tests.support.config_home import ConfigHome

if TYPE_CHECKING:
    from pathlib import Path

OLD = Resumed(
    session_id="s",
    path="p",
    size=0,
    items=(),
    events=(),
    model="old-model",
    provider_id="ollama",
    reasoning_effort="high",
)


@pytest.fixture
def home(tmp_path: Path) -> ConfigHome:
    home = ConfigHome(tmp_path)
    home.write('model = "new-model"\n')
    return home


def restored(home: ConfigHome, old: Resumed = OLD, **overrides: Any) -> tuple[str, str, Any]:
    config = restored_config(home.host(), Overrides(**overrides), old)
    effort = config.model.reasoning_effort
    return config.provider_id, config.model.model, effort and effort.value


def test_the_model_and_its_provider_are_the_old_ones(home: ConfigHome) -> None:
    assert restored(home) == ("ollama", "old-model", "high")


@pytest.mark.parametrize(
    ("overrides", "want"),
    [
        ({"model": "x"}, ("openai", "x", None)),
        ({"provider": "lmstudio"}, ("lmstudio", "new-model", None)),
        ({"config": ("model=x",)}, ("openai", "x", None)),
        ({"config": ("model_reasoning_effort=low",)}, ("ollama", "old-model", "low")),
    ],
)
def test_what_the_command_line_says_wins(
    home: ConfigHome, overrides: dict[str, Any], want: tuple[str, str, Any]
) -> None:
    assert restored(home, **overrides) == want


def test_an_effort_that_we_do_not_know_is_left_out(home: ConfigHome) -> None:
    old = msgspec.structs.replace(OLD, reasoning_effort="galactic")
    assert restored(home, old) == ("ollama", "old-model", None)


def test_a_provider_that_is_not_configured_is_told(home: ConfigHome) -> None:
    old = msgspec.structs.replace(OLD, provider_id="gone")
    config = restored_config(home.host(), Overrides(), old)
    assert (config.provider_id, config.model.model) == ("openai", "new-model")
    assert any("'gone' is not configured" in warning for warning in config.warnings)


def test_a_file_that_tells_no_model_takes_the_configured_one(home: ConfigHome) -> None:
    assert restored(home, msgspec.structs.replace(OLD, model=None))[1] == "new-model"


def test_the_folder_is_the_old_one_unless_another_is_named(home: ConfigHome) -> None:
    folder = home.home / "project"
    folder.mkdir()
    old = msgspec.structs.replace(OLD, cwd=str(folder))
    assert restored_config(home.host(), Overrides(), old).cwd == str(folder)
    assert restored_config(home.host(), Overrides(cwd="."), old).cwd == str(home.work)


def test_a_folder_that_is_gone_is_an_error_with_advice(home: ConfigHome) -> None:
    old = msgspec.structs.replace(OLD, cwd="/no/such/folder")
    with pytest.raises(CodexError, match="the folder is gone") as caught:
        restored_config(home.host(), Overrides(), old)
    assert caught.value.advice == "To continue in another folder, add -C DIR."
