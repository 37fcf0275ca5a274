"""`-c KEY=VALUE`: how values are parsed, merged and refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from codex.base.errors import ConfigError
from codex.protocol.policy import AskForApproval
from tests.support.config_home import ConfigHome


@pytest.fixture
def home(tmp_path: Path) -> ConfigHome:
    return ConfigHome(tmp_path.resolve())


def test_a_value_is_toml_or_else_a_plain_string(home: ConfigHome) -> None:
    assert home.load('model="quoted"').model.model == "quoted"
    assert home.load("model=bare word").model.model == "bare word"
    assert home.load("model=a=b").model.model == "a=b"
    assert home.load("hide_agent_reasoning=true").hide_agent_reasoning
    assert home.load('notify=["a", "b c"]').notify == ("a", "b c")


def test_a_value_cannot_smuggle_in_another_key(home: ConfigHome) -> None:
    assert home.load('model="x"\nprofile="y"').model.model == '"x"\nprofile="y"'


def test_later_ones_win_and_tables_merge(home: ConfigHome) -> None:
    config = home.load(
        "model=a",
        'shell_environment_policy.set.A="1"',
        'shell_environment_policy.set={B = "2"}',
        "model=b",
    )
    assert config.model.model == "b"
    assert config.shell_environment.set == {"A": "1", "B": "2"}


def test_the_forms_that_client_libraries_send_are_taken(home: ConfigHome) -> None:
    config = home.load(
        'openai_base_url="http://localhost:1/v1"',
        'model_reasoning_effort="high"',
        "sandbox_workspace_write.network_access=true",
        'web_search="disabled"',
        "features.web_search_request=false",
        'approval_policy="untrusted"',
        'mcp_servers.mock.command="python3"',
        'mcp_servers.mock.args=["x.py"]',
        'mcp_servers.mock.env.A="b"',
        "mcp_servers.empty={}",
        'model_providers.x.http_headers."X-Odd.Name"="v"',
        'model_providers.x.base_url="http://x"',
    )
    assert config.provider.base_url == "http://localhost:1/v1"
    assert config.approval_policy is AskForApproval.UNTRUSTED
    assert config.mcp_servers["mock"].env == {"A": "b"}
    assert config.providers["x"].http_headers == {"X-Odd.Name": "v"}
    assert config.warnings == ()


@pytest.mark.parametrize(
    ("assignment", "message"),
    [
        ("model", 'expected KEY=VALUE, got no "="'),
        ("=x", "empty part"),
        ("a..b=x", "empty part"),
        ("a.=x", "empty part"),
        ('"a=x', 'expected a quoted key as in TOML, got "a'),
        ('"a"b=x', "expected a dot after"),
    ],
)
def test_a_broken_assignment_is_refused(home: ConfigHome, assignment: str, message: str) -> None:
    with pytest.raises(ConfigError, match=r"^-c ") as caught:
        home.load(assignment)
    assert message in str(caught.value)


def test_an_unknown_key_warns_like_in_a_file(home: ConfigHome) -> None:
    assert home.load("modle=x").warnings == ('-c modle: unknown key; did you mean "model"?',)


def test_granular_approval_becomes_on_request(home: ConfigHome) -> None:
    config = home.load("approval_policy={granular = {rules = true}}")
    assert config.approval_policy is AskForApproval.ON_REQUEST
    assert "on-request" in config.warnings[0]


def test_any_other_approval_table_is_refused(home: ConfigHome) -> None:
    with pytest.raises(ConfigError, match="-c approval_policy: expected one of"):
        home.load("approval_policy={x = 1}")
