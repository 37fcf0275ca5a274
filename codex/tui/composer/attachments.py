"""Attachments: large pastes and images that stand in a draft as one character each. Pure.

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
    """What one such character stands for."""

    label: str
    text: str
    """What is sent in its place."""
    image: str | None = None
    """An absolute path."""


class Attachments:
    """Every attachment of the program's life, since undo and recall may bring each back."""

    def __init__(self) -> None:
        self._known: dict[str, Attachment] = {}
        self._images: dict[str, str] = {}
        """Label -> character."""
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
        """How a character is drawn, if it stands for an attachment."""
        found = self._known.get(char)
        return None if found is None else found.label

    def expand(self, text: str) -> str:
        """A text as it is sent: pastes written out, images as their labels."""
        return _TOKEN.sub(lambda match: self._known[match[0]].text, text)

    def images(self, text: str) -> tuple[str, ...]:
        """The paths of the images in a text."""
        found = (self._known[char].image for char in _TOKEN.findall(text))
        return tuple(path for path in found if path is not None)

    def missing(self, text: str) -> str | None:
        """The first image of a text that is no longer a file."""
        return next((path for path in self.images(text) if not os.path.isfile(path)), None)

    def restore(self, text: str) -> str:
        """A text that was expanded and edited elsewhere: labels of images are images again."""
        for label, char in self._images.items():
            text = text.replace(label, char)
        return text
