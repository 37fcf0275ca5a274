"""Endpoints of requests, and the proxies of the environment."""

from __future__ import annotations

import pytest

from codex.net.address import Address, endpoint, parse_url, proxy_for
from codex.net.failure import RequestError

HTTP = Address("http", "llm.corp.example", 8000, "/v1/responses")
HTTPS = Address("https", "api.example.com", 443, "/v1/responses")


def proxied(address: Address, **environ: str) -> str | None:
    """Return the origin of the proxy."""
    proxy = proxy_for(address, environ)
    return proxy.address.origin if proxy else None


@pytest.mark.parametrize("base", ["http://h:1/v1", "http://h:1/v1/", "http://h:1/v1//"])
def test_the_path_goes_below_the_base_url(base: str) -> None:
    address = endpoint(base, "/responses", {})
    assert address == Address("http", "h", 1, "/v1/responses")
    assert str(address) == "http://h:1/v1/responses"


def test_query_parameters_join_those_of_the_base_url() -> None:
    address = endpoint("https://h/openai?a=1&b=", "/responses", {"api-version": "2025-04 x"})
    assert address.target == "/openai/responses?a=1&b=&api-version=2025-04+x"
    assert (address.host, address.port) == ("h", 443)


@pytest.mark.parametrize(
    ("base", "target"),
    [
        ("http://h/k\u00fcche/v 1", "/k%C3%BCche/v%201/x"),
        ("http://h/a%20b/~c@d:e", "/a%20b/~c@d:e/x"),
        ("http://h/\udcff?\u00e9=\udcff", "/%3F/x?%C3%A9=%3F"),
        ("http://h/a?q=a b+c%2B", "/a/x?q=a+b+c%2B"),
    ],
)
def test_what_no_request_line_may_hold_is_encoded(base: str, target: str) -> None:
    assert endpoint(base, "/x", {}).target == target
    assert parse_url(base, ("http",), what="base_url").target.isascii()


def test_a_query_parameter_may_be_any_text() -> None:
    assert endpoint("http://h", "/x", {"a\udcff": "\ud800"}).target == "/x?a%3F=%3F"


def test_an_address_shows_neither_user_nor_query() -> None:
    address = endpoint("https://user:p%40ss@h/v1", "/responses", {"key": "secret"})
    assert str(address) == "https://h/v1/responses"
    assert address.userinfo == "user:p@ss"


def test_an_ipv6_host_has_brackets_only_for_people() -> None:
    address = endpoint("http://[::1]:8000/v1", "/responses", {})
    assert (address.host, str(address)) == ("::1", "http://[::1]:8000/v1/responses")


def test_a_host_of_other_letters_becomes_ascii() -> None:
    assert endpoint("http://bücher.example/v1", "/x", {}).host == "xn--bcher-kva.example"


@pytest.mark.parametrize(
    "base",
    [
        "",
        "localhost:11434/v1",
        "ftp://h/v1",
        "http://",
        "http://h:port",
        "http://[::1/v1",
        "http://a b/v1",
        "http://a\0b/v1",
        "http://a\x0bb",
        f"http://{'a' * 64}.example",
        "http://\udcff",
    ],
)
def test_a_base_url_that_is_none_is_an_error_of_the_configuration(base: str) -> None:
    with pytest.raises(RequestError, match="base_url") as caught:
        endpoint(base, "/responses", {})
    assert (caught.value.kind, caught.value.is_retryable) == ("config", False)


def test_the_error_of_a_url_does_not_show_its_password() -> None:
    with pytest.raises(RequestError) as caught:
        parse_url("socks5://user:secret@h", ("http",), what="ALL_PROXY")
    assert "secret" not in str(caught.value)


def test_a_password_that_looks_like_a_port_is_not_shown() -> None:
    with pytest.raises(RequestError) as caught:
        endpoint("http://user:tulip#x@host/v1", "/chat", {})
    assert "tulip" not in str(caught.value)


def test_without_variables_there_is_no_proxy() -> None:
    assert proxied(HTTP) is None
    assert proxied(HTTP, HTTP_PROXY="", ALL_PROXY=" ") is None


def test_each_scheme_has_its_variable() -> None:
    environ = {"HTTP_PROXY": "http://p:1", "HTTPS_PROXY": "http://q:2"}
    assert proxied(HTTP, **environ) == "http://p:1"
    assert proxied(HTTPS, **environ) == "http://q:2"


def test_lower_case_wins_and_all_proxy_is_the_last_resort() -> None:
    assert proxied(HTTP, http_proxy="http://low:1", HTTP_PROXY="http://up:1") == "http://low:1"
    assert proxied(HTTPS, HTTP_PROXY="http://p:1", ALL_PROXY="http://all:3") == "http://all:3"
    assert proxied(HTTPS, all_proxy="http://all:3", https_proxy="http://q:2") == "http://q:2"


def test_a_proxy_may_lack_its_scheme_and_have_a_password() -> None:
    proxy = proxy_for(HTTP, {"http_proxy": "user:pa%3Ass@p:3128"})
    assert proxy is not None
    assert proxy.address.origin == "http://p:3128"
    assert proxy.address.userinfo == "user:pa:ss"
    assert proxy.variable == "http_proxy"


def test_a_proxy_of_an_unknown_kind_is_an_error_that_names_the_variable() -> None:
    with pytest.raises(RequestError, match="ALL_PROXY must begin with http:// or https://"):
        proxy_for(HTTP, {"ALL_PROXY": "socks5://p:1080"})


@pytest.mark.parametrize(
    "no_proxy",
    [
        "*",
        "llm.corp.example",
        "LLM.Corp.Example",
        "corp.example",
        ".corp.example",
        "*.corp.example",
        "other, corp.example",
        "other corp.example",
        "corp.example:8000",
    ],
)
def test_hosts_and_domains_are_exempt(no_proxy: str) -> None:
    assert proxied(HTTP, HTTP_PROXY="http://p:1", NO_PROXY=no_proxy) is None
    assert proxied(HTTP, HTTP_PROXY="http://p:1", no_proxy=no_proxy) is None


@pytest.mark.parametrize(
    "no_proxy",
    [
        *("", ",", "orp.example", "corp.example:8001", "llm", "example.corp", "10.0.0.0/8"),
        *(f"corp.example:{'9' * 5000}", "corp.example:0", "corp.example:x"),
    ],
)
def test_other_hosts_are_not(no_proxy: str) -> None:
    assert proxied(HTTP, HTTP_PROXY="http://p:1", NO_PROXY=no_proxy) == "http://p:1"


@pytest.mark.parametrize(
    ("host", "no_proxy", "is_exempt"),
    [
        ("10.1.2.3", "10.0.0.0/8", True),
        ("10.1.2.3", "10.1.2.3", True),
        ("10.1.2.3", "10.1.2.3:8000", True),
        ("10.1.2.3", "10.1.2.3:9", False),
        ("11.1.2.3", "10.0.0.0/8", False),
        ("::1", "::1", True),
        ("::1", "[::1]", True),
        ("::1", "[::1]:8000", True),
        ("::1", "[::1]:9", False),
        ("::1", f"[::2]:{'9' * 5000}", False),
        ("fd00::5", "fd00::/8", True),
        ("localhost", "localhost", True),
        ("127.0.0.1", "localhost", False),
    ],
)
def test_addresses_are_exempt_by_address_or_network(
    host: str, no_proxy: str, is_exempt: bool
) -> None:
    address = Address("http", host, 8000, "/v1")
    proxy = proxied(address, HTTP_PROXY="http://p:1", NO_PROXY=no_proxy)
    assert (proxy is None) is is_exempt
