"""The test proxy, as seen by the standard library's HTTP client."""

from __future__ import annotations

import http.client
from contextlib import closing

import pytest

from tests.support.model.fake_model import FakeModel, Reply
from tests.support.model.proxy import Proxy


def connect(proxy: Proxy) -> http.client.HTTPConnection:
    return http.client.HTTPConnection(proxy.url.removeprefix("http://"), timeout=30)


def test_a_tunnel_carries_a_request() -> None:
    with FakeModel([Reply.raw(b"hi")]) as model, Proxy() as proxy:
        with closing(connect(proxy)) as connection:
            connection.set_tunnel("127.0.0.1", model.port)
            connection.request("POST", "/v1/responses", b"{}")
            assert connection.getresponse().read() == b"hi"
        (line,) = proxy.request_lines  # its version of HTTP differs between Pythons
        assert line.startswith(f"CONNECT 127.0.0.1:{model.port} HTTP/1.")


def test_a_plain_request_is_forwarded() -> None:
    with FakeModel([Reply.raw(b"hi")]) as model, Proxy() as proxy:
        with closing(connect(proxy)) as connection:
            connection.request("POST", f"{model.base_url}/responses?a=1", b"{}")
            assert connection.getresponse().read() == b"hi"
        assert model.requests[0].path == "/v1/responses?a=1"
        assert proxy.request_lines == [f"POST {model.base_url}/responses?a=1 HTTP/1.1"]


def test_a_proxy_with_a_password_refuses_without_it() -> None:
    with Proxy(authorization="Basic eDp5") as proxy, closing(connect(proxy)) as connection:
        connection.set_tunnel("127.0.0.1", 9)
        with pytest.raises(OSError, match="407"):
            connection.request("POST", "/", b"{}")


def test_a_server_that_cannot_be_reached_is_a_502() -> None:
    with Proxy() as proxy, closing(connect(proxy)) as connection:
        connection.set_tunnel("127.0.0.1", 1)
        with pytest.raises(OSError, match="502"):
            connection.request("POST", "/", b"{}")
