"""HTTP client for one server: sends a request and reads the response, until a Cancel stops it.

The only module that imports urllib3, whose connections do the framing, the TLS handshake and the
proxy tunnel; the sockets come from dial.py. Import this module with the first request, not before:
urllib3 is the largest single cost of the program's start.

How Cancel works here: the connection keeps a duplicate of the socket's descriptor from the moment
the socket exists, and setting the Cancel shuts the duplicate down. Any call that blocks on the
connection - handshake, send, headers, body - then fails within milliseconds. The duplicate is
needed because TLS detaches the descriptor from the socket object.

Must not know what is sent, retry, or follow a redirect.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
from http.client import HTTPException
from typing import TYPE_CHECKING, Any

from urllib3.connection import HTTPConnection, HTTPSConnection, ProxyConfig
from urllib3.exceptions import HTTPError, ReadTimeoutError
from urllib3.util.url import parse_url

from codex.base.errors import Interrupted
from codex.net.address import Address, Proxy, basic_authorization, proxy_for
from codex.net.breakage import body_failure, connect_failure, request_failure
from codex.net.dial import dial
from codex.net.failure import RequestError
from codex.net.tls import make_context

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from urllib3.response import HTTPResponse

    from codex.base.cancel import Cancel
    from codex.net.tls import TrustSettings

_PIECE_BYTES = 64 * 1024
MAX_IDLE_S = 60.0
"""Longest idle time after which a connection is reused: the server, or a device in between, may
have dropped an older one silently."""
DRAIN_BYTES = 64 * 1024
DRAIN_S = 0.02
"""Longest silence in the rest of a response, while that is read to reuse the connection."""
FAILURES = (OSError, HTTPException, HTTPError)
"""Exceptions that urllib3's connections raise."""


class HttpClient:
    """Sends requests to one server, over one connection if the server keeps it open."""

    def __init__(
        self,
        environ: Mapping[str, str],
        trust: TrustSettings,
        *,
        connect_timeout_s: float,
        header_timeout_s: float,
    ) -> None:
        """Args: header_timeout_s: longest wait between a request and its response's headers."""
        self._environ = environ
        self._trust = trust
        self._connect_timeout_s = connect_timeout_s
        self.header_timeout_s = header_timeout_s
        self._context: ssl.SSLContext | None = None
        self._idle: HttpResponse | None = None
        """A released response, perhaps not read to its end, whose connection may be reused."""

    def request(
        self,
        method: str,
        address: Address,
        headers: dict[str, str],
        cancel: Cancel,
        *,
        body: bytes | None = None,
    ) -> HttpResponse:
        """Send one request; return its response once the headers have arrived.

        Raises: Interrupted. RequestError of phase `request`.
        """
        cancel.check()
        proxy = proxy_for(address, self._environ)
        connection = self._reuse() or self._connection_to(address, proxy)
        forget = cancel.on_set(connection.break_off)
        try:
            if not connection.is_open:
                with _explained(cancel, lambda error: connect_failure(error, address, proxy)):
                    connection.open(cancel, self._connect_timeout_s)
            timeout_s = self.header_timeout_s
            with _explained(cancel, lambda error: request_failure(error, address, timeout_s)):
                response = connection.request(
                    method,
                    _target(address, proxy),
                    {**headers, **_proxy_headers(address, proxy)},
                    body,
                    timeout_s=timeout_s,
                )
        except BaseException:
            forget()
            connection.close()
            raise
        return HttpResponse(self, connection, response, cancel=cancel, forget=forget)

    def close(self) -> None:
        """Close the idle connection."""
        idle, self._idle = self._idle, None
        if idle is not None:
            idle.discard()

    def keep(self, response: HttpResponse) -> None:
        """Keep a released response's connection for the next request; close the one kept so far."""
        self.close()
        self._idle = response

    def _reuse(self) -> Connection | None:
        idle, self._idle = self._idle, None
        if idle is None:
            return None
        if connection := idle.drained():
            return connection
        idle.discard()
        return None

    def _connection_to(self, address: Address, proxy: Proxy | None) -> Connection:
        first = proxy.address if proxy else address
        context = self._tls_context() if "https" in (first.scheme, address.scheme) else None
        connection = Connection()
        if context is None:
            connection.http = _Plain(connection, first.host, first.port)
        else:
            connection.http = self._secure(connection, address, proxy, context)
        if proxy is not None and address.scheme == "https":
            connection.http.set_tunnel(
                address.host, address.port, _authorization(proxy), scheme=proxy.address.scheme
            )
        return connection

    def _secure(
        self, connection: Connection, address: Address, proxy: Proxy | None, context: ssl.SSLContext
    ) -> _Secure:
        if proxy is None:
            return _Secure(connection, address.host, address.port, ssl_context=context)
        return _Secure(
            connection,
            proxy.address.host,
            proxy.address.port,
            ssl_context=context,
            proxy=parse_url(proxy.address.origin),
            proxy_config=ProxyConfig(
                ssl_context=context,
                use_forwarding_for_https=False,
                assert_hostname=None,
                assert_fingerprint=None,
            ),
        )

    def _tls_context(self) -> ssl.SSLContext:
        if self._context is None:
            self._context = make_context(self._trust, self._environ)
        return self._context


class Connection:
    """An HTTP connection, with a duplicate of its socket by which any thread can shut it down."""

    http: HTTPConnection

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._grip: socket.socket | None = None
        self._cancel: Cancel | None = None
        self._timeout_s = 0.0
        self._stream: socket.socket | None = None
        """Socket to read from, with or without TLS; http.client may drop its reference earlier."""

    @property
    def is_open(self) -> bool:
        """Whether the connection is established."""
        return self.http.sock is not None

    def open(self, cancel: Cancel, timeout_s: float) -> None:
        """Connect, including proxy tunnel and TLS."""
        self._cancel, self._timeout_s = cancel, timeout_s
        self.http.connect()

    def new_socket(self, host: str, port: int) -> socket.socket:
        """Connect a socket for `open`, and return it; a Cancel set meanwhile shuts it down."""
        assert self._cancel is not None
        raw = dial(host, port, timeout_s=self._timeout_s, cancel=self._cancel)
        with self._lock:
            self._grip = raw.dup()
        if self._cancel.is_set():
            self.break_off()
        return raw

    def request(
        self,
        method: str,
        target: str,
        headers: dict[str, str],
        body: bytes | None,
        *,
        timeout_s: float,
    ) -> HTTPResponse:
        """Send a request; return the response once its headers have arrived."""
        self._stream = self.http.sock
        self.http.timeout = timeout_s
        self.http.request(method, target, body, headers, preload_content=False)
        return self.http.getresponse()

    def set_timeout(self, timeout_s: float) -> None:
        """Set the longest silence in the body of the response."""
        assert self._stream is not None
        self._stream.settimeout(timeout_s)

    def break_off(self) -> None:
        """Shut the socket down, which ends every blocking call; may be called from any thread."""
        with self._lock:
            if self._grip is not None:
                with contextlib.suppress(OSError):
                    self._grip.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Close the connection."""
        with self._lock:
            grip, self._grip = self._grip, None
        if grip is not None:
            grip.close()
        self.http.close()


class _Plain(HTTPConnection):
    def __init__(self, connection: Connection, host: str, port: int) -> None:
        super().__init__(host, port)
        self._connection = connection

    def _new_conn(self) -> socket.socket:
        return self._connection.new_socket(self.host, self.port)


class _Secure(HTTPSConnection):
    def __init__(self, connection: Connection, host: str, port: int, **options: Any) -> None:
        super().__init__(host, port, **options)
        self._connection = connection

    def _new_conn(self) -> socket.socket:
        return self._connection.new_socket(self.host, self.port)


class HttpResponse:
    """The response to a request: its status and headers, and its body as it arrives."""

    def __init__(
        self,
        client: HttpClient,
        connection: Connection,
        response: HTTPResponse,
        *,
        cancel: Cancel,
        forget: Callable[[], None],
    ) -> None:
        self.status = response.status
        self.reason = response.reason or ""
        self.headers = {name.lower(): value for name, value in response.headers.items()}
        self.client = client
        """The client that sent the request; it may send another once the response is released."""
        self._connection = connection
        self._response = response
        self._cancel = cancel
        self._forget = forget
        self._timeout_s = 0.0
        self._finished_at = 0.0

    def set_timeout(self, timeout_s: float) -> None:
        """Set the longest silence that `read` accepts from now on."""
        self._timeout_s = timeout_s
        self._connection.set_timeout(timeout_s)

    def read(self) -> bytes:
        """Wait for the next bytes of the body and return them; b"" at the end of the body.

        Raises: Interrupted. RequestError of phase `stream`, if the body breaks off or stalls.
        """
        self._cancel.check()
        with _explained(self._cancel, lambda error: body_failure(error, self._timeout_s)):
            piece = self._response.read1(_PIECE_BYTES)
        if not piece:
            # A body without a length ends with its connection, which a Cancel shuts down.
            self._cancel.check()
        return piece

    def release(self) -> None:
        """Stop reading, without blocking; the client's next request may reuse the connection.

        That request first reads a short rest of the body; if it cannot, it opens a new connection.
        """
        self._forget()
        self._finished_at = time.monotonic()
        self.client.keep(self)

    def discard(self) -> None:
        """Stop reading the response, and close its connection."""
        self._forget()
        self._response.close()
        self._connection.close()

    def drained(self) -> Connection | None:
        """Read the rest of the body; return the connection if it can be reused, else None."""
        if time.monotonic() - self._finished_at > MAX_IDLE_S:
            return None
        left = DRAIN_BYTES
        try:
            self._connection.set_timeout(DRAIN_S)
            while left > 0 and (piece := self._response.read1(left)):
                left -= len(piece)
            is_good = left > 0 and self._connection.http.is_connected
        except FAILURES:
            return None
        return self._connection if is_good else None


@contextlib.contextmanager
def _explained(cancel: Cancel, explain: Callable[[Exception], RequestError]) -> Iterator[None]:
    """Translate a library's exception into Interrupted or a RequestError."""
    try:
        yield
    except FAILURES as error:
        if cancel.is_set():
            raise Interrupted from error
        cause = TimeoutError() if isinstance(error, ReadTimeoutError) else error
        raise explain(cause) from error


def _target(address: Address, proxy: Proxy | None) -> str:
    if proxy is not None and address.scheme == "http":
        return address.origin + address.target
    return address.target or "/"


def _proxy_headers(address: Address, proxy: Proxy | None) -> dict[str, str]:
    """Return the proxy's credentials for an http request; for https the tunnel has sent them."""
    return _authorization(proxy) if proxy is not None and address.scheme == "http" else {}


def _authorization(proxy: Proxy) -> dict[str, str]:
    userinfo = proxy.address.userinfo
    return {"Proxy-Authorization": basic_authorization(userinfo)} if userinfo else {}
