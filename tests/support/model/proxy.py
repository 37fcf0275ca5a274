"""A small real HTTP proxy on loopback: tunnels by CONNECT, and forwards plain requests."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from tests.support.model.certificates import Certificate


class Proxy:
    """The proxy, which records the head of every request; a context manager that closes it."""

    def __init__(
        self, *, authorization: str | None = None, certificate: Certificate | None = None
    ) -> None:
        """Listen on a free port of 127.0.0.1.

        Args: authorization: value of Proxy-Authorization that requests must have.
        certificate: speak TLS to the client with it.
        """
        self.heads: list[str] = []
        self._authorization = authorization
        self._context: ssl.SSLContext | None = None
        if certificate is not None:
            self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._context.load_cert_chain(certificate.certificate, certificate.key)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._sockets: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    @property
    def url(self) -> str:
        """URL for a proxy variable."""
        scheme = "http" if self._context is None else "https"
        return f"{scheme}://127.0.0.1:{self._listener.getsockname()[1]}"

    @property
    def request_lines(self) -> list[str]:
        """Return the first line of every request."""
        return [head.split("\r\n")[0] for head in self.heads]

    def __enter__(self) -> Proxy:
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for each in self._sockets:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        for each in self._sockets:
            each.close()

    def _start(self, target: Any, *args: Any) -> threading.Thread:
        thread = threading.Thread(target=target, args=args)
        self._threads.append(thread)
        thread.start()
        return thread

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                self._sockets.append(client)
                self._start(self._serve, client)

    def _serve(self, client: socket.socket) -> None:
        # A proxy does not mind if a client goes away.
        with contextlib.suppress(OSError):
            if self._context is not None:
                client = self._context.wrap_socket(client, server_side=True)
                self._sockets.append(client)
            head, rest = self._read_head(client)
            self.heads.append(head)
            if self._authorization and f"Authorization: {self._authorization}" not in head:
                client.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n")
                client.shutdown(socket.SHUT_WR)
                return
            self._connect(client, head, rest)

    def _read_head(self, client: socket.socket) -> tuple[str, bytes]:
        data = b""
        while b"\r\n\r\n" not in data:
            piece = client.recv(65536)
            if not piece:
                raise ConnectionError
            data += piece
        head, _, rest = data.partition(b"\r\n\r\n")
        return head.decode("latin-1"), rest

    def _connect(self, client: socket.socket, head: str, rest: bytes) -> None:
        method, target, _ = head.split("\r\n")[0].split(" ")
        url = urlsplit(target if method != "CONNECT" else f"//{target}")
        try:
            server = socket.create_connection((url.hostname, url.port or 80))
        except OSError:
            client.sendall(b"HTTP/1.1 502 Bad Gateway\r\n\r\n")
            client.shutdown(socket.SHUT_WR)
            return
        self._sockets.append(server)
        if method == "CONNECT":
            client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        else:
            lines = head.split("\r\n")
            lines[0] = f"{method} {url.path}{'?' + url.query if url.query else ''} HTTP/1.1"
            server.sendall("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + rest)
        self._start(_pump, server, client)
        _pump(client, server)


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while piece := source.recv(65536):
            sink.sendall(piece)
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_WR)
