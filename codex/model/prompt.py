"""Prompt: the request that a turn sends to the model, on either wire API."""

from __future__ import annotations

import msgspec

from codex.protocol.items import Json, ResponseItem


class ToolSpec(msgspec.Struct, frozen=True, kw_only=True):
    """A function the model may call."""

    name: str
    """Name of the function: at most 64 characters of `[a-zA-Z0-9_-]`."""
    description: str
    parameters: dict[str, Json]
    """JSON Schema of the arguments, of type object."""


class Prompt(msgspec.Struct, frozen=True, kw_only=True):
    """One request to the model, independent of the wire API."""

    instructions: str
    """Base prompt and the user's instructions, complete in every request."""
    items: tuple[ResponseItem, ...]
    """The whole transcript, or the items added since `previous_response_id`."""
    tools: tuple[ToolSpec, ...] = ()
    previous_response_id: str | None = None
    """Id of the response that this request continues; None if `items` is the whole transcript.

    Sent on OpenAI's Responses API only; other servers get `items` alone.
    """
    is_stored: bool = False
    """Whether the server stores the conversation (OpenAI only)."""
    session_id: str = ""
    """Session id, sent as `prompt_cache_key` on OpenAI's Responses API only; not sent if empty."""
