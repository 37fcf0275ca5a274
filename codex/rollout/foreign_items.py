"""Convert the conversation items that other versions of Codex wrote into our items. Pure.

An item that our wire APIs cannot send becomes one that they can, or text. Items that only described
the other program to the model are dropped, since our own requests describe this one.
"""

from __future__ import annotations

from typing import Any

import msgspec

from codex.base.jsonio import dumps
from codex.model.decode import decode_reasoning, texts_of
from codex.model.loose import as_dict, as_list, as_str
from codex.protocol.items import (
    ContentPart,
    FunctionCall,
    FunctionCallOutput,
    ImagePart,
    Message,
    ModelRefusal,
    ModelText,
    ResponseItem,
    TextPart,
)

SILENT = ("ghost_snapshot", "compaction_trigger", "other")
"""Kinds of items that were never part of the conversation."""

_CONTEXT_TAGS = (
    *("<environment_context>", "<user_instructions>", "<permissions", "<skill", "<INSTRUCTIONS>"),
    *("# AGENTS.md instructions for ", "<turn_aborted>", "<collaboration_mode>", "<apps_"),
    *("<plugins_", "<subagent_", "<user_shell_command>\n<command>\n</command>"),
)


def own_item(raw: dict[str, Any]) -> ResponseItem | None:
    """Decode an item that this program wrote; return None if it has another form."""
    try:
        item: ResponseItem = msgspec.convert(raw, ResponseItem)
    except msgspec.ValidationError:
        return None
    return item


def foreign_items(raw: dict[str, Any]) -> tuple[ResponseItem, ...] | None:
    """Return another program's item as one or two of ours; () if it is dropped.

    Return None if its kind is unknown.
    """
    match raw.get("type"):
        case "message":
            return _message(raw)
        case "reasoning":
            return (decode_reasoning(raw),)
        case "function_call" | "custom_tool_call" | "local_shell_call":
            return _call(raw)
        case "function_call_output" | "custom_tool_call_output" | "local_shell_call_output":
            return _output(raw)
        case "web_search_call":
            query = as_str(as_dict(raw.get("action")).get("query"))
            return (Message("assistant", (ModelText(f"[searched the web: {query}]"),)),)
        case kind if kind in SILENT:
            return ()
        case _:
            return None


def is_context(raw: dict[str, Any]) -> bool:
    """Return whether a message is context that the recording program added for the model.

    Such a message is neither the user's nor the model's.
    """
    if raw.get("role") in ("developer", "system"):
        return True
    texts = [as_str(as_dict(part).get("text")) for part in as_list(raw.get("content"))]
    return raw.get("role") == "user" and any(
        text.lstrip().startswith(_CONTEXT_TAGS) for text in texts[:1]
    )


def _message(raw: dict[str, Any]) -> tuple[ResponseItem, ...]:
    if is_context(raw):
        return ()
    content = raw.get("content")
    raw_parts = [{"type": "text", "text": content}] if isinstance(content, str) else content
    parts = _parts(raw_parts)
    return (Message(as_str(raw.get("role")) or "assistant", parts),) if parts else ()


def _parts(raw: Any) -> tuple[ContentPart, ...]:
    return tuple(part for value in as_list(raw) if (part := _part(as_dict(value))) is not None)


def _part(raw: dict[str, Any]) -> ContentPart | None:
    match raw:
        case {"type": "input_text" | "text", "text": str(text)}:
            return TextPart(text)
        case {"type": "output_text", "text": str(text)}:
            return ModelText(text)
        case {"type": "refusal", "refusal": str(text)}:
            return ModelRefusal(text)
        case {"type": "input_image", "image_url": str(url)}:
            return ImagePart(url)
        case _:
            return None


def _call(raw: dict[str, Any]) -> tuple[ResponseItem, ...]:
    call_id = as_str(raw.get("call_id")) or as_str(raw.get("id"))
    match raw["type"]:
        case "function_call":
            name, arguments = as_str(raw.get("name")), raw.get("arguments")
            text = arguments if isinstance(arguments, str) else dumps(arguments).decode()
        case "custom_tool_call":
            name = as_str(raw.get("name"))
            text = dumps({"input": as_str(raw.get("input"))}).decode()
        case _:
            action = as_dict(raw.get("action"))
            name = "shell"
            text = dumps({"command": as_list(action.get("command"))}).decode()
    return (FunctionCall(name, text, call_id),) if name and call_id else ()


def _output(raw: dict[str, Any]) -> tuple[ResponseItem, ...]:
    """Return a tool output as text, then its images in a message, as `view_image` sends them."""
    call_id, output = as_str(raw.get("call_id")), raw.get("output")
    if isinstance(output, dict):  # the form of autumn 2025
        output = output.get("content_items") or output.get("content")
    parts = _parts(output)
    text = output if isinstance(output, str) else "\n".join(texts_of(output))
    answer = FunctionCallOutput(call_id, text)
    images = tuple(part for part in parts if isinstance(part, ImagePart))
    if not images:
        return (answer,)
    return answer, Message("user", (TextPart("The images that were asked for:"), *images))
