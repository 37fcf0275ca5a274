"""Make an MCP server on pipes reachable over HTTP, for a suite that knows only URLs.

Each session has a process of its own. The message of a POST is passed to it unchanged, and the
response is the line with which it answers, unchanged, so that the suite judges the program and not
this bridge. Notifications of the program are dropped, and it cannot ask questions: there is no
stream.
"""

from __future__ import annotations

import json
import subprocess
import threading
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

SESSION = "Mcp-Session-Id"


class Bridge:
    """The HTTP server; a context manager that ends every process that it started."""

    def __init__(self, argv: Sequence[str], *, cwd: Path, environ: Mapping[str, str]) -> None:
        self._argv = list(argv)
        self._cwd = cwd
        self._environ = dict(environ)
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._lock = threading.Lock()
        bridge = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                bridge.post(self, json.loads(body))

            def do_GET(self) -> None:
                self.send_error(405)

            def do_DELETE(self) -> None:
                self.send_error(405)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    @property
    def url(self) -> str:
        """URL of the bridge."""
        return f"http://127.0.0.1:{self._server.server_port}/mcp"

    def post(self, handler: BaseHTTPRequestHandler, message: Any) -> None:
        """Pass one message to the process of its session, and send back the answer."""
        session = handler.headers.get(SESSION) or uuid.uuid4().hex
        answer = self._exchange(session, message)
        handler.send_response(202 if answer is None else 200)
        handler.send_header("Content-Type", "application/json")
        handler.send_header(SESSION, session)
        handler.send_header("Content-Length", str(len(answer or b"")))
        handler.end_headers()
        handler.wfile.write(answer or b"")

    def _exchange(self, session: str, message: Any) -> bytes | None:
        """Return the line that answers a message; None if it wants no answer."""
        with self._lock:
            process = self._processes.get(session) or self._start(session)
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(json.dumps(message).encode() + b"\n")
            process.stdin.flush()
            while "id" in message:
                line = process.stdout.readline()
                assert line, "the program has ended"
                found = json.loads(line)
                if found.get("id") == message["id"] and "method" not in found:
                    return line
            return None

    def _start(self, session: str) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            self._argv,
            cwd=self._cwd,
            env=self._environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self._processes[session] = process
        return process

    def __enter__(self) -> Bridge:
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        for process in self._processes.values():
            process.communicate()
