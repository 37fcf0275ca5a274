"""Prompt: what a turn sends to the model, whatever the wire."""

from __future__ import annotations

from typing import Any

import msgspec

from codex.protocol.items import ResponseItem


class ToolSpec(msgspec.Struct, frozen=True, kw_only=True):
    """A function the model may call."""

    name: str
    """At most 64 characters of `[a-zA-Z0-9_-]`."""
    description: str
    parameters: dict[str, Any]
    """A JSON Schema of type object."""


class Prompt(msgspec.Struct, frozen=True, kw_only=True):
    """One request, before it takes the shape of a wire."""

    instructions: str
    """The base prompt and the user's, whole, on every request."""
    items: tuple[ResponseItem, ...]
    """The transcript, or what is new since `previous_response_id`."""
    tools: tuple[ToolSpec, ...] = ()
    previous_response_id: str | None = None
    is_stored: bool = False
    """Whether the server keeps the conversation (OpenAI only)."""
    session_id: str = ""
    """OpenAI's `prompt_cache_key`; not sent to others."""
