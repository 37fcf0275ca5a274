"""Fuzz targets: the streams of a model's server."""

from __future__ import annotations

import contextlib
import json
import random
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

from codex.base.jsonio import dumps
from codex.model import chat, responses
from codex.model.chat import ChatDecoder
from codex.model.client import ModelStream
from codex.model.event import Completed, ItemDone
from codex.model.failure import event_failure, http_failure, parse_body
from codex.model.prompt import Prompt
from codex.model.responses import ResponsesDecoder
from codex.model.retry import ModelError, RetryTally
from codex.net.sse import SseParser
from codex.protocol.items import ResponseItem
from codex.protocol.settings import ModelProvider, ModelSettings
from tests.support.fuzz import Target
from tests.support.model.pieces import Pieces
from tests.support.model.reply import Call, Reasoning, Reply, Text, sse
from tests.support.mutation import mutated_json

PROVIDERS = [
    ModelProvider(name="a", base_url="http://a", is_openai=True),
    ModelProvider(name="b", base_url="http://b"),
]
SETTINGS = ModelSettings(model="o3")

REPLY = Reply.of(
    Reasoning("Härdle"), Text("Grüße 😀"), Call("shell", {"command": ["ls"]}), Call("x", "{}", "c2")
)
ERRORS = [
    {"type": "error", "code": "rate_limit_exceeded", "message": "try again in 1m12.5s"},
    {"error": {"message": {"detail": [{"loc": ["body", 0], "msg": "extra"}]}, "code": 502}},
    {"error": {"type": "usage_limit_reached", "resets_in_seconds": 7200, "param": "x"}},
]
RESPONSES_EVENTS = [
    {"type": "response.output_item.added", "item": {"type": "function_call", "id": "f"}},
    {"type": "response.function_call_arguments.delta", "item_id": "f", "delta": "{}"},
    {"type": "response.reasoning_summary_part.added", "summary_index": 1},
    {"type": "response.reasoning_summary_text.delta", "delta": "why"},
    {
        "type": "response.output_item.done",
        "item": {
            "type": "reasoning",
            "id": "r",
            "summary": [{"type": "summary_text", "text": "s"}],
            "content": [{"text": "c"}],
            "encrypted_content": "e",
        },
    },
    {
        "type": "response.completed",
        "response": {
            "id": "resp",
            "output": [
                {"type": "message", "role": "assistant", "content": [{"type": "refusal"}]},
                {"type": "function_call", "name": "x", "arguments": {"a": [1]}, "call_id": "c"},
            ],
            "usage": {"input_tokens": 1, "input_tokens_details": {"cached_tokens": 1}},
        },
    },
]
INCOMPLETE = {
    "type": "response.incomplete",
    "response": {"incomplete_details": {"reason": "max_output_tokens"}},
}
CHAT_CHUNKS = [
    {"choices": [{"delta": {"reasoning_content": [{"text": "why"}], "refusal": "no"}}]},
    {
        "choices": [
            {"delta": {"tool_calls": [{"index": 0, "id": "c", "function": {"name": "shell"}}]}},
            {"delta": {"tool_calls": [{"index": 0, "function": {"arguments": '{"a":'}}]}},
        ]
    },
    {"choices": [{"delta": {"tool_calls": [{"id": "d", "function": {"arguments": {"a": 1}}}]}}]},
    {"choices": [{"delta": {"content": [{"text": "a"}]}, "finish_reason": "stop"}]},
    {"choices": [], "usage": {"prompt_tokens": 1, "prompt_tokens_details": {"cached_tokens": 1}}},
    "[DONE]",
]
BODIES = [
    *map(json.dumps, ERRORS),
    json.dumps([ERRORS[1]]),
    'data: {"error": {"message": "as an event"}}\n\n',
    "<html><head><title>502 Bad\nGateway</title></head></html>",
    "Rate limit reached: retry after 1 hour and 2 minutes",
    "Fri, 15 Jan 2027 08:00:30 GMT",
    "1.5",
]


def _bytes(text: str) -> bytes:
    """Return the text as bytes; half a character becomes bytes that are not UTF-8."""
    return text.encode("utf-8", "surrogatepass")


def _pieces(text: str) -> list[bytes]:
    """Return the bytes, cut at places that depend on the text alone."""
    data = _bytes(text)
    generator = random.Random(data)
    cuts = sorted(generator.randint(0, len(data)) for _ in range(generator.randint(0, 20)))
    return [data[start:end] for start, end in pairwise([0, *cuts, len(data)])]


def _read(make_decoder: Callable[[], ResponsesDecoder | ChatDecoder]) -> Callable[[str], object]:
    def take(text: str) -> None:
        pieces = _pieces(text)
        with contextlib.suppress(ModelError):
            assert _events(pieces) == _events([b"".join(pieces)])
        source = Pieces(pieces)
        with contextlib.suppress(ModelError), ModelStream(source, make_decoder()) as stream:
            events = list(stream)
            assert isinstance(events[-1], Completed)
            _send_back(tuple(event.item for event in events if isinstance(event, ItemDone)))
        assert source.fate != "open"

    return take


def _events(pieces: list[bytes]) -> list[str]:
    parser = SseParser(max_event_bytes=MAX_EVENT_BYTES)
    return [event for piece in pieces for event in parser.feed(piece)] + parser.finish()


MAX_EVENT_BYTES = 1_000_000


def _send_back(items: tuple[ResponseItem, ...]) -> None:
    """Send the received items with the next request, on either wire."""
    prompt = Prompt(instructions="", items=items)
    for provider in PROVIDERS:
        dumps(responses.responses_body(prompt, SETTINGS, provider))
        dumps(chat.chat_body(prompt, SETTINGS, provider))


def _fail(_: Path) -> Callable[[str], object]:
    def take(text: str) -> None:
        body = _bytes(text)
        errors = [
            event_failure(parse_body(body)),
            *(
                http_failure(
                    where="http://h",
                    status=status,
                    reason=text[:20],
                    headers={"retry-after": text, "location": text},
                    body=body,
                    now=1_800_000_000.0,
                )
                for status in (302, 400, 429, 503)
            ),
        ]
        for error in errors:
            assert len(error.message) < 3000
            assert error.message.isprintable()
            delay_ms = RetryTally(PROVIDERS[0]).next_delay_ms(error)
            assert delay_ms is None or delay_ms >= 0

    return take


def _streams(wire: str, events: list[object]) -> list[str]:
    reply = b"".join(piece for piece in REPLY.pieces(wire) if isinstance(piece, bytes))
    return [reply.decode(), sse(events).decode(), sse([ERRORS[0]]).decode(), *BODIES[:3]]


TARGETS = {
    "responses streams": Target(
        lambda _: _read(ResponsesDecoder),
        _streams("responses", [*RESPONSES_EVENTS, INCOMPLETE]),
        mutated_json,
    ),
    "chat streams": Target(
        lambda _: _read(lambda: ChatDecoder(frozenset({"c"}))),
        _streams("chat", [*CHAT_CHUNKS]),
        mutated_json,
    ),
    "error bodies": Target(_fail, BODIES),
}
