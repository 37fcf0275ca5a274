"""ResponseEvent: the events that a ModelStream yields, on either wire."""

from __future__ import annotations

import msgspec

from codex.protocol.items import ResponseItem, TokenUsage


class TextDelta(msgspec.Struct, frozen=True):
    """A piece of the answer's text."""

    text: str


class ReasoningDelta(msgspec.Struct, frozen=True):
    """A piece of reasoning, summary or raw."""

    text: str


class ArgumentsDelta(msgspec.Struct, frozen=True):
    """A piece of a tool call's arguments."""

    call_id: str
    name: str
    text: str


class ItemDone(msgspec.Struct, frozen=True):
    """One whole item."""

    item: ResponseItem


class Completed(msgspec.Struct, frozen=True):
    """The answer is whole; always the last event."""

    response_id: str
    """Id of the response; empty if the wire has no such ids."""
    usage: TokenUsage | None


ResponseEvent = TextDelta | ReasoningDelta | ArgumentsDelta | ItemDone | Completed
