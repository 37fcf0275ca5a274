"""Attachments: large pastes and images, each one character of the draft. Pure.

In the editor's text an attachment is a character of a private range that no text from outside can
contain (`clean_input` drops them), drawn as its label. So the ordinary ways of editing delete,
undo, kill, yank and recall it whole, without any code of their own.
"""

from __future__ import annotations

import os
import re
from typing import NamedTuple

from codex.base.printable import printable

FIRST, LAST = 0x10F000, 0x10FFFD
_TOKEN = re.compile(f"[{chr(FIRST)}-{chr(LAST)}]")


class Attachment(NamedTuple):
    """The meaning of one such character."""

    label: str
    text: str
    """Text that is sent in its place."""
    image: str | None = None
    """Absolute path of the image; None for a paste."""


class Attachments:
    """All attachments since the program started: undo and recall may bring back any of them."""

    def __init__(self) -> None:
        self._known: dict[str, Attachment] = {}
        self._images: dict[str, str] = {}
        """Characters by their labels."""
        self._pastes = 0

    def add_paste(self, text: str) -> str:
        """The character for a paste; the text itself when there are no characters left."""
        self._pastes += 1
        label = f"[Pasted {len(text)} characters #{self._pastes}]"
        return self._add(Attachment(label, text)) or text

    def add_image(self, path: str) -> str:
        """The character for an image; its quoted path when there are no characters left."""
        name = " ".join(printable(os.path.basename(path)).split())
        label = f"[image: {name} #{len(self._images) + 1}]"
        char = self._add(Attachment(label, label, path))
        if char is None:
            return f'"{path}"'
        self._images[label] = char
        return char

    def _add(self, attachment: Attachment) -> str | None:
        code = FIRST + len(self._known)
        if code > LAST:
            return None
        self._known[chr(code)] = attachment
        return chr(code)

    def label(self, char: str) -> str | None:
        """The text drawn for a character; None if it is no attachment."""
        found = self._known.get(char)
        return None if found is None else found.label

    def expand(self, text: str) -> str:
        """The text as it is sent: pastes written out, images as their labels."""
        return _TOKEN.sub(lambda match: self._known[match[0]].text, text)

    def images(self, text: str) -> tuple[str, ...]:
        """The paths of the images in a text."""
        found = (self._known[char].image for char in _TOKEN.findall(text))
        return tuple(path for path in found if path is not None)

    def missing(self, text: str) -> str | None:
        """The first image of a text that is no longer a file."""
        return next((path for path in self.images(text) if not os.path.isfile(path)), None)

    def restore(self, text: str) -> str:
        """Turn the labels of images back into images, in a text that was edited elsewhere."""
        for label, char in self._images.items():
            text = text.replace(label, char)
        return text
