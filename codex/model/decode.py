"""Lenient decoding of the model's output items and token counts from JSON.

Pure. Unknown members, content parts and items are dropped, the last two with a line in the debug
log. The decoded items may be sent back to any server.
"""

from __future__ import annotations

import logging
import os
from typing import Any

from codex.base.jsonio import dumps
from codex.model.loose import as_dict, as_int, as_list, as_str
from codex.protocol.items import (
    ContentPart,
    FunctionCall,
    Message,
    ModelRefusal,
    ModelText,
    Reasoning,
    ReasoningText,
    ResponseItem,
    SummaryText,
    TokenUsage,
)

logger = logging.getLogger(__name__)


def decode_item(raw: Any) -> ResponseItem | None:
    """Decode an output item; None for an unknown type, an empty message or a nameless call."""
    item = as_dict(raw)
    match item.get("type"):
        case "message":
            return _message(item)
        case "reasoning":
            return decode_reasoning(item)
        case "function_call" if as_str(item.get("name")):
            return FunctionCall(
                name=as_str(item.get("name")),
                arguments=arguments_text(item.get("arguments")),
                call_id=as_str(item.get("call_id")) or as_str(item.get("id")) or new_call_id(),
            )
        case kind:
            logger.debug("output item of type %r dropped", kind)
            return None


def decode_reasoning(item: dict[str, Any]) -> Reasoning:
    """Decode a reasoning item; a member of an unexpected type is treated as missing."""
    return Reasoning(
        id=as_str(item.get("id")),
        summary=tuple(SummaryText(text) for text in texts_of(item.get("summary"))),
        content=tuple(ReasoningText(text) for text in texts_of(item.get("content"))),
        encrypted_content=as_str(item.get("encrypted_content")) or None,
    )


def texts_of(parts: Any) -> list[str]:
    """Return the texts of a list of content parts; parts without text are left out."""
    return [text for part in as_list(parts) if (text := as_str(as_dict(part).get("text")))]


def decode_usage(raw: Any, sent: str, received: str) -> TokenUsage | None:
    """Decode the token counts of a response; return None if it has none.

    Args: sent, received: first word of the two counts' names, such as `input` and `output`.
    """
    usage = as_dict(raw)
    if not usage:
        return None
    input_tokens = as_int(usage.get(f"{sent}_tokens"))
    output_tokens = as_int(usage.get(f"{received}_tokens"))
    input_details = as_dict(usage.get(f"{sent}_tokens_details"))
    output_details = as_dict(usage.get(f"{received}_tokens_details"))
    return TokenUsage(
        input_tokens=input_tokens,
        cached_input_tokens=as_int(input_details.get("cached_tokens")),
        output_tokens=output_tokens,
        reasoning_output_tokens=as_int(output_details.get("reasoning_tokens")),
        total_tokens=as_int(usage.get("total_tokens")) or input_tokens + output_tokens,
    )


def arguments_text(value: Any) -> str:
    """Return a call's arguments, sent as JSON text or as an object, as JSON text; "" for None."""
    if isinstance(value, str):
        return value
    return "" if value is None else dumps(value).decode()


def new_call_id() -> str:
    """Return a random id for a call that has no unique id from the server."""
    return f"call_{os.urandom(12).hex()}"


def _message(item: dict[str, Any]) -> Message | None:
    content = item.get("content")
    raw_parts = as_list(content)
    if isinstance(content, str):
        raw_parts = [{"type": "text", "text": content}]
    parts = [part for raw in raw_parts if (part := _part(raw)) is not None]
    return Message(as_str(item.get("role")) or "assistant", tuple(parts)) if parts else None


def _part(raw: Any) -> ContentPart | None:
    match raw:
        case {"type": "output_text" | "text", "text": str(text)}:
            return ModelText(text)
        case {"type": "refusal", "refusal": str(text)}:
            return ModelRefusal(text)
        case _:
            logger.debug("content part of type %r dropped", as_dict(raw).get("type"))
            return None
