"""Make session files as the versions of Codex write them, modelled on real ones."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

ID = "01a2060d-5dbc-7641-85e0-eb1d6c8d85be"
CONTEXT = "<environment_context>\n  <cwd>/repo</cwd>\n</environment_context>"


def tagged(kind: str, payload: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return a line in today's layout."""
    return {"timestamp": "2026-11-23T01:37:49.042Z", **more, "type": kind, "payload": payload}


def said(text: str, role: str = "user") -> dict[str, Any]:
    """Return a message item."""
    kind = "output_text" if role == "assistant" else "input_text"
    return {"type": "message", "role": role, "content": [{"type": kind, "text": text}]}


def call(call_id: str = "c1", command: tuple[str, ...] = ("ls",)) -> dict[str, Any]:
    """Return a call of `shell`."""
    arguments = json.dumps({"command": list(command)})
    return {"type": "function_call", "name": "shell", "arguments": arguments, "call_id": call_id}


def output(text: str = "a.txt", call_id: str = "c1") -> dict[str, Any]:
    """Return the output of a call."""
    return {"type": "function_call_output", "call_id": call_id, "output": text}


def meta(session_id: str = ID, **more: Any) -> dict[str, Any]:
    """Return the first line of a file of this program, in format 1."""
    payload = {
        "id": session_id,
        "timestamp": "2026-11-23T01:37:48.996Z",
        "cwd": "/repo",
        "originator": "codex_exec",
        "cli_version": "0.1.0",
        "source": "exec",
        "model_provider": "fake",
        "rollout_format": 1,
        "instructions": "be good",
    }
    return tagged("session_meta", {**payload, **more})


def ours(*items: dict[str, Any], session_id: str = ID, cwd: str = "/repo") -> list[dict[str, Any]]:
    """Return a file of this program with these items."""
    context = {"turn_id": "1", "rollout_format": 1, "cwd": cwd, "model": "m", "effort": "high"}
    return [
        meta(session_id, cwd=cwd),
        tagged("turn_context", {**context, "model_provider": "fake"}),
        tagged("event_msg", {"type": "task_started", "turn_id": "1"}),
        *(tagged("response_item", item) for item in items),
    ]


def of_may_2025(*items: dict[str, Any], session_id: str = ID) -> list[dict[str, Any]]:
    """Return a file of May 2025: metadata without a folder, then bare items."""
    return [{"id": session_id, "timestamp": "2025-05-20T10:00:00.000Z"}, *items]


def of_today(*items: dict[str, Any], session_id: str = ID) -> list[dict[str, Any]]:
    """Return a file of Codex 0.169: numbered lines, with its context for the model."""
    started = {"type": "task_started", "turn_id": "t", "root_turn_id": "t"}
    context = {
        "turn_id": "t",
        "cwd": "/repo",
        "model": "m",
        "sandbox_policy": {"type": "read-only"},
    }
    lines = [
        tagged(
            "session_meta",
            {
                "session_id": session_id,
                "id": session_id,
                "timestamp": "2026-11-23T01:37:48.996Z",
                "cwd": "/repo",
                "originator": "codex_exec",
                "cli_version": "0.169.0",
                "source": "exec",
                "model_provider": "fake",
                "base_instructions": {"text": "You are ..."},
            },
        ),
        tagged("event_msg", started),
        tagged("response_item", said("<permissions instructions>", "developer")),
        tagged("response_item", said(CONTEXT)),
        tagged("world_state", {"full": True, "state": {}}),
        tagged("turn_context", context),
        *(tagged("response_item", item) for item in items),
    ]
    return [{**line, "ordinal": number} for number, line in enumerate(lines)]


def write(path: Path, lines: list[dict[str, Any]]) -> Path:
    """Write lines to a file; return its path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return path


def put(
    home: Path,
    lines: list[dict[str, Any]],
    *,
    session_id: str = ID,
    day: str = "2026-11-23",
    time: str = "01-37-48",
) -> Path:
    """Write lines to a file among the sessions of a CODEX_HOME; return its path."""
    folder = home / "sessions" / day.replace("-", "/")
    return write(folder / f"rollout-{day}T{time}-{session_id}.jsonl", lines)


def read(path: Path) -> list[dict[str, Any]]:
    """Return the lines of a file, without broken ones."""
    lines = []
    for line in path.read_text(encoding="utf-8").splitlines():
        with contextlib.suppress(ValueError):
            lines.append(json.loads(line))
    return lines


def only_file(home: Path) -> Path:
    """Return the one session file below a CODEX_HOME."""
    (path,) = (home / "sessions").rglob("*.jsonl")
    return path


def items_of(path: Path) -> list[dict[str, Any]]:
    """Return the items of a file of this program."""
    return [line["payload"] for line in read(path) if line["type"] == "response_item"]
