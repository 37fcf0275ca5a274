"""docs/config.md: every key is there, and what it says of each is what the program does."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from codex.config.overrides import Overrides
from tests.support.config_home import ConfigHome

ROOT = Path(__file__).parents[3]
with pytest.MonkeyPatch.context() as patch:
    patch.syspath_prepend(str(ROOT / "build"))
    import config_docs

DATA = config_docs.read_data()
DOCUMENTED: dict[str, dict[str, str]] = {
    name: facts for section in DATA["section"] for name, facts in section["keys"].items()
}
USED = {key.name for key in config_docs.all_keys() if key.is_used}
UNUSED = {key.name for key in config_docs.all_keys() if not key.is_used}

REMOTE_MCP = ("url", "bearer_token_env_var", "http_headers", "env_http_headers")


def surroundings(name: str) -> tuple[str, ...]:
    """What must be set as well for the key to count."""
    word = name.rpartition(".")[2]
    match name.split("."):
        case ["model_providers", *_]:
            return ('model_providers.ID.base_url="http://localhost"', 'model_provider="ID"')
        case ["mcp_servers", *_] if word in REMOTE_MCP:
            return ('mcp_servers.NAME.url="http://localhost"',)
        case ["mcp_servers", *_]:
            return ('mcp_servers.NAME.command="server"',)
        case ["sandbox_workspace_write", *_]:
            return ('sandbox_mode="workspace-write"',)
        case ["profile"]:
            return ('profiles.careful.sandbox_mode="danger-full-access"',)
        case ["profiles"]:
            return ('profile="quick"', 'profiles.quick.model="m"')
        case _:
            return ()


@pytest.fixture
def home(tmp_path: Path) -> ConfigHome:
    found = ConfigHome(tmp_path.resolve())
    (found.work / "prompt.md").write_text("Be brief.")
    return found


def load(home: ConfigHome, name: str, value: str | None) -> Any:
    """The settings with the key, or without it."""
    own = () if value is None else (f"{name}={value}",)
    overrides = Overrides(
        config=(*surroundings(name), *own),
        is_oss=name == "oss_provider",
    )
    return home.load(overrides=overrides)


def test_every_key_of_the_program_is_documented_and_no_other() -> None:
    assert set(DOCUMENTED) == USED
    assert set(DATA["unused"]) == UNUSED


def test_the_page_is_current() -> None:
    assert config_docs.PAGE.read_text(encoding="utf-8") == config_docs.page(), (
        "run: python3 build/build.py docs"
    )


@pytest.mark.parametrize("name", DOCUMENTED)
def test_an_example_is_accepted_and_changes_something(home: ConfigHome, name: str) -> None:
    config = load(home, name, DOCUMENTED[name]["example"])
    assert config.warnings == ()
    assert config != load(home, name, None)


@pytest.mark.parametrize("name", [name for name, it in DOCUMENTED.items() if "default" in it])
def test_a_default_changes_nothing(home: ConfigHome, name: str) -> None:
    assert load(home, name, DOCUMENTED[name]["default"]) == load(home, name, None)


@pytest.mark.parametrize("name", DATA["unused"])
def test_what_has_no_effect_changes_nothing_and_warns_where_the_page_says_so(
    home: ConfigHome, name: str
) -> None:
    config, before = load(home, name, '"a value"'), load(home, name, None)
    warnings = [f"-c {name}: "] if "warning" in effect_of(name) else []
    assert [text.partition("has no effect")[0] for text in config.warnings] == warnings
    for field in config.__struct_fields__:
        if field != "warnings":
            assert getattr(config, field) == getattr(before, field)


def effect_of(name: str) -> str:
    rows = [line for line in config_docs.page().splitlines() if line.startswith(f"| `{name}` |")]
    assert len(rows) == 1
    return rows[0].split(" | ")[2]


@pytest.mark.parametrize("name", sorted(DOCUMENTED))
def test_the_data_of_a_key_is_complete(name: str) -> None:
    facts = DOCUMENTED[name]
    assert set(facts) <= {"known", "default", "note", "meaning", "example"}
    assert facts["known"] in config_docs.KNOWN
    assert "default" in facts or "note" in facts
    assert facts["meaning"].endswith((".", ".)"))
    tomllib.loads(f"value = {facts['example']}")
