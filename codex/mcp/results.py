"""The result of an MCP tool -> what the model reads: text, and images as images. Pure.

The wire APIs carry only text and images: audio and other data are mentioned, not sent. Long text is
cut in the middle, with a marker that says how much is missing.
Source: the MCP specification, "Tool result" (2024-11-05 to 2025-11-25).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from codex.base.jsonio import dumps

if TYPE_CHECKING:
    from codex.protocol.items import Json

MAX_RESULT_CHARS = 40_000
"""Longest text that one result may add to the conversation."""
MAX_RESULT_BYTES = 48_000
"""Largest result in an event: clients that read events as lines of JSON may limit a line to
64 KiB."""
BYTES_PER_CHAR = 6
"""Most bytes that a character takes in JSON, as in \\u0000."""
MAX_IMAGE_CHARS = 8 * 1024 * 1024
"""Largest image, in characters of base64."""
IMAGE_TYPES = ("image/png", "image/jpeg", "image/gif", "image/webp")


class ToolResult(NamedTuple):
    """The result of a tool call, as the model will see it."""

    text: str
    image_urls: tuple[str, ...]
    is_error: bool


def tool_result(result: Json, *, takes_images: bool) -> ToolResult:
    """Convert a CallToolResult for the model; blocks of an unknown type become JSON text.

    Args: takes_images: whether the model accepts images; if not, they are only mentioned.
    """
    if not isinstance(result, dict):
        return ToolResult("error: the server's response is not a tool result", (), is_error=True)
    texts: list[str] = []
    images: list[str] = []
    content = result.get("content")
    for block in content if isinstance(content, list) else []:
        text, image = _block(block, takes_images=takes_images)
        if text:
            texts.append(text)
        if image:
            images.append(image)
    structured = result.get("structuredContent")
    if structured is not None and not texts:
        # Servers should repeat this content as text; if one does not, the model reads the JSON.
        texts.append(dumps(structured).decode())
    text = shortened("\n".join(texts)) or ("The image follows." if images else "(no output)")
    return ToolResult(text, tuple(images), result.get("isError") is True)


def capped(result: Json) -> Json:
    """Return the result, cut to a size that events, session files and clients can carry.

    A result of over MAX_RESULT_BYTES of JSON becomes its text, cut in the middle if it is longer
    than that itself; images and data are only mentioned.
    """
    if len(dumps(result)) <= MAX_RESULT_BYTES:
        return result
    text = result_text(result)
    if len(dumps(text)) > MAX_RESULT_BYTES:
        text = shortened(text, MAX_RESULT_BYTES // BYTES_PER_CHAR)
    small: dict[str, Json] = {"content": [{"type": "text", "text": text}]}
    is_error = isinstance(result, dict) and result.get("isError") is True
    return small | ({"isError": True} if is_error else {})


def result_text(result: Json) -> str:
    """Return the result of an MCP call as text for the user; images and data are only mentioned."""
    if isinstance(result, list):
        return dumps(result).decode()
    if isinstance(result, dict) and "contents" in result:
        return resource_text(result)
    answer = tool_result(result, takes_images=False)
    return answer.text


def resource_text(result: Json) -> str:
    """Return the texts of a ReadResourceResult, shortened; "(empty)" if it has none."""
    contents = result.get("contents") if isinstance(result, dict) else None
    items = contents if isinstance(contents, list) else []
    texts = [_resource(item) for item in items if isinstance(item, dict)]
    return shortened("\n".join(texts)) or "(empty)"


def shortened(text: str, max_chars: int = MAX_RESULT_CHARS) -> str:
    """Return `text`; if over `max_chars`, that much of its head and tail with a marker between."""
    if len(text) <= max_chars:
        return text
    half = max_chars // 2
    cut = len(text) - 2 * half
    return f"{text[:half]}\n[... {cut:,} characters cut ...]\n{text[-half:]}"


def _block(block: Json, *, takes_images: bool) -> tuple[str, str | None]:
    """Return the text of one content block, and its image as a data URL, if it has one."""
    if not isinstance(block, dict):
        return dumps(block).decode(), None
    match block.get("type"):
        case "text":
            return str(block.get("text", "")), None
        case "image":
            return _image(block, takes_images=takes_images)
        case "audio":
            return f"[audio, {block.get('mimeType')}: not shown]", None
        case "resource":
            resource = block.get("resource")
            return _resource(resource) if isinstance(resource, dict) else "", None
        case "resource_link":
            name = block.get("title") or block.get("name") or ""
            return f"[resource {block.get('uri')}: {name}]", None
        case _:
            return dumps(block).decode(), None


def _image(block: dict[str, Json], *, takes_images: bool) -> tuple[str, str | None]:
    data, mime_type = block.get("data"), block.get("mimeType")
    if not isinstance(data, str) or mime_type not in IMAGE_TYPES:
        return f"[image, {mime_type}: not shown]", None
    if not takes_images:
        return f"[image, {mime_type}: the model does not accept images]", None
    if len(data) > MAX_IMAGE_CHARS:
        return f"[image, {mime_type}: {len(data):,} characters, too large]", None
    return "", f"data:{mime_type};base64,{data}"


def _resource(resource: dict[str, Json]) -> str:
    uri, mime_type = resource.get("uri"), resource.get("mimeType")
    if isinstance(text := resource.get("text"), str):
        return f"[resource {uri}]\n{text}"
    blob = resource.get("blob")
    size = f"{len(blob) * 3 // 4:,} bytes" if isinstance(blob, str) else "no content"
    return f"[resource {uri}, {mime_type}: {size} of binary data, not shown]"
