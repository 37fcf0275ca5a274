"""The `view_image` tool, and the encoding of image files as `data:` URLs, which models accept."""

from __future__ import annotations

import binascii
import os
import stat
from typing import TYPE_CHECKING

import msgspec

from codex.base.errors import CodexError
from codex.core.context import TaskContext, ToolOutput
from codex.core.tools.tool import Tool, json_arguments, object_schema
from codex.model.prompt import ToolSpec
from codex.protocol.events import ViewImage

if TYPE_CHECKING:
    from codex.config.types import Config

MAX_IMAGE_BYTES = 20 * 1024 * 1024
"""Largest image file that is attached; no published service accepts more."""

MAGIC = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"BM", "image/bmp"),
)


def image_url(path: str) -> str:
    """Return the file as a base64 `data:` URL.

    The media type comes from the content, not from the name: PNG, JPEG, GIF, WebP or BMP.

    Raises: CodexError, if the file cannot be read, is too large, or is not an image.
    """
    try:
        data = _content(path)
    except OSError as error:
        raise _refusal(path, error.strerror or str(error)) from error
    except ValueError as error:
        raise _refusal(path, "no file can have this name") from error
    media_type = _media_type(data)
    if media_type is None:
        raise _refusal(path, "it is not a PNG, JPEG, GIF, WebP or BMP file")
    return f"data:{media_type};base64,{binascii.b2a_base64(data, newline=False).decode('ascii')}"


def _content(path: str) -> bytes:
    """Read a regular file; reading a named pipe or a terminal might never end."""
    with open(path, "rb", opener=_open_at_once) as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise _refusal(path, "it is not a regular file")
        if status.st_size > MAX_IMAGE_BYTES:
            raise _refusal(path, f"it has {status.st_size} bytes, the limit is {MAX_IMAGE_BYTES}")
        return file.read(MAX_IMAGE_BYTES)


def _open_at_once(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK)


def _media_type(data: bytes) -> str | None:
    for magic, media_type in MAGIC:
        if data.startswith(magic):
            return media_type
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    return None


def _refusal(path: str, cause: str) -> CodexError:
    return CodexError(f"cannot attach the image '{path}': {cause}")


class _ImageArguments(msgspec.Struct, frozen=True):
    path: str


def _run(context: TaskContext, call_id: str, arguments: _ImageArguments) -> ToolOutput:
    config = context.setup.config
    if not config.model.has_images:
        return context.refuse(
            f"error: the model '{config.model.model}' does not take images", subject="view image"
        )
    path = os.path.normpath(os.path.join(config.cwd, arguments.path))
    try:
        url = image_url(path)
    except CodexError as error:
        return context.refuse(f"error: {error}", subject="view image")
    context.emit(ViewImage(call_id, path))
    return ToolOutput(f"The image '{path}' follows.", (url,))


def _is_offered(config: Config) -> bool:
    return config.model.has_images


VIEW_IMAGE_TOOL = Tool(
    spec=ToolSpec(
        name="view_image",
        description="Look at an image file (PNG, JPEG, GIF, WebP).",
        parameters=object_schema({"path": {"type": "string"}}, ["path"]),
    ),
    arguments=json_arguments(_ImageArguments),
    run=_run,
    is_offered=_is_offered,
)
