"""A model server on loopback that answers from a script: real HTTP, real sockets, no model.

    with FakeModel([Reply.call("shell", {"command": ["ls"]}), Reply.text("done")]) as model:
        ...  # point a provider at model.base_url
        assert model.requests[1].body["input"]

The same script serves both wires: the request's path decides how a Reply is rendered. When the
script has run out, or a path is unknown, the answer is a 4xx that says so and is not retried.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import socket
import ssl
import struct
import threading
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.support.model.certificates import Certificate
from tests.support.model.reply import Call, Cut, Piece, Reasoning, Reply, Stall, Text, Usage

__all__ = ["Call", "Cut", "FakeModel", "Reasoning", "Reply", "Request", "Stall", "Text", "Usage"]

PATIENCE_S = 30.0
"""Time limit for something that a correct program does at once."""


@dataclass(frozen=True)
class Request:
    """One request that the server received."""

    method: str
    path: str
    """Path with the query."""
    headers: dict[str, str]
    """Headers by name in lower case."""
    raw: bytes
    body: Any
    """Parsed JSON; None if the body is not JSON."""

    @property
    def wire(self) -> str | None:
        """`responses`, `chat`, or None for any other path."""
        path = self.path.partition("?")[0]
        if path.endswith("/chat/completions"):
            return "chat"
        return "responses" if path.endswith("/responses") else None


Script = Iterable[Reply | Callable[[Request], Reply]]


class FakeModel:
    """The server, which listens from its creation on; a context manager that closes it."""

    def __init__(
        self,
        script: Script = (),
        *,
        certificate: Certificate | None = None,
        client_authority: str | None = None,
    ) -> None:
        """Listen on a free port of 127.0.0.1.

        Args: certificate: speak TLS with it. client_authority: a PEM file; demand a client
        certificate that it signed.
        """
        self.requests: list[Request] = []
        """Requests in order of arrival."""
        self.connections = 0
        """Number of accepted connections."""
        self.documents: dict[str, Any] = {}
        """Responses that take precedence over the script, by path: a Reply, or a JSON value."""
        self._script = deque(script)
        self._arrived: queue.SimpleQueue[Request] = queue.SimpleQueue()
        self._stalls: list[Stall] = []
        self._sockets: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._is_closed = False
        self._server = _Server(self, certificate, client_authority)
        self._scheme = "http" if certificate is None else "https"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    @property
    def port(self) -> int:
        """Port that it listens on."""
        return int(self._server.server_address[1])

    @property
    def base_url(self) -> str:
        """Base URL for a provider; ends in `/v1`."""
        return f"{self._scheme}://127.0.0.1:{self.port}/v1"

    def add(self, *replies: Reply | Callable[[Request], Reply]) -> None:
        """Append replies to the script."""
        self._script.extend(replies)

    def next_request(self) -> Request:
        """Wait for the next request; return it."""
        return self._arrived.get(timeout=PATIENCE_S)

    def close_connections(self) -> None:
        """Break every connection."""
        with self._lock:
            for connection in self._sockets:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Break every connection and end every thread; a second call does nothing."""
        if self._is_closed:
            return
        self.close_connections()
        with self._lock:
            self._is_closed = True
            for stall in self._stalls:
                stall.release.set()
        self._server.shutdown()
        # One may have been accepted meanwhile.
        self.close_connections()
        self._thread.join()
        self._server.server_close()

    def __enter__(self) -> FakeModel:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _reply_to(self, request: Request) -> Reply:
        with self._lock:
            self.requests.append(request)
            document = self.documents.get(request.path)
            if isinstance(document, Reply):
                reply: Reply | Callable[[Request], Reply] = document
            elif document is not None:
                reply = Reply.raw(json.dumps(document).encode())
            elif request.wire is None:
                reply = Reply.error(404, "fake model: no such path")
            elif self._script:
                reply = self._script.popleft()
            else:
                reply = Reply.error(400, "fake model: the script has no reply left")
        self._arrived.put(request)
        return reply if isinstance(reply, Reply) else reply(request)

    def _stop_at(self, stall: Stall) -> None:
        with self._lock:
            self._stalls.append(stall)
            if self._is_closed:
                stall.release.set()
        stall.reached.set()
        stall.release.wait(PATIENCE_S)


class _Server(ThreadingHTTPServer):
    """One thread per connection; the threads are joined at the end."""

    daemon_threads = False
    block_on_close = True
    request_queue_size = 64

    def __init__(
        self, model: FakeModel, certificate: Certificate | None, client_authority: str | None
    ) -> None:
        self.model = model
        self._context: ssl.SSLContext | None = None
        if certificate is not None:
            self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._context.load_cert_chain(certificate.certificate, certificate.key)
            if client_authority is not None:
                self._context.verify_mode = ssl.CERT_REQUIRED
                self._context.load_verify_locations(client_authority)
        super().__init__(("127.0.0.1", 0), _Handler)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Handle a connection in its own thread: handshake, requests, and the end of the socket."""
        with self.model._lock:
            self.model.connections += 1
            if self.model._is_closed:
                request.close()
                return
            guard = request.dup()
            self.model._sockets.add(guard)
        try:
            # A client that refuses the certificate, or leaves, is what some tests are about.
            with contextlib.suppress(OSError):
                if self._context is not None:
                    request = self._context.wrap_socket(request, server_side=True)
                self.finish_request(request, client_address)
        finally:
            with self.model._lock:
                self.model._sockets.discard(guard)
            guard.close()
            self.shutdown_request(request)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Each piece is a packet of its own, which does not wait for the one before to be acknowledged.
    disable_nagle_algorithm = True
    server: _Server

    def do_POST(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def _answer(self) -> None:
        raw = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        body = None
        with contextlib.suppress(ValueError):
            body = json.loads(raw)
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(self.command, self.path, headers, raw, body)
        reply = self.server.model._reply_to(request)
        if reply.before_head is not None and not self._send_piece(reply, reply.before_head):
            return
        pieces = reply.pieces(request.wire or "responses")
        self._send_head(reply, pieces)
        # The end of a chunked body travels with its last piece, so that both arrive together.
        end = b"0\r\n\r\n" if reply.framing == "chunked" else b""
        last = b""
        match pieces:
            case [*pieces, bytes(last)]:
                pass
        for piece in pieces:
            if not self._send_piece(reply, piece):
                return
        self.wfile.write(self._framed(reply, last) + end)

    def _send_head(self, reply: Reply, pieces: list[Piece]) -> None:
        if reply.head is not None:
            self.wfile.write(reply.head)
            return
        self.send_response(reply.status)
        headers = {"Content-Type": "text/event-stream", **reply.headers}
        if reply.framing == "chunked":
            headers["Transfer-Encoding"] = "chunked"
        elif reply.framing == "length":
            length = sum(len(piece) for piece in pieces if isinstance(piece, bytes))
            headers["Content-Length"] = str(length)
        else:
            headers["Connection"] = "close"
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def _send_piece(self, reply: Reply, piece: Piece) -> bool:
        match piece:
            case Stall():
                self.server.model._stop_at(piece)
            case Cut():
                self._cut(piece)
                return False
            case _:
                self.wfile.write(self._framed(reply, piece))
        return True

    def _framed(self, reply: Reply, piece: bytes) -> bytes:
        is_chunk = reply.framing == "chunked" and piece
        return b"%x\r\n%b\r\n" % (len(piece), piece) if is_chunk else piece

    def _cut(self, cut: Cut) -> None:
        self.close_connection = True
        if cut.by_reset:
            no_lingering = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, no_lingering)
            os.close(self.connection.detach())
        else:
            self.connection.shutdown(socket.SHUT_WR)
