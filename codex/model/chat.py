"""The Chat Completions API: Prompt -> request body, stream chunk -> ResponseEvents.

Pure. Request bodies contain only members of OpenAI's published schema that local servers and
gateways accept too. Decoding is lenient: it accepts what those servers really send.
"""

from __future__ import annotations

from typing import Any

from codex.model.calls import CallAssembler
from codex.model.decode import decode_usage
from codex.model.event import (
    Completed,
    ItemDone,
    ReasoningDelta,
    ResponseEvent,
    TextDelta,
)
from codex.model.failure import event_failure
from codex.model.loose import as_dict, as_list, as_str, as_text
from codex.model.prompt import Prompt, ToolSpec
from codex.model.retry import ModelError
from codex.protocol.items import (
    ContentPart,
    FunctionCall,
    FunctionCallOutput,
    ImagePart,
    Message,
    ModelRefusal,
    ModelText,
    Reasoning,
    ReasoningText,
    ResponseItem,
    TokenUsage,
)
from codex.protocol.settings import ModelProvider, ModelSettings, ReasoningEffort

CHAT_PATH = "/chat/completions"


def chat_body(
    prompt: Prompt, settings: ModelSettings, provider: ModelProvider, *, asks_usage: bool = True
) -> dict[str, Any]:
    """Return the JSON body of a Chat Completions request.

    Args: asks_usage: whether to ask for token counts; a few servers refuse the option.
    """
    body: dict[str, Any] = {
        "model": settings.model,
        "messages": _messages(prompt),
        "stream": True,
    }
    if asks_usage:
        body["stream_options"] = {"include_usage": True}
    if prompt.tools:
        body["tools"] = [_tool(tool) for tool in prompt.tools]
    effort = settings.reasoning_effort
    if effort not in (None, ReasoningEffort.NONE) and settings.accepts_reasoning:
        body["reasoning_effort"] = effort.value
    if settings.verbosity is not None:
        body["verbosity"] = settings.verbosity
    if settings.max_output_tokens is not None:
        # OpenAI's reasoning models refuse the old name; Ollama does not know the new one.
        name = "max_completion_tokens" if provider.is_openai else "max_tokens"
        body[name] = settings.max_output_tokens
    return body


def _tool(tool: ToolSpec) -> dict[str, Any]:
    return {
        "type": "function",
        "function": {
            "name": tool.name,
            "description": tool.description,
            "parameters": tool.parameters,
        },
    }


def _messages(prompt: Prompt) -> list[dict[str, Any]]:
    """Return the conversation as the `messages` of a request, in the form chat templates need.

    Consecutive items of one role become one message (some templates demand that roles alternate),
    and each call's output directly follows the message with the call. Reasoning is left out.
    """
    messages: list[dict[str, Any]] = [{"role": "system", "content": prompt.instructions}]
    outputs: dict[str, str] = {}
    for item in prompt.items:
        if isinstance(item, FunctionCallOutput):
            outputs.setdefault(item.call_id, item.output)
    open_calls: list[str] = []
    for item in prompt.items:
        if isinstance(item, FunctionCall):
            _assistant(messages).setdefault("tool_calls", []).append(_tool_call(item))
            open_calls.append(item.call_id)
        elif isinstance(item, Message) and item.role == "assistant":
            _add_assistant_text(_assistant(messages), item.text)
        elif not isinstance(item, Reasoning):
            _add_outputs(messages, open_calls, outputs)
            if isinstance(item, Message):
                _add_input(messages, item)
    _add_outputs(messages, open_calls, outputs)
    return messages


def _assistant(messages: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the last message if it is the assistant's; else append an empty one and return it."""
    if messages[-1]["role"] != "assistant":
        messages.append({"role": "assistant", "content": None})
    return messages[-1]


def _add_assistant_text(message: dict[str, Any], text: str) -> None:
    before = message["content"]
    if text and text != before:
        message["content"] = f"{before}\n\n{text}" if before else text


def _tool_call(call: FunctionCall) -> dict[str, Any]:
    function = {"name": call.name, "arguments": call.arguments}
    return {"id": call.call_id, "type": "function", "function": function}


def _add_outputs(
    messages: list[dict[str, Any]], open_calls: list[str], outputs: dict[str, str]
) -> None:
    messages += [
        {"role": "tool", "tool_call_id": call_id, "content": outputs[call_id]}
        for call_id in open_calls
        if call_id in outputs
    ]
    open_calls.clear()


def _add_input(messages: list[dict[str, Any]], item: Message) -> None:
    role = "system" if item.role in ("system", "developer") else item.role
    parts = [part for raw in item.content if (part := _part(raw)) is not None]
    last = messages[-1]
    if last["role"] == role:
        # Turn content that is a string into a list of parts, so that the two can be joined.
        parts = [*_as_parts(last["content"]), *parts]
        messages.pop()
    if parts:
        messages.append({"role": role, "content": _content(parts)})


def _as_parts(content: Any) -> list[dict[str, Any]]:
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def _content(parts: list[dict[str, Any]]) -> str | list[dict[str, Any]]:
    """Return the parts, joined into a string if all are text: not every server accepts a list."""
    if all(part["type"] == "text" for part in parts):
        return "\n\n".join(part["text"] for part in parts)
    return parts


def _part(part: ContentPart) -> dict[str, Any] | None:
    match part:
        case ImagePart(image_url):
            return {"type": "image_url", "image_url": {"url": image_url}}
        case ModelRefusal(text):
            return {"type": "text", "text": text}
        case _:
            return {"type": "text", "text": part.text} if part.text else None


class ChatDecoder:
    """Decodes one streamed response of the Chat Completions API."""

    def __init__(self, taken_call_ids: frozenset[str] = frozenset()) -> None:
        """Args: taken_call_ids: ids of earlier calls; a call that repeats one gets a new id."""
        self.may_end = False
        """Whether the response is complete if the stream ends now: `finish_reason` has arrived."""
        self._text: list[str] = []
        self._refusal: list[str] = []
        self._reasoning: list[str] = []
        self._calls = CallAssembler(taken_call_ids)
        self._usage: TokenUsage | None = None

    def feed(self, chunk: dict[str, Any]) -> list[ResponseEvent]:
        """Return the ResponseEvents of one chunk.

        Raises: ModelError, if the server reports a failure, or ended the response early.
        """
        if chunk.get("error") or chunk.get("object") == "error":
            raise event_failure(chunk)
        self._usage = decode_usage(chunk.get("usage"), "prompt", "completion") or self._usage
        events: list[ResponseEvent] = []
        for choice in map(as_dict, as_list(chunk.get("choices"))):
            # A server that does not stream sends the complete response as one `message`.
            events += self._delta(as_dict(choice.get("delta", choice.get("message"))))
            self._end(as_str(choice.get("finish_reason")))
        return events

    def finish(self, *, is_done: bool) -> list[ResponseEvent]:
        """End the stream; return an ItemDone for each item, then Completed.

        Args: is_done: whether `[DONE]` ended the stream.
        Raises: ModelError, if the response is not complete.
        """
        if not is_done and not self.may_end:
            raise ModelError("the response ended before it was complete", kind="stream")
        return [*map(ItemDone, self._items()), Completed("", self._usage)]

    def _delta(self, delta: dict[str, Any]) -> list[ResponseEvent]:
        events: list[ResponseEvent] = []
        reasoning = as_text(delta.get("reasoning_content")) or as_text(delta.get("reasoning"))
        if reasoning:
            self._reasoning.append(reasoning)
            events.append(ReasoningDelta(reasoning))
        for kept, text in (
            (self._text, as_text(delta.get("content"))),
            (self._refusal, as_str(delta.get("refusal"))),
        ):
            if text:
                kept.append(text)
                events.append(TextDelta(text))
        for fragment in as_list(delta.get("tool_calls")):
            events += self._calls.add(as_dict(fragment))
        return events

    def _end(self, finish_reason: str) -> None:
        match finish_reason:
            case "":
                return
            case "length" | "model_length":
                raise ModelError(
                    "the response is incomplete: it reached the limit of output tokens, "
                    "or of the context window",
                    kind="incomplete",
                )
            case "content_filter":
                raise ModelError(
                    "the server's content filter stopped the response", kind="content_filter"
                )
            case "error":
                raise ModelError("the server ended the response with an error", kind="server")
        self.may_end = True

    def _items(self) -> list[ResponseItem]:
        items: list[ResponseItem] = []
        if self._reasoning:
            items.append(Reasoning(content=(ReasoningText("".join(self._reasoning)),)))
        parts: list[ContentPart] = []
        if self._text:
            parts.append(ModelText("".join(self._text)))
        if self._refusal:
            parts.append(ModelRefusal("".join(self._refusal)))
        if parts:
            items.append(Message("assistant", tuple(parts)))
        return [*items, *self._calls.items()]
