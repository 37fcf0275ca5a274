"""Providers: built in, overridden field by field, and set by the environment."""

from __future__ import annotations

from pathlib import Path

import pytest

from codex.base.errors import ConfigError
from codex.config.overrides import Overrides
from codex.config.providers import BUILT_IN
from codex.protocol.settings import WireApi, is_openai_url
from tests.support.config_home import ConfigHome


@pytest.fixture
def home(tmp_path: Path) -> ConfigHome:
    return ConfigHome(tmp_path.resolve())


def test_every_built_in_provider_can_be_chosen(home: ConfigHome) -> None:
    for name, table in BUILT_IN.items():
        config = home.load(f"model_provider={name}")
        assert config.provider_id == name
        assert config.provider.base_url == table["base_url"]


def test_a_user_table_wins_over_a_built_in_one_field_by_field(home: ConfigHome) -> None:
    home.write('[model_providers.groq]\nbase_url = "http://gateway/v1/"\n')
    provider = home.load("model_provider=groq").provider
    assert provider.base_url == "http://gateway/v1"
    assert provider.wire_api is WireApi.CHAT
    assert provider.env_key == "GROQ_API_KEY"


def test_a_provider_needs_no_more_than_a_url(home: ConfigHome) -> None:
    home.write('[model_providers.house]\nbase_url = "http://h"\n')
    provider = home.load("model_provider=house").provider
    assert provider.name == "house"
    assert provider.wire_api is WireApi.RESPONSES
    assert provider.env_key is None


def test_every_field_of_a_provider_is_read(home: ConfigHome) -> None:
    home.write(
        '[model_providers.x]\nname = "X"\nbase_url = "https://x"\nwire_api = "chat"\n'
        'env_key = "K"\nenv_key_instructions = "ask"\nexperimental_bearer_token = "t"\n'
        'query_params = { api-version = "1" }\nhttp_headers = { A = "b" }\n'
        'env_http_headers = { C = "D" }\nrequest_max_retries = 1\nstream_max_retries = 2\n'
        "connect_timeout_ms = 3\nheader_timeout_ms = 4\nstream_idle_timeout_ms = 5\n"
        'ca_certificate = "ca.pem"\nclient_certificate = "~/c.pem"\nclient_key = "/k.pem"\n'
    )
    provider = home.load("model_provider=x").provider
    assert provider.query_params == {"api-version": "1"}
    assert provider.http_headers == {"A": "b"}
    assert provider.env_http_headers == {"C": "D"}
    assert provider.experimental_bearer_token == "t"
    assert (provider.request_max_retries, provider.stream_max_retries) == (1, 2)
    assert provider.connect_timeout_ms == 3
    assert provider.header_timeout_ms == 4
    assert provider.stream_idle_timeout_ms == 5
    assert provider.ca_certificate == str(home.codex_home / "ca.pem")
    assert provider.client_certificate == str(home.home / "c.pem")
    assert provider.client_key == "/k.pem"
    assert home.load("model_provider=x").warnings == ()


def test_a_provider_without_a_url_is_refused(home: ConfigHome) -> None:
    home.write('[model_providers.house]\nname = "H"\n')
    with pytest.raises(ConfigError, match=r"config\.toml: model_providers\.house\.base_url: exp"):
        home.load()


@pytest.mark.parametrize("url", ["localhost:1234", "ftp://x", "http://", "", "https:///"])
def test_a_url_that_is_none_is_refused(home: ConfigHome, url: str) -> None:
    home.write(f'[model_providers.house]\nbase_url = "{url}"\n')
    with pytest.raises(ConfigError, match="expected an http or https URL, got"):
        home.load()


def test_an_unknown_provider_names_those_there_are(home: ConfigHome) -> None:
    with pytest.raises(ConfigError, match='"nope" not found\nKnown providers: deepseek, gemini'):
        home.load("model_provider=nope")


def test_the_flag_chooses_the_provider(home: ConfigHome) -> None:
    home.write('model_provider = "groq"\n')
    assert home.load(overrides=Overrides(provider="ollama")).provider_id == "ollama"


def test_oss_means_a_server_on_this_machine(home: ConfigHome) -> None:
    home.write('model = "o3"\n')
    config = home.load(overrides=Overrides(is_oss=True))
    assert (config.provider_id, config.model.model) == ("ollama", "gpt-oss:20b")
    overrides = Overrides(is_oss=True, model="qwen3", config=("oss_provider=lmstudio",))
    config = home.load(overrides=overrides)
    assert (config.provider_id, config.model.model) == ("lmstudio", "qwen3")


def test_ollama_chat_is_ollama_on_the_chat_wire(home: ConfigHome) -> None:
    home.write('[model_providers.ollama]\nbase_url = "http://far:1"\nwire_api = "responses"\n')
    provider = home.load("model_provider=ollama-chat").provider
    assert (provider.base_url, provider.wire_api) == ("http://far:1", WireApi.CHAT)


def test_a_users_own_ollama_chat_is_left_alone(home: ConfigHome) -> None:
    home.write('[model_providers.ollama-chat]\nbase_url = "http://mine/v1"\n')
    assert home.load().providers["ollama-chat"].base_url == "http://mine/v1"


def test_the_base_url_of_openai_comes_from_config_before_environment(home: ConfigHome) -> None:
    home.environ["OPENAI_BASE_URL"] = "http://env/v1/"
    assert home.load().provider.base_url == "http://env/v1"
    home.write('[model_providers.openai]\nbase_url = "http://table"\n')
    assert home.load().provider.base_url == "http://table"
    config = home.load('openai_base_url="http://key"')
    assert config.provider.base_url == "http://key"
    assert not config.provider.is_openai


def test_a_codex_api_key_is_enough_for_the_built_in_provider(home: ConfigHome) -> None:
    home.environ["CODEX_API_KEY"] = "k"
    assert home.load().provider.env_key == "CODEX_API_KEY"
    home.write('[model_providers.openai]\nenv_key = "MINE"\n')
    assert home.load().provider.env_key == "MINE"


def test_requires_openai_auth_means_the_openai_key(home: ConfigHome) -> None:
    home.write('[model_providers.x]\nbase_url = "http://x"\nrequires_openai_auth = true\n')
    assert home.load("model_provider=x").provider.env_key == "OPENAI_API_KEY"


def test_retry_variables_fill_in_what_no_table_says(home: ConfigHome) -> None:
    home.environ["OPENAI_REQUEST_MAX_RETRIES"] = "7"
    home.environ["OPENAI_STREAM_MAX_RETRIES"] = "8"
    home.environ["OPENAI_STREAM_IDLE_TIMEOUT_MS"] = "9000"
    home.write("[model_providers.groq]\nrequest_max_retries = 0\n")
    providers = home.load().providers
    assert providers["openai"].request_max_retries == 7
    assert providers["groq"].request_max_retries == 0
    assert providers["groq"].stream_max_retries == 8
    assert providers["ollama"].stream_idle_timeout_ms == 9000


@pytest.mark.parametrize("text", ["many", "-1", "1.5", "1_0", "²"])
def test_a_bad_number_in_the_environment_is_named(home: ConfigHome, text: str) -> None:
    home.environ["OPENAI_STREAM_MAX_RETRIES"] = text
    with pytest.raises(ConfigError, match=r"^OPENAI_STREAM_MAX_RETRIES: expected an integer"):
        home.load()


def test_a_bad_url_in_the_environment_is_named(home: ConfigHome) -> None:
    home.environ["OPENAI_BASE_URL"] = "gateway"
    with pytest.raises(ConfigError, match=r'^OPENAI_BASE_URL: expected an http.*got "gateway"'):
        home.load()


def test_the_default_model_may_come_from_the_environment(home: ConfigHome) -> None:
    home.environ["OPENAI_DEFAULT_MODEL"] = "gpt-4.1"
    assert home.load().model.model == "gpt-4.1"
    assert home.load("model=x").model.model == "x"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://api.openai.com/v1", True),
        ("https://eu.API.openai.com", True),
        ("https://me.openai.azure.com/openai/v1", True),
        ("https://user:pass@api.openai.com:443/v1", True),
        ("https://api.openai.com.evil.example/v1", False),
        ("https://gateway/api.openai.com", False),
        ("https://openai.azure.com", False),
        ("http://localhost:1/v1", False),
    ],
)
def test_the_host_decides_what_is_openai(url: str, expected: bool) -> None:
    assert is_openai_url(url) is expected


@pytest.mark.parametrize(
    ("model", "tokens"),
    [
        ("o4-mini", 200_000),
        ("openai/gpt-4.1-mini", 1_047_576),
        ("gpt-4o-2024-08-06", 128_000),
        ("qwen3:8b", None),
    ],
)
def test_the_context_window_is_known_or_unknown(
    home: ConfigHome, model: str, tokens: int | None
) -> None:
    assert home.load(f"model={model}").model.context_window == tokens
    assert home.load(f"model={model}", "model_context_window=5").model.context_window == 5


def test_model_options_are_read(home: ConfigHome) -> None:
    model = home.load(
        "model_reasoning_effort=xhigh",
        "model_reasoning_summary=none",
        "model_verbosity=low",
        "model_max_output_tokens=10",
        "model_supports_images=false",
        "model_supports_reasoning_summaries=true",
    ).model
    assert model.reasoning_effort is not None
    assert model.reasoning_effort.value == "xhigh"
    assert model.reasoning_summary is not None
    assert model.reasoning_summary.value == "none"
    assert (model.verbosity, model.max_output_tokens) == ("low", 10)
    assert (model.has_images, model.has_reasoning) == (False, True)
