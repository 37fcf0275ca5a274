"""The demo's model server: streams the script's replies on 127.0.0.1, as Chat Completions does.

It uses socketserver because http.server's own server class looks up the name of its address, a DNS
query that the demo must not send.
"""

from __future__ import annotations

import re
import socketserver
import threading
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any

from codex.base import jsonio
from codex.demo.script import next_reply

if TYPE_CHECKING:
    from collections.abc import Iterator


class ScriptedServer:
    """HTTP server on a free port that answers in its `with` block, each connection in a thread."""

    def __init__(self) -> None:
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))

    @property
    def base_url(self) -> str:
        """Base URL of the server, such as `http://127.0.0.1:8000/v1`, for ModelProvider."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def __enter__(self) -> ScriptedServer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Ignore the error of a connection: the client reports it."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """Stream the reply to one Chat Completions request; the status is 404 for another path."""
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        if self.path != "/v1/chat/completions":
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for chunk in [*stream(jsonio.loads(body)), b"data: [DONE]\n\n", b""]:
            self.wfile.write(b"%x\r\n%b\r\n" % (len(chunk), chunk))

    def log_message(self, format: str, *args: Any) -> None:
        """Log nothing: the demo shows the engine, not its server."""


def stream(request: dict[str, Any]) -> Iterator[bytes]:
    """Yield the reply to `request` as server-sent events: each word, each call, then the end.

    The final `[DONE]` is not included.
    """
    reply = next_reply(request["messages"])
    yield _event({"delta": {"role": "assistant", "content": ""}})
    for piece in re.findall(r"\s*\S+", reply.text):
        yield _event({"delta": {"content": piece}})
    first_id = sum(message["role"] == "tool" for message in request["messages"])
    for index, call in enumerate(reply.calls):
        arguments = jsonio.dumps(call.arguments).decode()
        function = {"name": call.name, "arguments": arguments}
        call_id = f"call_{first_id + index}"
        whole = {"index": index, "id": call_id, "type": "function", "function": function}
        yield _event({"delta": {"tool_calls": [whole]}})
    yield _event({"delta": {}, "finish_reason": "tool_calls" if reply.calls else "stop"})


def _event(choice: dict[str, Any]) -> bytes:
    choices = [{"index": 0, "finish_reason": None, **choice}]
    data = {
        "id": "scripted",
        "object": "chat.completion.chunk",
        "created": 0,
        "model": "scripted",
        "choices": choices,
    }
    return b"data: " + jsonio.dumps(data) + b"\n\n"
