"""TLS with private authorities, and proxies from the environment, over real sockets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from codex.model.event import Completed
from codex.net.failure import RequestError
from tests.support.model.certificates import Certificate, make_authority, make_certificate
from tests.support.model.clients import ask, make_client
from tests.support.model.fake_model import FakeModel, Reply
from tests.support.model.proxy import Proxy

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("certificates")


@pytest.fixture(scope="module")
def authority(folder: Path) -> Certificate:
    return make_authority(folder)


@pytest.fixture(scope="module")
def server(folder: Path, authority: Certificate) -> Certificate:
    return make_certificate(folder, authority)


def answers(base_url: str, environ: dict[str, str], **provider: Any) -> bool:
    client = make_client(base_url, environ=environ, **provider)
    try:
        return isinstance(ask(client)[-1], Completed)
    finally:
        client.close()


def failure(base_url: str, environ: dict[str, str], **provider: Any) -> RequestError:
    with pytest.raises(RequestError) as caught:
        answers(base_url, environ, **provider)
    return caught.value


def trusting(authority: Certificate, **more: str) -> dict[str, str]:
    return {"CODEX_CA_CERTIFICATE": authority.certificate, **more}


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_private_authority_is_trusted_when_named(
    host: str, authority: Certificate, server: Certificate
) -> None:
    with FakeModel([Reply.text("a")], certificate=server) as model:
        assert answers(f"https://{host}:{model.port}/v1", trusting(authority))


def test_a_connection_under_tls_is_kept(authority: Certificate, server: Certificate) -> None:
    with FakeModel([Reply.text("a"), Reply.text("b")], certificate=server) as model:
        client = make_client(model.base_url, environ=trusting(authority))
        assert ask(client)
        assert ask(client)
        client.close()
        assert model.connections == 1


def test_an_unknown_authority_is_refused_with_what_to_do(server: Certificate, folder: Path) -> None:
    other = make_authority(folder, "other")
    with FakeModel([Reply.text("a")], certificate=server) as model:
        error = failure(model.base_url, trusting(other))
        assert model.requests == []
    assert (error.kind, error.is_retryable) == ("tls", False)
    assert "certificate is not trusted" in error.message
    assert "CODEX_CA_CERTIFICATE" in str(error)


def test_a_certificate_for_another_name_is_refused(folder: Path, authority: Certificate) -> None:
    wrong = make_certificate(folder, authority, "wrong", names="DNS:elsewhere.example")
    with FakeModel([Reply.text("a")], certificate=wrong) as model:
        error = failure(model.base_url, trusting(authority))
        assert model.requests == []
    assert error.kind == "tls"


def test_tls_to_a_plain_server_is_told_as_such(authority: Certificate) -> None:
    with FakeModel([Reply.text("a")]) as model:
        error = failure(f"https://127.0.0.1:{model.port}/v1", trusting(authority))
    assert error.kind == "tls"
    assert error.message.endswith(": it does not speak TLS")
    assert "http://" in str(error.advice)


def test_a_client_certificate_is_shown_to_a_server_that_asks(
    folder: Path, authority: Certificate, server: Certificate
) -> None:
    own = make_certificate(folder, authority, "client")
    ours = {"client_certificate": own.certificate, "client_key": own.key}
    script = [Reply.text("a")]
    with FakeModel(script, certificate=server, client_authority=authority.certificate) as model:
        assert answers(model.base_url, trusting(authority), **ours)
        assert failure(model.base_url, trusting(authority)).phase == "request"


def test_a_plain_request_goes_through_the_proxy(authority: Certificate) -> None:
    with FakeModel([Reply.text("a")]) as model, Proxy() as proxy:
        assert answers(model.base_url, {"HTTP_PROXY": proxy.url})
        assert proxy.request_lines == [f"POST {model.base_url}/responses HTTP/1.1"]
        assert model.requests[0].path == "/v1/responses"


def test_an_exempt_host_is_reached_directly() -> None:
    with FakeModel([Reply.text("a")]) as model, Proxy() as proxy:
        assert answers(model.base_url, {"HTTP_PROXY": proxy.url, "NO_PROXY": "127.0.0.0/8"})
        assert proxy.heads == []


def test_tls_goes_through_a_tunnel(authority: Certificate, server: Certificate) -> None:
    script = [Reply.text("a"), Reply.text("b")]
    with FakeModel(script, certificate=server) as model, Proxy() as proxy:
        client = make_client(model.base_url, environ=trusting(authority, HTTPS_PROXY=proxy.url))
        assert ask(client)
        assert ask(client)
        client.close()
        (line,) = proxy.request_lines  # its version of HTTP differs between Pythons
        assert line.startswith(f"CONNECT 127.0.0.1:{model.port} HTTP/1.")


def test_tls_goes_through_a_tunnel_of_a_proxy_that_speaks_tls(
    authority: Certificate, server: Certificate
) -> None:
    script = [Reply.text("a")]
    with FakeModel(script, certificate=server) as model, Proxy(certificate=server) as proxy:
        assert answers(model.base_url, trusting(authority, HTTPS_PROXY=proxy.url))
        assert proxy.request_lines[0].startswith("CONNECT ")


def test_a_plain_request_goes_through_a_proxy_that_speaks_tls(
    authority: Certificate, server: Certificate
) -> None:
    with FakeModel([Reply.text("a")]) as model, Proxy(certificate=server) as proxy:
        assert answers(model.base_url, trusting(authority, HTTP_PROXY=proxy.url))


@pytest.mark.parametrize("is_secure", [False, True])
def test_the_proxys_password_is_sent_to_it_and_nowhere_else(
    is_secure: bool, authority: Certificate, server: Certificate
) -> None:
    certificate = server if is_secure else None
    with FakeModel([Reply.text("a")], certificate=certificate) as model:
        with Proxy(authorization="Basic dXNlcjpwYXNz") as proxy:
            url = proxy.url.replace("http://", "http://user:pass@")
            assert answers(model.base_url, trusting(authority, ALL_PROXY=url))
            assert "Proxy-Authorization: Basic dXNlcjpwYXNz" in proxy.heads[0]
        if is_secure:
            assert "proxy-authorization" not in model.requests[0].headers


def test_the_key_is_not_shown_to_a_proxy_of_a_tunnel(
    authority: Certificate, server: Certificate
) -> None:
    with FakeModel([Reply.text("a")], certificate=server) as model, Proxy() as proxy:
        environ = trusting(authority, HTTPS_PROXY=proxy.url, KEY="sk-123456")
        assert answers(model.base_url, environ, env_key="KEY")
        assert "sk-123456" not in "".join(proxy.heads)


def test_a_proxy_that_wants_a_password_is_told_and_not_asked_again(
    authority: Certificate, server: Certificate
) -> None:
    with FakeModel([], certificate=server) as model, Proxy(authorization="Basic eDp5") as proxy:
        error = failure(model.base_url, trusting(authority, HTTPS_PROXY=proxy.url))
    assert (error.kind, error.is_retryable) == ("proxy", False)
    assert f'the proxy "{proxy_origin(error)}" (of HTTPS_PROXY) refused' in error.message
    assert "407" in error.message
    assert 'add "127.0.0.1" to NO_PROXY' in str(error)


def test_a_proxy_that_cannot_reach_the_server_may_do_so_later(authority: Certificate) -> None:
    with Proxy() as proxy:
        error = failure("https://127.0.0.1:1/v1", trusting(authority, HTTPS_PROXY=proxy.url))
    assert (error.kind, error.is_retryable) == ("connect", True)
    assert "502" in error.message


def test_a_proxy_that_is_not_there_is_named_with_its_variable() -> None:
    error = failure("http://127.0.0.1:9/v1", {"http_proxy": "http://user:secret@127.0.0.1:1"})
    assert error.message.startswith(
        'cannot connect to "http://127.0.0.1:1" (the proxy of http_proxy)'
    )
    assert "secret" not in str(error)


def proxy_origin(error: RequestError) -> str:
    return error.message.split('"')[1]
