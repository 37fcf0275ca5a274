"""Form: the values that an MCP server asks the user for, field by field. Pure."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from codex.protocol.items import Json


class Form:
    """A form, filled in field by field: `label` and `take` are for the current field.

    Args: schema: JSON Schema of an object, whose properties are the fields.
    """

    def __init__(self, schema: Json) -> None:
        table = schema.get("properties") if isinstance(schema, dict) else None
        required = schema.get("required") if isinstance(schema, dict) else None
        self.fields: list[tuple[str, dict[str, Json]]] = (
            [(str(name), about if isinstance(about, dict) else {}) for name, about in table.items()]
            if isinstance(table, dict)
            else []
        )
        self._required = required if isinstance(required, list) else []
        self.content: dict[str, Json] = {}
        self.complaint = ""
        self._at = 0

    @property
    def is_complete(self) -> bool:
        """Whether every field has a value or was skipped; then no field is current."""
        return self._at >= len(self.fields)

    @property
    def label(self) -> str:
        """Text that asks for the current field: its title or name, its type and its description."""
        name, about = self.fields[self._at]
        optional = "" if name in self._required else ", optional"
        told = f": {about['description']}" if about.get("description") else ""
        return f"{about.get('title') or name} ({self._kind()}{optional}){told}"

    def _kind(self) -> str:
        about = self.fields[self._at][1]
        kind = str(about.get("type", "string"))
        if isinstance(about.get("enum"), list):
            return " | ".join(str(value) for value in about["enum"])
        return "yes | no" if kind == "boolean" else kind

    def take(self, text: str) -> bool:
        """Store the typed value of the current field and go on; empty text skips an optional one.

        If the text is invalid, stay, say why in `complaint` and return False. Only the enum and the
        types boolean, integer and number are checked, neither limits nor formats.
        """
        name, about = self.fields[self._at]
        text = text.strip()
        self.complaint = ""
        if not text:
            if name in self._required:
                self.complaint = "This field is required."
                return False
        else:
            value = _value(text, about)
            if value is None:
                self.complaint = f"Not a valid value: expected {self._kind()}."
                return False
            self.content[name] = value
        self._at += 1
        return True


def _value(text: str, about: dict[str, Json]) -> Json:
    """Return the typed text as a value of the field's type; None if it is invalid."""
    allowed = about.get("enum")
    if isinstance(allowed, list):
        return next((value for value in allowed if str(value) == text), None)
    kind = about.get("type")
    if kind == "boolean":
        return {"yes": True, "y": True, "true": True, "no": False, "n": False, "false": False}.get(
            text.lower()
        )
    try:
        if kind == "integer":
            return int(text)
        if kind == "number":
            number = float(text)
            return number if math.isfinite(number) else None
    except ValueError:
        return None
    return text
