"""The benchmark's model server, a process of its own: `python -m tests.bench.server`.

It prints its port, then serves for ever. The path of a request names the run and the
scenario: `/RUN/SCENARIO/v1/responses` or `.../chat/completions`. A scenario is a number of tool
calls, each a turn of its own, and the command they run. `GET /RUN` returns when the requests of a
run came and when they were answered, on the system-wide monotonic clock.
"""

from __future__ import annotations

import json
import shlex
import threading
import time
from collections import defaultdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

from tests.support.model.reply import Reply

MEGABYTES = 50


class Scenario(NamedTuple):
    """Tool calls that the model makes before it is done."""

    calls: int
    command: tuple[str, ...]


SCENARIOS = {
    "answer": Scenario(0, ()),
    "turns": Scenario(9, ("true",)),
    "output": Scenario(
        1, ("sh", "-c", f"head -c {MEGABYTES}000000 /dev/zero | tr '\\0' x | fold -w 99")
    ),
}


class Record(NamedTuple):
    """One request."""

    arrived_s: float
    """Time at which it had arrived completely."""
    answered_s: float
    """Time at which its answer was about to be written."""
    size: int
    """Size of its body in bytes."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.records: defaultdict[str, list[Record]] = defaultdict(list)
        self.lock = threading.Lock()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    # The answer leaves in one write, right after its time was noted.
    wbufsize = 1024 * 1024
    server: _Server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        arrived_s = time.monotonic()
        _, run, scenario, *_ = self.path.split("/")
        wire = "chat" if self.path.endswith("/chat/completions") else "responses"
        self._prepare(200, "text/event-stream", answer(scenario, wire, json.loads(body)))
        with self.server.lock:
            record = Record(arrived_s, time.monotonic(), len(body))
            self.server.records[run].append(record)
        self.wfile.flush()

    def do_GET(self) -> None:
        with self.server.lock:
            records = self.server.records.get(self.path.strip("/"))
        # Other programs ask for lists of models, which this server does not have.
        status = 404 if records is None else 200
        self._prepare(status, "application/json", json.dumps(records or []).encode())
        self.wfile.flush()

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def _prepare(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def answer(scenario: str, wire: str, request: dict[str, Any]) -> bytes:
    """Return the stream of the next answer: another call, or the end."""
    calls, command = SCENARIOS[scenario]
    done = calls_done(wire, request)
    if done >= calls:
        reply = Reply.text("done", response_id=f"resp_{done}")
    else:
        name, arguments = tool_call(request, command)
        reply = Reply.call(name, arguments, f"call_{done}", response_id=f"resp_{done}")
    return b"".join(piece for piece in reply.pieces(wire) if isinstance(piece, bytes))


def calls_done(wire: str, request: dict[str, Any]) -> int:
    """Return how many calls were answered; with server state, the request holds only an id."""
    if wire == "chat":
        roles: list[str] = [message["role"] for message in request["messages"]]
        return roles.count("tool")
    remembered = (request.get("previous_response_id") or "resp_0").removeprefix("resp_")
    kinds: list[str] = [item.get("type", "") for item in request["input"]]
    return int(remembered) + sum(kind.endswith("_call_output") for kind in kinds)


def tool_call(request: dict[str, Any], command: tuple[str, ...]) -> tuple[str, dict[str, Any]]:
    """Return the command as a call of whichever shell tool the program offers."""
    tools = request.get("tools") or []
    names = [tool.get("name") or tool.get("function", {}).get("name") for tool in tools]
    if "shell" in names:
        return "shell", {"command": list(command)}
    if "exec_command" in names:
        return "exec_command", {"cmd": shlex.join(command), "yield_time_ms": 30_000}
    if "shell_command" in names:
        return "shell_command", {"command": shlex.join(command)}
    raise ValueError(f"no shell tool among {names}")


if __name__ == "__main__":
    server = _Server()
    print(server.server_address[1], flush=True)
    server.serve_forever()
