"""The headers of a request: the key, the provider's own, and our user agent."""

from __future__ import annotations

from typing import Any

import pytest

from codex import __version__
from codex.model.headers import Headers, request_headers
from codex.model.retry import ModelError
from codex.net.address import basic_authorization
from codex.protocol.settings import ModelProvider


def headers(
    environ: dict[str, str] | None = None, *, userinfo: str | None = None, **provider: Any
) -> Headers:
    members = {"name": "Corp", "base_url": "http://h", **provider}
    return request_headers(ModelProvider(**members), environ or {}, userinfo=userinfo)


def test_a_keyless_server_gets_no_authorization() -> None:
    assert headers({"OPENAI_API_KEY": "sk-other"}).fields == {
        "Content-Type": "application/json",
        "Accept": "text/event-stream",
        "User-Agent": f"codex/{__version__}",
    }


def test_the_key_comes_from_its_variable_without_white_space() -> None:
    sent = headers({"CORP_KEY": " sk-123456\n"}, env_key="CORP_KEY")
    assert sent.fields["Authorization"] == "Bearer sk-123456"
    assert sent.secrets == ("sk-123456",)


@pytest.mark.parametrize("environ", [{}, {"CORP_KEY": ""}, {"CORP_KEY": " \n"}])
def test_a_missing_key_is_named_with_what_to_do(environ: dict[str, str]) -> None:
    with pytest.raises(ModelError) as caught:
        headers(environ, env_key="CORP_KEY", env_key_instructions="Ask the desk.")
    error = caught.value
    assert (error.kind, error.phase, error.is_retryable) == ("missing_key", "request", False)
    assert "`CORP_KEY`" in error.message
    assert '"Corp"' in error.message
    assert error.advice == "Ask the desk."


def test_openai_takes_the_key_of_scripts_first() -> None:
    environ = {"CODEX_API_KEY": "sk-codex", "OPENAI_API_KEY": "sk-openai"}
    openai: dict[str, Any] = {"is_openai": True, "env_key": "OPENAI_API_KEY"}
    assert headers(environ, **openai).fields["Authorization"] == "Bearer sk-codex"
    del environ["CODEX_API_KEY"]
    assert headers(environ, **openai).fields["Authorization"] == "Bearer sk-openai"


def test_no_other_provider_gets_the_key_of_scripts() -> None:
    assert "Authorization" not in headers({"CODEX_API_KEY": "sk-codex"}).fields


def test_a_token_of_the_configuration_serves_when_the_variable_does_not() -> None:
    token: dict[str, Any] = {"experimental_bearer_token": "tok-123", "env_key": "K"}
    assert headers(**token).fields["Authorization"] == "Bearer tok-123"
    assert headers({"K": "sk-env"}, **token).fields["Authorization"] == "Bearer sk-env"


def test_user_and_password_of_the_base_url_serve_without_a_key() -> None:
    sent = headers(userinfo="user:pass")
    assert sent.fields["Authorization"] == "Basic dXNlcjpwYXNz"
    sent = headers({"K": "sk-env"}, userinfo="user:pass", env_key="K")
    assert sent.fields["Authorization"] == "Bearer sk-env"


def test_only_openai_is_told_which_program_calls() -> None:
    assert "originator" not in headers().fields
    assert headers(is_openai=True).fields["originator"] == "codex"
    environ = {"CODEX_INTERNAL_ORIGINATOR_OVERRIDE": "codex_sdk_ts"}
    assert headers(environ, is_openai=True).fields["originator"] == "codex_sdk_ts"


def test_the_providers_headers_win_over_ours_whatever_the_case() -> None:
    sent = headers(
        {"K": "sk-123456", "X_TEAM": "blue-team"},
        env_key="K",
        http_headers={"user-agent": "me", "AUTHORIZATION": "Bearer own-key", "X-A": "1"},
        env_http_headers={"X-Team": "X_TEAM", "X-None": "UNSET"},
    )
    assert sent.fields == {
        "Content-Type": "application/json",
        "Accept": "text/event-stream",
        "user-agent": "me",
        "AUTHORIZATION": "Bearer own-key",
        "X-A": "1",
        "X-Team": "blue-team",
    }
    assert sent.secrets == ("sk-123456", "own-key", "blue-team")


def test_a_password_that_is_no_text_still_makes_a_header() -> None:
    assert basic_authorization("u:\udcff") == "Basic dTo/"


def test_short_values_are_no_secrets() -> None:
    assert headers({"K": "x", "T": "1"}, env_key="K", env_http_headers={"X": "T"}).secrets == ()


@pytest.mark.parametrize("key", ["sk\r\nX-Evil: 1", "sk-\x00", "sk-é", "sk-\u2028x"])
def test_a_key_that_no_header_can_hold_is_refused_without_showing_it(key: str) -> None:
    with pytest.raises(ModelError) as caught:
        headers({"K": key}, env_key="K")
    assert caught.value.kind == "config"
    assert "'Authorization'" in caught.value.message
    assert "`K`" in caught.value.message
    assert key not in caught.value.message


def test_a_configured_header_is_not_blamed_on_the_key() -> None:
    with pytest.raises(ModelError, match="'X-A'") as caught:
        headers({"K": "sk-123456"}, env_key="K", http_headers={"X-A": "é"})
    assert "`K`" not in caught.value.message


def test_a_header_from_the_environment_is_refused_by_its_variable() -> None:
    with pytest.raises(ModelError, match="`TEAM`"):
        headers({"TEAM": "a\nb"}, env_http_headers={"X-Team": "TEAM"})


@pytest.mark.parametrize("name", ["", "a b", "a:b", "é", "a\n"])
def test_a_header_name_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(ModelError, match="not allowed in a header"):
        headers(http_headers={name: "1"})
