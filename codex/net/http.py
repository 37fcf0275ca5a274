"""HTTP to one server: a request out, the head and the body of the answer in, under a Cancel.

The one importer of urllib3, whose connections do the framing, the TLS handshake and the proxy
tunnel; the sockets come from dial.py. It is imported with the first request, not before: urllib3
is the largest single cost of the program's start.

How Cancel works here: from the moment a socket exists, a duplicate of its descriptor is kept, and
setting the flag shuts that down. Whatever blocks on the connection - handshake, send, head, body -
then fails within milliseconds. The duplicate is needed because TLS takes the socket object apart.

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
"""A connection that was not used for longer is not used again: something on the way, or the server,
may have dropped it in silence."""
DRAIN_BYTES = 64 * 1024
DRAIN_S = 0.02
"""What is left of an ended answer is a few bytes that are here already, or on their way."""
FAILURES = (OSError, HTTPException, HTTPError)
"""What urllib3's connections raise."""


class HttpClient:
    """Sends requests to one server, over one connection where the server lets it live."""

    def __init__(
        self,
        environ: Mapping[str, str],
        trust: TrustSettings,
        *,
        connect_timeout_s: float,
        header_timeout_s: float,
    ) -> None:
        """`header_timeout_s`: from the request sent to the first byte of the answer."""
        self._environ = environ
        self._trust = trust
        self._connect_timeout_s = connect_timeout_s
        self.header_timeout_s = header_timeout_s
        self._context: ssl.SSLContext | None = None
        self._idle: HttpAnswer | None = None
        """A finished answer whose connection may serve again."""

    def request(
        self,
        method: str,
        address: Address,
        headers: dict[str, str],
        cancel: Cancel,
        *,
        body: bytes | None = None,
    ) -> HttpAnswer:
        """Send one request and read the head of its answer.

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
        return HttpAnswer(self, connection, response, cancel=cancel, forget=forget)

    def close(self) -> None:
        """Close the idle connection."""
        idle, self._idle = self._idle, None
        if idle is not None:
            idle.discard()

    def keep(self, answer: HttpAnswer) -> None:
        """Take a finished answer's connection back."""
        self.close()
        self._idle = answer

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
    """A connection, and the grip on its socket that lets another thread break it."""

    http: HTTPConnection

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._grip: socket.socket | None = None
        self._cancel: Cancel | None = None
        self._timeout_s = 0.0
        self.socket: Any = None
        """What is read from; TLS or plain."""

    @property
    def is_open(self) -> bool:
        """Whether it is connected."""
        return self.http.sock is not None

    def open(self, cancel: Cancel, timeout_s: float) -> None:
        """Connect, with tunnel and TLS."""
        self._cancel, self._timeout_s = cancel, timeout_s
        self.http.connect()

    def new_socket(self, host: str, port: int) -> socket.socket:
        """The socket of a connection that is being opened; shut down if `break_off` was called."""
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
        """Send, and wait for the head."""
        self.socket = self.http.sock
        self.http.timeout = timeout_s
        self.http.request(method, target, body, headers, preload_content=False)
        return self.http.getresponse()

    def break_off(self) -> None:
        """End whatever waits on the connection; from any thread."""
        with self._lock:
            if self._grip is not None:
                with contextlib.suppress(OSError):
                    self._grip.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Close it."""
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


class HttpAnswer:
    """The head of an answer, and its body as it comes."""

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
        """Who asked, and may ask again once the answer is released."""
        self._connection = connection
        self._response = response
        self._cancel = cancel
        self._forget = forget
        self._timeout_s = 0.0
        self._finished_at = 0.0

    def set_timeout(self, timeout_s: float) -> None:
        """The longest silence that `read` bears from now on."""
        self._timeout_s = timeout_s
        self._connection.socket.settimeout(timeout_s)

    def read(self) -> bytes:
        """What has arrived, waiting for some; empty at the end of the body.

        Raises: Interrupted. RequestError of phase `stream`, when the body breaks off.
        """
        self._cancel.check()
        with _explained(self._cancel, lambda error: body_failure(error, self._timeout_s)):
            return self._response.read1(_PIECE_BYTES)

    def release(self) -> None:
        """All that is wanted has been read: the connection may serve the next request."""
        self._forget()
        self._finished_at = time.monotonic()
        self.client.keep(self)

    def discard(self) -> None:
        """Close the connection."""
        self._forget()
        self._response.close()
        self._connection.close()

    def drained(self) -> Connection | None:
        """The connection, if it is still good and the rest of the body has arrived by now."""
        if time.monotonic() - self._finished_at > MAX_IDLE_S:
            return None
        left = DRAIN_BYTES
        try:
            self._connection.socket.settimeout(DRAIN_S)
            while left > 0 and (piece := self._response.read1(left)):
                left -= len(piece)
            is_good = left > 0 and self._connection.http.is_connected
        except FAILURES:
            return None
        return self._connection if is_good else None


@contextlib.contextmanager
def _explained(cancel: Cancel, explain: Callable[[Exception], RequestError]) -> Iterator[None]:
    """Turn what a library raises into Interrupted or a RequestError."""
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
    """A plain request names its proxy's password itself; a tunnel has done so already."""
    return _authorization(proxy) if proxy is not None and address.scheme == "http" else {}


def _authorization(proxy: Proxy) -> dict[str, str]:
    userinfo = proxy.address.userinfo
    return {"Proxy-Authorization": basic_authorization(userinfo)} if userinfo else {}
