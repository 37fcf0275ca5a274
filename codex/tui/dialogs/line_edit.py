"""LineEdit: one line of text that the user edits, for dialogs. Pure, unlike the composer."""

from __future__ import annotations

from codex.tui.drawing.text import Line, Span, Style, clean, line

CURSOR = Style(reverse=True)


class LineEdit:
    """A line of text and the cursor in it."""

    def __init__(self, text: str = "") -> None:
        self.text = text
        self._at = len(text)

    def key(self, name: str, data: str) -> bool:
        """Edit the line or move the cursor; return whether the key does either.

        Args: name: the key's name in prompt_toolkit. data: text that the key enters or pastes.
        """
        before, after = self.text[: self._at], self.text[self._at :]
        match name:
            case "left" | "c-b":
                self._at = max(0, self._at - 1)
            case "right" | "c-f":
                self._at = min(len(self.text), self._at + 1)
            case "home" | "c-a":
                self._at = 0
            case "end" | "c-e":
                self._at = len(self.text)
            case "c-h":
                self._set(before[:-1], after)
            case "delete":
                self._set(before, after[1:])
            case _:
                return self._long_key(name, data, before, after)
        return True

    def _long_key(self, name: str, data: str, before: str, after: str) -> bool:
        match name:
            case "c-u":
                self._set("", after)
            case "c-k":
                self._set(before, "")
            case "c-w":
                kept = before.rstrip()
                self._set(kept[: max(kept.rfind(" "), kept.rfind("/")) + 1], after)
            case "<bracketed-paste>":
                self._set(before + " ".join(clean(data).split("\n")).strip(), after)
            case _ if len(name) == 1 and data.isprintable():
                self._set(before + data, after)
            case _:
                return False
        return True

    def _set(self, before: str, after: str) -> None:
        self.text, self._at = before + after, len(before)

    def line(self, width: int) -> Line:
        """Return the text around the cursor, a reversed cell; the caller clips it to `width`."""
        before, after = self.text[: self._at], self.text[self._at :]
        before = before[-max(1, width * 2 // 3) :]
        under, rest = (after[:1] or " "), after[1:]
        return (*line(before), Span(under, CURSOR), *line(rest))
