"""The Responses API: Prompt -> request body, stream event -> ResponseEvents.

Pure. Request bodies contain only members of OpenAI's published schema. As tools and input, other
providers receive only what every server of this API accepts: function tools, messages, calls and
their outputs.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import msgspec

from codex.model.decode import decode_item, decode_usage
from codex.model.event import (
    ArgumentsDelta,
    Completed,
    ItemDone,
    ReasoningDelta,
    ResponseEvent,
    TextDelta,
)
from codex.model.failure import event_failure
from codex.model.loose import as_dict, as_int, as_list, as_str
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
    ResponseItem,
    TextPart,
)
from codex.protocol.settings import (
    ModelProvider,
    ModelSettings,
    ReasoningEffort,
    ReasoningSummary,
)

RESPONSES_PATH = "/responses"
ENCRYPTED_REASONING = "reasoning.encrypted_content"


def responses_body(
    prompt: Prompt, settings: ModelSettings, provider: ModelProvider
) -> dict[str, Any]:
    """Return the JSON body of a Responses API request."""
    body: dict[str, Any] = {
        "model": settings.model,
        "instructions": prompt.instructions,
        "input": _input(prompt, provider),
        "stream": True,
        # Always sent: servers of this API, Azure's included, store the response if it is omitted.
        "store": prompt.is_stored,
    }
    if prompt.tools:
        body["tools"] = [_tool(tool) for tool in prompt.tools]
        body["tool_choice"] = "auto"
        body["parallel_tool_calls"] = False
    reasoning = _reasoning(settings)
    if reasoning:
        body["reasoning"] = reasoning
    if settings.verbosity is not None:
        body["text"] = {"verbosity": settings.verbosity}
    if settings.max_output_tokens is not None:
        body["max_output_tokens"] = settings.max_output_tokens
    if provider.is_openai:
        body |= _openai_members(prompt, settings)
    return body


def _openai_members(prompt: Prompt, settings: ModelSettings) -> dict[str, Any]:
    """Return the body's members that only OpenAI accepts: those that link it to other requests."""
    members: dict[str, Any] = {}
    if prompt.session_id:
        members["prompt_cache_key"] = prompt.session_id
    if prompt.previous_response_id is not None:
        members["previous_response_id"] = prompt.previous_response_id
    if not prompt.is_stored and settings.accepts_reasoning:
        members["include"] = [ENCRYPTED_REASONING]
    return members


def _reasoning(settings: ModelSettings) -> dict[str, str]:
    effort, summary = settings.reasoning_effort, settings.reasoning_summary
    # The effort "none" is expressed by omission: few models accept the word.
    if not settings.accepts_reasoning or effort is ReasoningEffort.NONE:
        return {}
    reasoning = {}
    if effort is not None:
        reasoning["effort"] = effort.value
    if summary not in (None, ReasoningSummary.NONE):
        reasoning["summary"] = summary.value
    return reasoning


def _tool(tool: ToolSpec) -> dict[str, Any]:
    # llama.cpp treats a missing `strict` as true.
    return {
        "type": "function",
        "name": tool.name,
        "description": tool.description,
        "strict": False,
        "parameters": tool.parameters,
    }


def _input(prompt: Prompt, provider: ModelProvider) -> list[dict[str, Any]]:
    items = []
    for item in prompt.items:
        match item:
            case Message():
                items.append(_message(item))
            case FunctionCall() | FunctionCallOutput():
                items.append(msgspec.to_builtins(item))
            case Reasoning():
                # Only OpenAI can read encrypted reasoning, and it ignores any other.
                if provider.is_openai and item.encrypted_content is not None:
                    items.append(_sealed_reasoning(item))
    return items


def _message(message: Message) -> dict[str, Any]:
    if message.role == "assistant":
        # Every server accepts `output_text` for the model's words; llama.cpp refuses anything else.
        content = [{"type": "output_text", "text": message.text, "annotations": []}]
    else:
        content = [_input_part(part) for part in message.content]
    return {"type": "message", "role": message.role, "content": content}


def _input_part(part: ContentPart) -> dict[str, Any]:
    match part:
        case ImagePart(image_url):
            return {"type": "input_image", "image_url": image_url}
        case TextPart(text) | ModelText(text) | ModelRefusal(text):
            return {"type": "input_text", "text": text}


def _sealed_reasoning(item: Reasoning) -> dict[str, Any]:
    sealed: dict[str, Any] = {
        "type": "reasoning",
        "summary": [{"type": "summary_text", "text": part.text} for part in item.summary],
        "encrypted_content": item.encrypted_content,
    }
    return {"id": item.id, **sealed} if item.id else sealed


DELTAS: dict[str, type[TextDelta | ReasoningDelta]] = {
    "response.output_text.delta": TextDelta,
    "response.refusal.delta": TextDelta,
    "response.reasoning_summary_text.delta": ReasoningDelta,
    "response.reasoning_text.delta": ReasoningDelta,
}


class ResponsesDecoder:
    """Decodes one streamed response of the Responses API."""

    def __init__(self) -> None:
        self.may_end = False
        """Whether the response is complete if the stream ends now."""
        self._calls: dict[str, tuple[str, str]] = {}
        """Call id and name by item id, for the calls that have begun."""
        self._seen: Counter[type[ResponseItem]] = Counter()
        self._text: list[str] = []
        """Pieces of the text of the message that is still arriving."""

    def feed(self, event: dict[str, Any]) -> list[ResponseEvent]:
        """Return the ResponseEvents of one event; unknown events are ignored.

        Raises: ModelError, if the server reports a failure, or ended the response early.
        """
        # Proxies and vLLM end a failed stream with a bare {"error": ...}, on either wire.
        kind = as_str(event.get("type")) or ("error" if event.get("error") else "")
        if kind in DELTAS:
            return self._delta(kind, as_str(event.get("delta")))
        match kind:
            case "response.output_item.added":
                self._begin(as_dict(event.get("item")))
            case "response.function_call_arguments.delta":
                return self._arguments(event)
            case "response.reasoning_summary_part.added" if as_int(event.get("summary_index")):
                return [ReasoningDelta("\n\n")]
            case "response.output_item.done":
                return self._done(event.get("item"))
            case "response.completed":
                return self._complete(as_dict(event.get("response")))
            case _:
                check_failure(kind, event)
        return []

    def finish(self, *, is_done: bool) -> list[ResponseEvent]:
        """Handle the end of a stream without `response.completed`, after `[DONE]` or not.

        Raises: ModelError, always: in this API only `response.completed` completes a response.
        """
        del is_done
        raise ModelError("the response ended before it was complete", kind="stream")

    def _delta(self, kind: str, text: str) -> list[ResponseEvent]:
        if not text:
            return []
        if DELTAS[kind] is TextDelta:
            self._text.append(text)
        return [DELTAS[kind](text)]

    def _begin(self, item: dict[str, Any]) -> None:
        if item.get("type") == "function_call":
            item_id = as_str(item.get("id"))
            call_id = as_str(item.get("call_id")) or item_id
            self._calls[item_id] = (call_id, as_str(item.get("name")))

    def _arguments(self, event: dict[str, Any]) -> list[ResponseEvent]:
        identity = self._calls.get(as_str(event.get("item_id")))
        text = as_str(event.get("delta"))
        return [ArgumentsDelta(*identity, text)] if identity and text else []

    def _done(self, raw: Any) -> list[ResponseEvent]:
        item = decode_item(raw)
        if item is None:
            return []
        self._seen[type(item)] += 1
        if isinstance(item, Message):
            self._text.clear()
        return [ItemDone(item)]

    def _complete(self, response: dict[str, Any]) -> list[ResponseEvent]:
        # vLLM sends `response.completed` however the response ended.
        if response.get("status") == "incomplete":
            raise incomplete(response)
        if response.get("status") == "failed":
            raise event_failure(response)
        events: list[ResponseEvent] = []
        # Some servers send complete items only here; others send deltas only.
        skip = Counter(self._seen)
        for raw in as_list(response.get("output")):
            item = decode_item(raw)
            if item is None:
                continue
            skip[type(item)] -= 1
            if skip[type(item)] < 0:
                events += self._done(raw)
        if self._text and not self._seen[Message]:
            events.append(ItemDone(Message("assistant", (ModelText("".join(self._text)),))))
        self.may_end = True
        usage = decode_usage(response.get("usage"), "input", "output")
        return [*events, Completed(as_str(response.get("id")), usage)]


def check_failure(kind: str, event: dict[str, Any]) -> None:
    """Raise ModelError if an event ends the response before it is complete."""
    match kind:
        case "response.incomplete":
            raise incomplete(as_dict(event.get("response")))
        case "response.failed" | "response.cancelled":
            raise event_failure(as_dict(event.get("response")))
        case "error":
            raise event_failure(event)


def incomplete(response: dict[str, Any]) -> ModelError:
    """Return the error for a response that the server ended before it was complete."""
    reason = as_str(as_dict(response.get("incomplete_details")).get("reason"))
    if reason == "content_filter":
        return ModelError("the server's content filter stopped the response", kind="content_filter")
    if reason == "max_output_tokens":
        reason = "it reached the limit of output tokens"
    return ModelError(
        f"the response is incomplete: {reason or 'no reason given'}", kind="incomplete"
    )
