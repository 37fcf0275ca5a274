"""Error messages for failures on the way to a server."""

from __future__ import annotations

import socket
import ssl
from http.client import BadStatusLine, IncompleteRead, RemoteDisconnected

import pytest

from codex.net.address import Address, Proxy
from codex.net.breakage import body_failure, connect_failure, request_failure

ADDRESS = Address("https", "llm.example", 443, "/v1/responses?key=secret")
PROXY = Proxy(Address("http", "proxy", 3128, "", "user:secret"), "https_proxy")


def untrusted() -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_message = "self-signed certificate"
    return error


def tls_error(reason: str) -> ssl.SSLError:
    error = ssl.SSLError(1, "words of the library")
    error.reason = reason
    return error


@pytest.mark.parametrize(
    ("error", "kind", "reason"),
    [
        (ConnectionRefusedError(111, "Connection refused"), "connect", "Connection refused"),
        (OSError("the name has no address"), "connect", "the name has no address"),
        (socket.gaierror(-2, "not known"), "connect", "the name cannot be resolved (not known)"),
        (TimeoutError(), "timeout", "the attempt timed out"),
        (ssl.SSLEOFError(8, "EOF occurred"), "connect", "EOF occurred"),
        (tls_error("WRONG_VERSION_NUMBER"), "tls", "it does not speak TLS"),
        (tls_error("NO_PROTOCOLS_AVAILABLE"), "tls", "TLS failed: NO_PROTOCOLS_AVAILABLE"),
        (untrusted(), "tls", "its certificate is not trusted: self-signed certificate"),
        (RemoteDisconnected(""), "connect", "the server closed the connection"),
        (ValueError(), "connect", "ValueError"),
    ],
)
def test_a_failed_connection_names_the_place_and_the_cause(
    error: Exception, kind: str, reason: str
) -> None:
    failure = connect_failure(error, ADDRESS, None)
    assert (failure.kind, failure.phase) == (kind, "request")
    assert failure.message.startswith(f'cannot connect to "https://llm.example": {reason}')
    assert "secret" not in str(failure)


def test_an_untrusted_certificate_says_how_to_trust_it() -> None:
    for proxy in (None, PROXY):
        assert "SSL_CERT_FILE" in str(connect_failure(untrusted(), ADDRESS, proxy))


def test_behind_a_proxy_it_is_named_and_how_to_go_without() -> None:
    failure = connect_failure(ConnectionRefusedError(111, "Connection refused"), ADDRESS, PROXY)
    assert failure.message == (
        'cannot connect to "http://proxy:3128" (the proxy of https_proxy): Connection refused'
    )
    assert failure.advice == 'To connect without the proxy, add "llm.example" to NO_PROXY.'


@pytest.mark.parametrize(("status", "kind"), [("407 No", "proxy"), ("503 Busy", "connect")])
def test_a_proxy_that_refuses_is_told_from_a_server_that_is_not_there(
    status: str, kind: str
) -> None:
    error = OSError(f"Tunnel connection failed: {status}")
    failure = connect_failure(error, ADDRESS, PROXY)
    assert failure.kind == kind
    assert failure.message == (
        'the proxy "http://proxy:3128" (of https_proxy) refused to connect to '
        f'"https://llm.example": {status}'
    )


@pytest.mark.parametrize(
    ("error", "kind", "text"),
    [
        (
            TimeoutError(),
            "timeout",
            '"https://llm.example/v1/responses" sent no response within 5 s',
        ),
        (BadStatusLine("x"), "protocol", "answered with something that is not HTTP"),
        (
            RemoteDisconnected(""),
            "connect",
            "broke before a response arrived: the server closed the connection",
        ),
        (ConnectionResetError(104, "reset"), "connect", "broke before a response arrived: reset"),
    ],
)
def test_a_request_without_an_answer_says_what_came_instead(
    error: Exception, kind: str, text: str
) -> None:
    failure = request_failure(error, ADDRESS, 5)
    assert (failure.kind, failure.phase) == (kind, "request")
    assert text in failure.message
    assert "secret" not in str(failure)


def test_a_body_that_ends_early_is_a_broken_stream() -> None:
    silent, cut = body_failure(TimeoutError(), 0.5), body_failure(IncompleteRead(b"x", 9), 5)
    assert (silent.kind, silent.message) == ("timeout", "the server was silent for 0.5 s")
    assert (cut.kind, cut.phase) == ("stream", "stream")
    assert cut.message.endswith(": the server closed the connection")
