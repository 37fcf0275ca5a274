"""Cleans typed and pasted text, and finds pasted images. Pure, except that it looks for files."""

from __future__ import annotations

import os
import re
import shlex
from typing import TYPE_CHECKING

from codex.tui.composer.attachments import FIRST, LAST

if TYPE_CHECKING:
    from collections.abc import Callable

_LARGE_CHARS = 1000
"""Number of characters above which a paste is shown as a label."""
_LARGE_LINES = 10
"""Number of newlines from which a paste is shown as a label."""
_IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg", ".gif", ".webp")

_COLOURS_AND_KEYS = re.compile("(?:\x1b\\[|\x9b)[0-?]*[ -/]*[@-~]")
# Control characters except tab and newline, surrogates, and the characters of attachments.
_DROPPED = re.compile(f"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff{chr(FIRST)}-{chr(LAST)}]")


def clean_input(text: str) -> str:
    """Return a text that the editor can hold, with `\\n` for each newline.

    CSI escape sequences, control characters except tab, surrogates and the characters that stand
    for attachments are removed.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _DROPPED.sub("", _COLOURS_AND_KEYS.sub("", text))


def is_large(text: str) -> bool:
    """Whether a paste is shown as a label: over _LARGE_CHARS, or from _LARGE_LINES newlines on."""
    return len(text) > _LARGE_CHARS or text.count("\n") >= _LARGE_LINES


def image_paths(
    text: str, *, cwd: str, home: str | None, is_file: Callable[[str], bool] = os.path.isfile
) -> tuple[str, ...]:
    """Return the absolute paths of the images that a paste names; empty if it has anything else.

    An image is an existing file whose name ends in one of _IMAGE_SUFFIXES. Paths may be written as
    terminals and file managers write dropped files: bare, quoted, with backslashes, as `file://`
    URLs, several on a line or each on its own.

    Args: cwd: where relative paths start. home: directory that `~` means; None leaves `~` as it is.
    """
    text = text.strip()
    if (
        not text
        or len(text) > 100 * _LARGE_CHARS
        or not text.lower().rstrip("'\"").endswith(_IMAGE_SUFFIXES)
    ):
        return ()
    whole = _image(text, cwd=cwd, home=home, is_file=is_file)
    if whole is not None:
        return (whole,)
    try:
        words = shlex.split(text)
    except ValueError:  # an unclosed quotation
        return ()
    found = [_image(word, cwd=cwd, home=home, is_file=is_file) for word in words]
    return tuple(path for path in found if path is not None) if all(found) else ()


def _image(word: str, *, cwd: str, home: str | None, is_file: Callable[[str], bool]) -> str | None:
    path = word
    if word.startswith("file://"):
        from urllib.parse import unquote, urlsplit

        try:
            parts = urlsplit(word)
        except ValueError:
            return None
        if parts.netloc not in ("", "localhost"):
            return None
        path = unquote(parts.path)
    elif word.startswith("~/") and home is not None:
        path = os.path.join(home, word[2:])
    if "\0" in path or "\n" in path or not path.lower().endswith(_IMAGE_SUFFIXES):
        return None
    path = os.path.normpath(os.path.join(cwd, path))
    return path if is_file(path) else None
