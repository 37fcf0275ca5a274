"""ResponseEvent: the events that a ModelStream yields, on either wire API."""

from __future__ import annotations

import msgspec

from codex.protocol.items import ResponseItem, TokenUsage


class TextDelta(msgspec.Struct, frozen=True):
    """A piece of the text of the model's message."""

    text: str


class ReasoningDelta(msgspec.Struct, frozen=True):
    """A piece of the model's reasoning, from its summary or its raw text."""

    text: str


class ArgumentsDelta(msgspec.Struct, frozen=True):
    """A piece of a tool call's arguments, which are JSON text."""

    call_id: str
    name: str
    """Name of the tool."""
    text: str


class ItemDone(msgspec.Struct, frozen=True):
    """A complete item of the response."""

    item: ResponseItem


class Completed(msgspec.Struct, frozen=True):
    """The response is complete. Always the last event."""

    response_id: str
    """Id of the response; empty on Chat Completions, or if the server sent none."""
    usage: TokenUsage | None
    """Token counts of the request; None if the server sent none."""


ResponseEvent = TextDelta | ReasoningDelta | ArgumentsDelta | ItemDone | Completed
