"""What the demo tells people to type is understood by the configuration."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import pytest

from codex.config.load import load_config
from codex.config.overrides import Overrides
from codex.demo.hints import CONFIG_EXAMPLE, HINTS, PROVIDER_COMMANDS
from codex.protocol.settings import WireApi
from tests.support.hosts import make_host

if TYPE_CHECKING:
    from pathlib import Path

    from codex.config.types import Config


def load(folder: Path, *assignments: str) -> Config:
    environ = {"HOME": str(folder), "CODEX_HOME": str(folder), "OPENAI_API_KEY": "k"}
    return load_config(make_host(folder, environ=environ), Overrides(config=assignments))


@pytest.mark.parametrize(
    ("name", "base_url", "wire_api"),
    [
        ("OpenAI", "https://api.openai.com/v1", WireApi.RESPONSES),
        ("Ollama", "http://localhost:11434/v1", WireApi.CHAT),
        ("vLLM", "http://localhost:8000/v1", WireApi.CHAT),
        ("llama.cpp", "http://localhost:8080/v1", WireApi.CHAT),
    ],
)
def test_each_command_reaches_the_server_it_names(
    tmp_path: Path, name: str, base_url: str, wire_api: WireApi
) -> None:
    words = shlex.split(PROVIDER_COMMANDS[name].replace("\\\n", ""))
    config = load(tmp_path, *[words[at + 1] for at, word in enumerate(words) if word == "-c"])
    assert (config.provider.base_url, config.provider.wire_api) == (base_url, wire_api)
    assert config.warnings == ()


def test_the_configuration_file_reaches_the_server_it_names(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(CONFIG_EXAMPLE, encoding="utf-8")
    config = load(tmp_path)
    assert config.model.model == "MODEL"
    assert config.provider.base_url == "http://localhost:8000/v1"
    assert config.warnings == ()


def test_the_hints_hold_every_command() -> None:
    for text in (*PROVIDER_COMMANDS.values(), CONFIG_EXAMPLE):
        assert all(line in HINTS for line in text.splitlines())
