"""Image files as the `data:` URLs that models take."""

from __future__ import annotations

import binascii
import os

from codex.errors import CodexError

MAX_BYTES = 20 * 1024 * 1024
"""No published service takes a larger image."""

MAGIC = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"BM", "image/bmp"),
)


def image_url(path: str) -> str:
    """The file as a base64 `data:` URL.

    The type comes from the content, not from the name.

    Raises: CodexError, when the file cannot be read, is too large, or is no image.
    """
    try:
        size = os.stat(path).st_size
        if size > MAX_BYTES:
            raise CodexError(
                f"cannot attach the image '{path}': it has {size} bytes, the limit is {MAX_BYTES}"
            )
        with open(path, "rb") as file:
            data = file.read(MAX_BYTES)
    except OSError as error:
        raise CodexError(f"cannot attach the image '{path}': {error.strerror}") from error
    media_type = _media_type(data)
    if media_type is None:
        raise CodexError(
            f"cannot attach the image '{path}': it is not a PNG, JPEG, GIF, WebP or BMP file"
        )
    return f"data:{media_type};base64,{binascii.b2a_base64(data, newline=False).decode('ascii')}"


def _media_type(data: bytes) -> str | None:
    for magic, media_type in MAGIC:
        if data.startswith(magic):
            return media_type
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    return None
