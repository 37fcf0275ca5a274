"""Exceptions of sockets, TLS and HTTP -> RequestErrors that tell the user the cause.

Pure: it only examines exceptions, and never raises.
"""

from __future__ import annotations

import re
import socket
import ssl
from http.client import BadStatusLine, IncompleteRead, RemoteDisconnected

from codex.net.address import Address, Proxy
from codex.net.failure import RequestError


def connect_failure(error: Exception, address: Address, proxy: Proxy | None) -> RequestError:
    """Return the error for a connection, proxy tunnel or TLS session that could not be set up."""
    first = proxy.address if proxy else address
    via = f" (the proxy of {proxy.variable})" if proxy else ""
    start = f'cannot connect to "{first.origin}"{via}: '
    advice = None
    if refusal := re.search(r"Tunnel connection failed: (\d+)(.*)", str(error)):
        kind = "connect" if refusal[1].startswith("5") else "proxy"
        start = f'the proxy "{first.origin}" (of {proxy.variable if proxy else ""}) refused to '
        reason = f'connect to "{address.origin}": {refusal[1]}{refusal[2]}'
    elif isinstance(error, ssl.SSLCertVerificationError):
        kind, reason = "tls", f"its certificate is not trusted: {error.verify_message}"
        advice = (
            "If your own authority signed the server's certificate, name the authority's PEM file "
            "in CODEX_CA_CERTIFICATE or SSL_CERT_FILE, or as ca_certificate of the provider."
        )
    elif isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError | ConnectionError):
        kind, reason = "connect", _words(error)
        if isinstance(error, ConnectionRefusedError) and proxy is None:
            advice = "Start the server, or correct base_url of the provider."
    elif isinstance(error, ssl.SSLError) and error.reason == "WRONG_VERSION_NUMBER":
        kind, reason = "tls", "it does not speak TLS"
        advice = "If the server does not use TLS, begin its URL with http:// instead of https://."
    elif isinstance(error, ssl.SSLError):
        kind, reason = "tls", f"TLS failed: {error.reason or error}"
    elif isinstance(error, TimeoutError):
        kind, reason = "timeout", "the attempt timed out"
    else:
        kind, reason = "connect", _words(error)
    if proxy is not None and advice is None:
        advice = f'To connect without the proxy, add "{address.host}" to NO_PROXY.'
    return RequestError(start + reason, kind=kind, phase="request", advice=advice)


def request_failure(error: Exception, address: Address, timeout_s: float) -> RequestError:
    """Return the error for a request that was not sent, or got no complete response headers."""
    if isinstance(error, TimeoutError):
        text, kind = f'"{address}" sent no response within {timeout_s:g} s', "timeout"
    elif isinstance(error, BadStatusLine) and not isinstance(error, RemoteDisconnected):
        text, kind = f'"{address}" answered with something that is not HTTP', "protocol"
    else:
        text, kind = (
            f'the connection to "{address}" broke before a response arrived: {_words(error)}',
            "connect",
        )
    return RequestError(text, kind=kind, phase="request")


def body_failure(error: Exception, timeout_s: float) -> RequestError:
    """Return the error for a response whose body did not arrive completely."""
    if isinstance(error, TimeoutError):
        return RequestError(f"the server was silent for {timeout_s:g} s", kind="timeout")
    return RequestError(
        f"the response ended before it was complete: {_words(error)}", kind="stream"
    )


def _words(error: Exception) -> str:
    """Return the cause that an exception names, as text for the user."""
    match error:
        case Exception(args=(str(), Exception() as inner)):  # as urllib3 wraps them
            return _words(inner)
        case RemoteDisconnected() | IncompleteRead():
            return "the server closed the connection"
        case socket.gaierror():
            return f"the name cannot be resolved ({error.strerror})"
        case OSError(strerror=str(text)):
            return text
        case _:
            return str(error) or type(error).__name__
