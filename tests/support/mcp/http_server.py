"""An MCP server on loopback whose every response a test can write: real HTTP, scripted to the byte.

Without a script it initializes sessions, offers one tool, `echo`, and has no stream of its own.
Each function in `on_call` responds to one `tools/call` instead, each in `on_get` to one GET.
"""

from __future__ import annotations

import json
import sys
import threading
from collections import deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

PATIENCE_S = 30.0


class Seen(NamedTuple):
    """One request that the server received."""

    method: str
    path: str
    headers: dict[str, str]
    """Headers by name in lower case."""
    message: Any
    """Parsed body; None if the request has none."""


class Exchange(BaseHTTPRequestHandler):
    """Handler of one request, with methods that send the response."""

    protocol_version = "HTTP/1.1"
    server: Any

    def do_POST(self) -> None:
        message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self._note(message)
        self.server.owner.post(self, message)

    def do_GET(self) -> None:
        self._note(None)
        owner = self.server.owner
        if owner.older_endpoint is not None:
            owner.older_stream = self
            self.stream(event(owner.older_endpoint.encode(), "endpoint"))
            self.wait_for_end()
        elif owner.on_get:
            owner.on_get.popleft()(self)
        else:
            self.answer(405)

    def do_DELETE(self) -> None:
        self._note(None)
        self.answer(204)

    def _note(self, message: Any) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.owner.note(Seen(self.command, self.path, headers, message))

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def answer(
        self, status: int, body: bytes = b"", kind: str = "application/json", **headers: str
    ) -> None:
        """Send a complete response."""
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def result(self, message: Any, result: Any, **headers: str) -> None:
        """Send a JSON-RPC result as JSON or, as an older server, on the one stream."""
        stream = self.server.owner.older_stream
        if stream is None:
            self.answer(200, encoded(message, result), **headers)
        else:
            self.answer(202)
            stream.wfile.write(event(encoded(message, result)))

    def stream(self, *pieces: bytes) -> None:
        """Send an event stream made of `pieces`, unchanged; the stream ends with the connection."""
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream; charset=utf-8")
        self.send_header("Connection", "close")
        self.end_headers()
        for piece in pieces:
            self.wfile.write(piece)
            self.wfile.flush()

    def wait_for_end(self) -> None:
        """Wait until the client sends another byte or closes the connection."""
        self.server.owner.left.put(self.rfile.read(1))


def encoded(message: Any, result: Any) -> bytes:
    """Return the JSON-RPC response to the request `message`."""
    return json.dumps({"jsonrpc": "2.0", "id": message["id"], "result": result}).encode()


def event(data: bytes, name: str = "message", **fields: str) -> bytes:
    """Return a server-sent event."""
    head = "".join(f"{key}: {value}\n" for key, value in {"event": name, **fields}.items())
    return head.encode() + b"data: " + data + b"\n\n"


def text(words: str) -> dict[str, Any]:
    """Return a CallToolResult with one text."""
    return {"content": [{"type": "text", "text": words}]}


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, owner: HttpMcp) -> None:
        self.owner = owner
        super().__init__(("127.0.0.1", 0), Exchange)

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exc_info()[1], OSError):  # Clients may go away at any time.
            super().handle_error(request, client_address)


class HttpMcp:
    """The server; a context manager that stops it."""

    def __init__(self, session_id: str | None = "session-1") -> None:
        self.session_id = session_id
        self.on_call: deque[Callable[[Exchange, Any], None]] = deque()
        self.on_get: deque[Callable[[Exchange], None]] = deque()
        self.on_initialize: Callable[[Exchange, Any], None] = self._initialize
        self.older_endpoint: str | None = None
        """Path for posts of a server of 2024, which answers everything on its one stream."""
        self.older_stream: Exchange | None = None
        self.seen: list[Seen] = []
        self.left: SimpleQueue[bytes] = SimpleQueue()
        """One element for every connection whose end `wait_for_end` saw."""
        self._arrived = threading.Condition()
        self._server = _Server(self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    @property
    def url(self) -> str:
        """URL of the server."""
        return f"http://127.0.0.1:{self._server.server_port}/mcp"

    def note(self, seen: Seen) -> None:
        """Record a request that has arrived."""
        with self._arrived:
            self.seen.append(seen)
            self._arrived.notify_all()

    def wait_for(self, is_wanted: Callable[[Seen], bool]) -> Seen:
        """Return the first request that matches, waiting for it."""

        def found() -> Seen | None:
            return next(filter(is_wanted, self.seen), None)

        with self._arrived:
            seen = self._arrived.wait_for(found, PATIENCE_S)
        assert seen is not None, self.seen
        return seen

    def methods(self) -> list[str]:
        """Methods of the requests in order, of MCP or else of HTTP."""
        return [seen.message["method"] if seen.message else seen.method for seen in self.seen]

    def post(self, exchange: Exchange, message: Any) -> None:
        """Respond to the message of a POST."""
        if self.older_endpoint is not None and "endpoint" not in exchange.path:
            exchange.answer(405)
            return
        match message.get("method"):
            case "initialize":
                self.on_initialize(exchange, message)
            case "tools/list":
                exchange.result(message, {"tools": [{"name": "echo", "inputSchema": {}}]})
            case "tools/call" if self.on_call:
                self.on_call.popleft()(exchange, message)
            case "tools/call":
                exchange.result(message, text(message["params"]["arguments"]["text"]))
            case _:
                exchange.answer(202)

    def _initialize(self, exchange: Exchange, message: Any) -> None:
        about = {"name": "scripted", "version": "1"}
        result = {
            "protocolVersion": message["params"]["protocolVersion"],
            "capabilities": {"tools": {}},
            "serverInfo": about,
        }
        headers = {} if self.session_id is None else {"Mcp_Session_Id": self.session_id}
        exchange.result(message, result, **headers)

    def __enter__(self) -> HttpMcp:
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
