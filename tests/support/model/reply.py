"""The fake model's replies: output items, rendered for the wire that a request came on.

A Reply is made either of output (text, calls, reasoning), which is rendered for either wire, or of
raw pieces of a body, which are sent unchanged. Controls between the pieces stop or break the stream
at an exact byte.
"""

from __future__ import annotations

import json
import re
import threading
from dataclasses import dataclass, field, replace
from typing import Any, Literal


@dataclass(frozen=True)
class Text:
    """A message of the model."""

    text: str


@dataclass(frozen=True)
class Call:
    """A tool call of the model; `arguments` is an object, or the text of one, even a broken one."""

    name: str
    arguments: dict[str, Any] | str
    call_id: str = "call_1"

    @property
    def json(self) -> str:
        """Return the arguments as they are sent."""
        return self.arguments if isinstance(self.arguments, str) else json.dumps(self.arguments)


@dataclass(frozen=True)
class Reasoning:
    """Reasoning of the model: a summary on `responses`, `reasoning_content` on `chat`."""

    text: str
    encrypted_content: str | None = None


Output = Text | Call | Reasoning


class Stall:
    """Point at which the server sets `reached`, then waits until a test sets `release`."""

    def __init__(self) -> None:
        self.reached = threading.Event()
        self.release = threading.Event()


@dataclass(frozen=True)
class Cut:
    """Point at which the server breaks the connection, without the end of the body."""

    by_reset: bool = False
    """Whether by a TCP reset, which may overtake data sent before."""


Piece = bytes | Stall | Cut


@dataclass(frozen=True)
class Usage:
    """Token counts that end a rendered reply."""

    input: int = 10
    cached: int = 0
    output: int = 5
    reasoning: int = 0


@dataclass(frozen=True, kw_only=True)
class Reply:
    """One scripted response of the server."""

    output: tuple[Output, ...] = ()
    usage: Usage | None = field(default_factory=Usage)
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: tuple[Piece, ...] | None = None
    """Body that is sent unchanged on either wire; None renders `output`."""
    framing: Literal["chunked", "length", "close"] = "chunked"
    piece_size: int | None = None
    """Maximum number of bytes in a piece of the body; None: no limit."""
    controls: tuple[tuple[int, Stall | Cut], ...] = ()
    """Pairs of a byte offset in the body and the control at it."""
    before_head: Stall | Cut | None = None
    """Control before the status line is sent."""
    head: bytes | None = None
    """Bytes that are sent in place of the status line and headers."""
    response_id: str = "resp_1"

    @staticmethod
    def text(text: str, **changes: Any) -> Reply:
        """Return a reply in which the model says `text` and the turn ends."""
        return Reply(output=(Text(text),), **changes)

    @staticmethod
    def call(
        name: str, arguments: dict[str, Any] | str, call_id: str = "call_1", **changes: Any
    ) -> Reply:
        """Return a reply in which the model calls one tool."""
        return Reply(output=(Call(name, arguments, call_id),), **changes)

    @staticmethod
    def of(*output: Output, **changes: Any) -> Reply:
        """Return a reply of several output items, in this order."""
        return Reply(output=output, **changes)

    @staticmethod
    def raw(*pieces: Piece, **changes: Any) -> Reply:
        """Return a reply whose body is `pieces`, unchanged, each sent separately."""
        return Reply(body=pieces, **changes)

    @staticmethod
    def events(*events: Any, **changes: Any) -> Reply:
        """Return a reply of server-sent events, one for each JSON value; a string is raw data."""
        return Reply(body=(sse(events),), **changes)

    @staticmethod
    def error(status: int, message: str = "scripted failure", **error: Any) -> Reply:
        """Return an error in OpenAI's form; `error` holds members of the object, and `headers`."""
        headers = error.pop("headers", {})
        body = json.dumps({"error": {"message": message, **error}}).encode()
        return Reply(
            status=status,
            headers={"Content-Type": "application/json", **headers},
            body=(body,),
            framing="length",
        )

    def cut_at(self, offset: int, cut: Cut = Cut()) -> Reply:
        """Return this reply with the connection broken after `offset` bytes of the body."""
        return replace(self, controls=(*self.controls, (offset, cut)))

    def stall_at(self, offset: int, stall: Stall) -> Reply:
        """Return this reply with a stop after `offset` bytes of the body; -1 is after all of it."""
        return replace(self, controls=(*self.controls, (offset, stall)))

    def pieces(self, wire: str) -> list[Piece]:
        """Return the body for `wire` (`responses` or `chat`), split, with its controls in place."""
        whole: list[Piece] = list(self.body) if self.body is not None else [self._render(wire)]
        if not self.controls and self.piece_size is None:
            return whole
        data = b"".join(piece for piece in whole if isinstance(piece, bytes))
        result: list[Piece] = []
        start = 0
        for offset, control in sorted(self.controls, key=lambda entry: entry[0] % (len(data) + 1)):
            end = offset % (len(data) + 1)
            result += _split(data[start:end], self.piece_size)
            result.append(control)
            start = end
        return result + _split(data[start:], self.piece_size)

    def _render(self, wire: str) -> bytes:
        if wire == "chat":
            return sse([*_chat_events(self), "[DONE]"])
        return sse(_responses_events(self))


def sse(events: Any) -> bytes:
    """Return each event as one `data:` line and a blank one."""
    return b"".join(
        b"data: " + (event if isinstance(event, str) else json.dumps(event)).encode() + b"\n\n"
        for event in events
    )


def _split(data: bytes, size: int | None) -> list[Piece]:
    step = size or max(len(data), 1)
    return [data[at : at + step] for at in range(0, len(data), step)]


def _words(text: str) -> list[str]:
    """Return the text as a model streams it, word by word; empty text is one empty piece."""
    return re.findall(r"\s*\S+\s*$|\s*\S+|\s+", text) or [""]


def _chat_events(reply: Reply) -> list[dict[str, Any]]:
    deltas: list[dict[str, Any]] = [{"role": "assistant", "content": ""}]
    calls = 0
    for item in reply.output:
        match item:
            case Text(text):
                deltas += [{"content": word} for word in _words(text)]
            case Reasoning(text):
                deltas += [{"reasoning_content": word} for word in _words(text)]
            case Call(name=name, call_id=call_id):
                deltas += _chat_call(calls, call_id, name, item.json)
                calls += 1
    events = [_chat_chunk(delta, None) for delta in deltas]
    events.append(_chat_chunk({}, "tool_calls" if calls else "stop"))
    if reply.usage is not None:
        events.append(_chat_usage(reply.usage))
    return events


def _chat_chunk(delta: dict[str, Any], finish_reason: str | None) -> dict[str, Any]:
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "fake",
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish_reason}],
    }


def _chat_call(index: int, call_id: str, name: str, arguments: str) -> list[dict[str, Any]]:
    head = {
        "index": index,
        "id": call_id,
        "type": "function",
        "function": {"name": name, "arguments": ""},
    }
    tail = [{"index": index, "function": {"arguments": word}} for word in _words(arguments)]
    return [{"tool_calls": [fragment]} for fragment in (head, *tail)]


def _chat_usage(usage: Usage) -> dict[str, Any]:
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "choices": [],
        "usage": {
            "prompt_tokens": usage.input,
            "completion_tokens": usage.output,
            "total_tokens": usage.input + usage.output,
            "prompt_tokens_details": {"cached_tokens": usage.cached},
            "completion_tokens_details": {"reasoning_tokens": usage.reasoning},
        },
    }


def _responses_events(reply: Reply) -> list[dict[str, Any]]:
    head = {"id": reply.response_id, "object": "response", "output": []}
    events: list[dict[str, Any]] = [{"type": "response.created", "response": head}]
    items = []
    for index, output in enumerate(reply.output):
        item, deltas = _responses_item(index, output)
        items.append(item)
        opened = {key: value for key, value in item.items() if key not in ("content", "arguments")}
        events.append({"type": "response.output_item.added", "output_index": index, "item": opened})
        events += [{"output_index": index, "item_id": item["id"], **delta} for delta in deltas]
        events.append({"type": "response.output_item.done", "output_index": index, "item": item})
    final = {**head, "status": "completed", "output": items, "usage": _responses_usage(reply.usage)}
    events.append({"type": "response.completed", "response": final})
    return [{**event, "sequence_number": number} for number, event in enumerate(events)]


def _responses_item(index: int, output: Output) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    match output:
        case Text(text):
            kind = "response.output_text.delta"
            item: dict[str, Any] = {
                "type": "message",
                "id": f"msg_{index}",
                "status": "completed",
                "role": "assistant",
                "content": [{"type": "output_text", "text": text, "annotations": []}],
            }
        case Reasoning(text, encrypted_content):
            kind = "response.reasoning_summary_text.delta"
            item = {
                "type": "reasoning",
                "id": f"rs_{index}",
                "summary": [{"type": "summary_text", "text": text}],
                "encrypted_content": encrypted_content,
            }
        case Call(name, _, call_id):
            kind, text = "response.function_call_arguments.delta", output.json
            item = {
                "type": "function_call",
                "id": f"fc_{index}",
                "status": "completed",
                "name": name,
                "call_id": call_id,
                "arguments": text,
            }
    return item, [{"type": kind, "delta": word} for word in _words(text)]


def _responses_usage(usage: Usage | None) -> dict[str, Any] | None:
    if usage is None:
        return None
    return {
        "input_tokens": usage.input,
        "input_tokens_details": {"cached_tokens": usage.cached},
        "output_tokens": usage.output,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning},
        "total_tokens": usage.input + usage.output,
    }
