"""Attachments: large pastes and images, each one character of the draft.

In the editor's text an attachment is a character of a Unicode private-use range, drawn as its
label. Text from outside cannot contain one, since `clean_input` drops them. Ordinary editing thus
deletes, undoes, kills, yanks and recalls a whole attachment without code of its own. Pure, except
that `missing` looks for image files.
"""

from __future__ import annotations

import os
import re
from typing import NamedTuple

from codex.base.printable import printable

FIRST, LAST = 0x10F000, 0x10FFFD
_TOKEN = re.compile(f"[{chr(FIRST)}-{chr(LAST)}]")


class Attachment(NamedTuple):
    """A large paste or an image: what one character of the draft represents."""

    label: str
    text: str
    """Text that is sent in place of the character."""
    image: str | None = None
    """Absolute path of the image; None for a paste."""


class Attachments:
    """All attachments since the program started: undo and recall may bring back any of them."""

    def __init__(self) -> None:
        self._known: dict[str, Attachment] = {}
        self._images: dict[str, str] = {}
        """Characters of the images, by label."""
        self._pastes = 0

    def add_paste(self, text: str) -> str:
        """Add a paste; return its new character, or the text itself when no character is left."""
        self._pastes += 1
        label = f"[Pasted {len(text)} characters #{self._pastes}]"
        return self._add(Attachment(label, text)) or text

    def add_image(self, path: str) -> str:
        """Add an image; return its new character, or its quoted path when no character is left."""
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
        """Return the text drawn for a character; None if the character is no attachment."""
        found = self._known.get(char)
        return None if found is None else found.label

    def expand(self, text: str) -> str:
        """Return a text as it is sent: pastes written out, images as their labels."""
        return _TOKEN.sub(lambda match: self._known[match[0]].text, text)

    def images(self, text: str) -> tuple[str, ...]:
        """Return the absolute paths of the images in a text, in the order of the text."""
        found = (self._known[char].image for char in _TOKEN.findall(text))
        return tuple(path for path in found if path is not None)

    def missing(self, text: str) -> str | None:
        """Return the path of a text's first image that is no longer a file; None if all are."""
        return next((path for path in self.images(text) if not os.path.isfile(path)), None)

    def restore(self, text: str) -> str:
        """Return a text edited elsewhere, with each image's label turned back into a character."""
        for label, char in self._images.items():
            text = text.replace(label, char)
        return text
