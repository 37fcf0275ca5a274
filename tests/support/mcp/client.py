"""A client of `codex mcp-server` that sends exactly the lines that a test wants."""

from __future__ import annotations

import json
from queue import SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING, Any

from tests.support.program import PATIENCE_S

if TYPE_CHECKING:
    import subprocess

HELLO = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "t"}}


class McpClient:
    """Sends messages to one running server through its pipes, and reads what it writes."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.seen: list[dict[str, Any]] = []
        """Messages received while waiting for another one."""
        self._lines: SimpleQueue[str | None] = SimpleQueue()
        self._reader = Thread(target=self._read, daemon=True)
        self._reader.start()

    def hello(self, **capabilities: Any) -> dict[str, Any]:
        """Initialize the session; return the server's result."""
        result = self.ask("initialize", {**HELLO, "capabilities": capabilities}, "hello")
        self.tell("notifications/initialized")
        return result

    def write(self, text: str) -> None:
        """Send a line unchanged."""
        assert self.process.stdin is not None
        self.process.stdin.write(text + "\n")
        self.process.stdin.flush()

    def send(self, **message: Any) -> None:
        """Send a message."""
        self.write(json.dumps({"jsonrpc": "2.0", **message}))

    def tell(self, method: str, params: Any = None) -> None:
        """Send a notification."""
        self.send(method=method, **({} if params is None else {"params": params}))

    def begin(self, tool: str, request_id: Any, meta: Any = None, **arguments: Any) -> None:
        """Call a tool without waiting."""
        params: dict[str, Any] = {"name": tool, "arguments": arguments}
        if meta is not None:
            params["_meta"] = meta
        self.send(id=request_id, method="tools/call", params=params)

    def call(self, tool: str, request_id: Any = 1, **arguments: Any) -> dict[str, Any]:
        """Call a tool; wait for its result."""
        self.begin(tool, request_id, **arguments)
        return self.result(request_id)

    def ask(self, method: str, params: Any, request_id: Any = 1) -> dict[str, Any]:
        """Send a request; return its result or error."""
        self.send(id=request_id, method=method, params=params)
        return self.result(request_id)

    def result(self, request_id: Any) -> dict[str, Any]:
        """Wait for the result or error of a request."""
        answer = self.wait(lambda m: m.get("id") == request_id and "method" not in m)
        found: dict[str, Any] = answer["result" if "result" in answer else "error"]
        return found

    def event(self, kind: str) -> dict[str, Any]:
        """Return the params of the next `codex/event` of a kind."""
        found = self.wait(
            lambda m: m.get("method") == "codex/event" and m["params"]["msg"]["type"] == kind
        )
        params: dict[str, Any] = found["params"]
        return params

    def wait(self, is_wanted: Any) -> dict[str, Any]:
        """Return the next message that matches."""
        while True:
            line = self._lines.get(timeout=PATIENCE_S)
            assert line is not None, "the server has ended"
            message: dict[str, Any] = json.loads(line)
            if is_wanted(message):
                return message
            self.seen.append(message)

    def rest(self) -> list[dict[str, Any]]:
        """Return all remaining messages, to the end of the output."""
        lines = []
        while (line := self._lines.get(timeout=PATIENCE_S)) is not None:
            lines.append(line)
        return [json.loads(line) for line in lines]

    def end(self) -> int:
        """Close the server's standard input; return its exit code."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        return self.process.wait(PATIENCE_S)

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(line)
        self._lines.put(None)
