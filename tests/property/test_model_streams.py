"""The stream readers accept any JSON: it gives a response or a ModelError."""

from __future__ import annotations

import contextlib
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from codex.model.chat import ChatDecoder
from codex.model.failure import event_failure, http_failure
from codex.model.responses import ResponsesDecoder
from codex.model.retry import ModelError

KEYS = st.sampled_from(
    [
        *("type", "delta", "item", "response", "error", "output", "content", "text", "message"),
        *("choices", "tool_calls", "function", "arguments", "name", "index", "id", "call_id"),
        *("finish_reason", "usage", "input_tokens", "prompt_tokens", "summary", "code", "object"),
        *("output_tokens_details", "cached_tokens", "reasoning", "loc", "msg", "detail", "param"),
    ]
)
WORDS = st.sampled_from(
    [
        *("message", "function_call", "reasoning", "output_text", "refusal", "stop", "length"),
        *("response.output_item.done", "response.completed", "response.failed", "error", ""),
        *("response.output_text.delta", "response.function_call_arguments.delta", "summary_text"),
        *("response.output_item.added", "response.reasoning_summary_part.added", "shell", "{}"),
    ]
)
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(-1, 600), st.floats(), WORDS)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=5),
    max_leaves=12,
)
EVENTS = st.lists(st.dictionaries(KEYS, JSON, max_size=6), max_size=5)


@given(EVENTS)
def test_the_responses_reader_takes_any_json(events: list[dict[str, Any]]) -> None:
    decoder = ResponsesDecoder()
    with contextlib.suppress(ModelError):
        for event in events:
            decoder.feed(event)


@given(EVENTS, st.booleans())
def test_the_chat_reader_takes_any_json(events: list[dict[str, Any]], is_done: bool) -> None:
    decoder = ChatDecoder()
    with contextlib.suppress(ModelError):
        for event in events:
            decoder.feed(event)
        decoder.finish(is_done=is_done)


@given(JSON)
def test_an_error_may_be_any_json(body: Any) -> None:
    assert isinstance(event_failure(body), ModelError)


@given(st.integers(300, 599), st.binary(max_size=100), st.text(max_size=20))
def test_an_error_body_may_be_any_bytes(status: int, body: bytes, retry_after: str) -> None:
    headers = {"retry-after": retry_after}
    error = http_failure(
        where="http://h", status=status, reason="", headers=headers, body=body, now=0.0
    )
    assert error.status == status
