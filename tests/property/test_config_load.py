"""Loading any config.toml ends in a Config or a ConfigError."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from codex.base.errors import ConfigError
from codex.config.keys import CONFIG, KEY_ALIASES
from codex.config.overrides import Overrides
from codex.config.resolve import ConfigInputs, resolve_config
from codex.config.schema import (
    Items,
    KeyTable,
    Leaf,
    Named,
    Node,
    Source,
    Unused,
    check,
    check_leaf,
)
from codex.config.types import Config
from tests.support.config_home import ConfigHome

SOURCE = Source(prefix="test: ", folder="/folder", home="/home")
SAMPLES: list[Any] = [
    *("", " ", "x", "~", "http://x/", "https://api.openai.com/v1", "openai", "ollama", "none"),
    *("low", "auto", "never", "untrusted", "read-only", "workspace-write", "chat", "responses"),
    *("disk-write-cwd", "disk-write-folder=a", "save-all", "core", "concise", "best-effort"),
    *("osc9", "unfocused", "vscode", "always", "prompt"),
    *(0, 1, 2**63 - 1, True, False, {"granular": {}}),
]
NAMES = st.sampled_from(["openai", "ollama", "ollama-chat", "mine", "a.b"])


def fits(leaf: Leaf, value: object) -> bool:
    try:
        check_leaf(value, leaf, SOURCE, "key")
    except ConfigError:
        return False
    return True


def valid(node: Node) -> st.SearchStrategy[Any]:
    """Strategy for values that a node accepts."""
    match node:
        case Leaf():
            return st.sampled_from([sample for sample in SAMPLES if fits(node, sample)])
        case Items(each):
            return st.lists(valid(each), max_size=2)
        case Named(each):
            return st.dictionaries(NAMES, valid(each), max_size=2)
        case KeyTable(keys):
            chosen = st.sets(st.sampled_from(sorted(keys)), max_size=6)
            return chosen.flatmap(
                lambda names: st.fixed_dictionaries({name: valid(keys[name]) for name in names})
            )
        case Unused():
            return st.sampled_from([True, {}, "x"])


def test_every_leaf_has_a_sample_that_fits() -> None:
    def leaves(node: Node) -> list[Leaf]:
        match node:
            case Leaf():
                return [node]
            case Items(each) | Named(each):
                return leaves(each)
            case KeyTable(keys):
                return [leaf for child in keys.values() for leaf in leaves(child)]
            case Unused():
                return []

    missing = [leaf for leaf in leaves(CONFIG) if not any(fits(leaf, s) for s in SAMPLES)]
    assert missing == []
    assert set(KEY_ALIASES.values()) <= CONFIG.keys.keys()


@given(valid(CONFIG))
def test_valid_settings_make_a_config_or_a_refusal_in_words(table: dict[str, Any]) -> None:
    settings, _ = check(table, CONFIG, SOURCE)
    around = ConfigInputs(
        codex_home="/home/.codex", config_file="config.toml", cwd="/", process=SOURCE, environ={}
    )
    try:
        config = resolve_config(settings, Overrides(), around)
    except ConfigError as error:
        refusal = str(error)
    else:
        assert config.provider is config.providers[config.provider_id]
        assert config.command_timeout_ms <= config.max_command_timeout_ms
        return
    assert "base_url: expected" in refusal or "not found" in refusal


@given(st.binary(max_size=40) | st.text("a=[]{}.'\"\\\n #1x", max_size=40).map(str.encode))
def test_any_bytes_make_a_config_or_a_refusal_that_names_the_file(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        home = ConfigHome(Path(folder).resolve())
        Path(home.config_file).write_bytes(data)
        try:
            config = home.load()
        except ConfigError as error:
            refusal = str(error)
        else:
            assert isinstance(config, Config)
            return
        assert refusal.startswith(f"{home.config_file}: ")
