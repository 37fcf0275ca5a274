"""An MCP server on pipes that does what its arguments say: `scripted.py MANNER...`.

Manners: `hang` answers nothing; `flood` writes invalid lines for ever; `greet` writes one invalid
line first; `many=N` offers N tools, a hundred per page; `collide` offers names that become equal
when they are made valid for a model's API; `stubborn` exits neither at the end of its input nor on
SIGTERM, and leaves a child behind; `once=FILE` creates FILE, but if FILE exists, exits with 4, or
hangs with `again`; `last-words` writes a line to stderr and exits with 3. The tools are in TOOLS.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from typing import Any

TOOLS = {
    "echo": {"annotations": {"readOnlyHint": True}},
    "write": {"annotations": {"destructiveHint": False}},
    "destroy": {},
    "environment": {"annotations": {"readOnlyHint": True}},
    "die": {"annotations": {"readOnlyHint": True}},
    "big": {"annotations": {"readOnlyHint": True}},
    "wait": {"annotations": {"readOnlyHint": True}},
    "ask": {"annotations": {"readOnlyHint": True}},
    "grow": {"annotations": {"readOnlyHint": True}},
    "cancelled": {"annotations": {"readOnlyHint": True}},
}
SCHEMA = {"type": "object", "properties": {"text": {"type": "string"}}}
PAGE = 100
FORM = {"type": "object", "properties": {"name": {"type": "string", "default": "Ada"}}}


class Server:
    """The server: reads messages from stdin and answers them on stdout."""

    def __init__(self, manners: dict[str, str]) -> None:
        self._manners = manners
        self._names = list(TOOLS)
        if "many" in manners:
            self._names = [f"tool{number}" for number in range(int(manners["many"]))]
        if "collide" in manners:
            self._names = ["a.b", "a_b", "a b", "x" * 80, "x" * 81, "same", "same"]
        self._cancelled: list[Any] = []
        self._asker: Any = None

    def run(self) -> None:
        """Handle messages until stdin ends."""
        for line in sys.stdin:
            message = json.loads(line)
            if "method" in message:
                self._take(message)
            elif message["id"] == "question":
                self._text(self._asker, json.dumps(message.get("result", message.get("error"))))

    def _take(self, message: dict[str, Any]) -> None:
        match message["method"]:
            case "initialize":
                version = message["params"]["protocolVersion"]
                capabilities = {"tools": {"listChanged": True}}
                about = {"name": "scripted", "version": "1"}
                result = {"protocolVersion": version, "capabilities": capabilities}
                send({"id": message["id"], "result": {**result, "serverInfo": about}})
            case "tools/list":
                self._list(message)
            case "tools/call":
                self._call(message)
            case "notifications/cancelled":
                self._cancelled.append(message["params"]["requestId"])

    def _list(self, message: dict[str, Any]) -> None:
        start = int((message.get("params") or {}).get("cursor", "0"))
        tools = [
            {"name": name, "description": f"{name}!", "inputSchema": SCHEMA, **TOOLS.get(name, {})}
            for name in self._names[start : start + PAGE]
        ]
        result: dict[str, Any] = {"tools": tools}
        if start + PAGE < len(self._names):
            result["nextCursor"] = str(start + PAGE)
        send({"id": message["id"], "result": result})

    def _call(self, message: dict[str, Any]) -> None:
        params = message["params"]
        text = (params.get("arguments") or {}).get("text", "")
        match params["name"]:
            case "die":
                print("something broke", file=sys.stderr, flush=True)
                os._exit(3)
            case "big":
                self._text(message["id"], "x" * int(text))
            case "wait":
                token = params["_meta"]["progressToken"]
                progress = {"progressToken": token, "progress": 1, "total": 2, "message": "half"}
                send({"method": "notifications/progress", "params": progress})
            case "environment":
                self._text(message["id"], json.dumps([os.getcwd(), dict(os.environ)]))
            case "ask":
                self._asker = message["id"]
                question = {"message": "Who?", "requestedSchema": FORM}
                send({"id": "question", "method": text or "elicitation/create", "params": question})
            case "grow":
                self._names.append("grown")
                send({"method": "notifications/tools/list_changed"})
                self._text(message["id"], "grown")
            case "cancelled":
                self._text(message["id"], json.dumps(self._cancelled))
            case name:
                self._text(message["id"], f"{name}: {text}")

    def _text(self, request_id: Any, text: str) -> None:
        send({"id": request_id, "result": {"content": [{"type": "text", "text": text}]}})


def send(message: dict[str, Any]) -> None:
    """Write one message to stdout, as one line."""
    print(json.dumps({"jsonrpc": "2.0", **message}), flush=True)


def only_once(name: str, *, hangs: bool) -> None:
    """Create the file `name`; if it exists, exit with 4 or, if `hangs`, wait for ever."""
    if not os.path.exists(name):
        open(name, "x", encoding="utf-8").close()
        return
    while hangs:
        signal.pause()
    print("I was here before", file=sys.stderr, flush=True)
    sys.exit(4)


def main(manners: dict[str, str]) -> None:
    """Run the server with these manners, by name."""
    if "last-words" in manners:
        print("no such database", file=sys.stderr, flush=True)
        sys.exit(3)
    if "flood" in manners:
        while True:
            print("not a message", flush=True)
    if "greet" in manners:
        print("Welcome to the server!", flush=True)
    if "stubborn" in manners:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        subprocess.Popen(["sleep", "1000"])
    if "once" in manners:
        only_once(manners["once"], hangs="again" in manners)
    if "hang" not in manners:
        Server(manners).run()
    while "stubborn" in manners or "hang" in manners:
        signal.pause()


if __name__ == "__main__":
    main(dict(word.partition("=")[::2] for word in sys.argv[1:]))
