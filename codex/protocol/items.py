"""The items of a conversation with a model.

They occur in the model's responses and in the requests to it; `type` is the tag on the wire.
Source: the item schemas of the OpenAI Responses API.
"""

from __future__ import annotations

from typing import Any

import msgspec

Json = Any
"""JSON value whose shape another program decides."""


class TextPart(msgspec.Struct, frozen=True, tag_field="type", tag="input_text"):
    """Text that the model reads."""

    text: str


class ImagePart(msgspec.Struct, frozen=True, tag_field="type", tag="input_image"):
    """An image that the model sees."""

    image_url: str
    """URL of the image, `https:` or `data:`."""


class ModelText(msgspec.Struct, frozen=True, tag_field="type", tag="output_text"):
    """Text that the model wrote."""

    text: str


class ModelRefusal(msgspec.Struct, frozen=True, tag_field="type", tag="refusal"):
    """The model declined, in its own words."""

    refusal: str


ContentPart = TextPart | ImagePart | ModelText | ModelRefusal


class Message(msgspec.Struct, frozen=True, tag_field="type", tag="message"):
    """A message of `user`, `assistant`, `developer` or `system`."""

    role: str
    content: tuple[ContentPart, ...]

    @property
    def text(self) -> str:
        """Return the joined texts of the parts, with refusals and without images."""
        return "".join(
            part.refusal if isinstance(part, ModelRefusal) else part.text
            for part in self.content
            if not isinstance(part, ImagePart)
        )


class ReasoningText(msgspec.Struct, frozen=True, tag_field="type", tag="reasoning_text"):
    """A piece of raw reasoning."""

    text: str


class SummaryText(msgspec.Struct, frozen=True, tag_field="type", tag="summary_text"):
    """A piece of a reasoning summary."""

    text: str


class Reasoning(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="type", tag="reasoning"):
    """The reasoning of a model before its answer."""

    id: str = ""
    summary: tuple[SummaryText, ...] = ()
    content: tuple[ReasoningText, ...] = ()
    encrypted_content: str | None = None
    """Opaque state, sent back to OpenAI so that the model can continue from it."""


class FunctionCall(msgspec.Struct, frozen=True, tag_field="type", tag="function_call"):
    """The model calls a tool."""

    name: str
    arguments: str
    """JSON text as the model wrote it, possibly malformed."""
    call_id: str


class FunctionCallOutput(msgspec.Struct, frozen=True, tag_field="type", tag="function_call_output"):
    """The output of a tool call; always a plain string on the wire."""

    call_id: str
    output: str


ResponseItem = Message | Reasoning | FunctionCall | FunctionCallOutput


class TokenUsage(msgspec.Struct, frozen=True):
    """Tokens of one request, or of several added up."""

    input_tokens: int = 0
    cached_input_tokens: int = 0
    """Part of `input_tokens`."""
    output_tokens: int = 0
    reasoning_output_tokens: int = 0
    """Part of `output_tokens`."""
    total_tokens: int = 0

    def plus(self, other: TokenUsage) -> TokenUsage:
        """Return the sum of both usages, field by field."""
        return TokenUsage(
            input_tokens=self.input_tokens + other.input_tokens,
            cached_input_tokens=self.cached_input_tokens + other.cached_input_tokens,
            output_tokens=self.output_tokens + other.output_tokens,
            reasoning_output_tokens=self.reasoning_output_tokens + other.reasoning_output_tokens,
            total_tokens=self.total_tokens + other.total_tokens,
        )
