"""Input schemas of MCP tools -> what a model's API takes as the parameters of a function. Pure.

They are passed on whole, with `$defs` and descriptions; only what an API would refuse is mended:
a schema that is no object, has no `properties`, whose `required` is no list of names, or which
gives alternatives at its top.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from codex.protocol.items import Json

NOT_AT_TOP = ("allOf", "anyOf", "oneOf", "enum", "not")
"""OpenAI refuses a function whose parameters have one of these at the top."""
DATA = ("default", "const", "enum", "examples")
"""What stands under these is no schema."""
MAX_SCHEMA_DEPTH = 32
"""Below it a schema means "anything": some servers send schemas that unfold without end."""


def parameters_of(schema: Json) -> dict[str, Json]:
    """The parameters of a function, out of a tool's `inputSchema`."""
    if not isinstance(schema, dict):
        return {"type": "object", "properties": {}}
    mended = {name: _mended(value, 1) for name, value in schema.items() if name != "$schema"}
    mended["type"] = "object"
    if not isinstance(mended.get("properties"), dict):
        mended["properties"] = {}
    for keyword in NOT_AT_TOP:
        if (parts := mended.pop(keyword, None)) is not None and isinstance(parts, list):
            _add_properties(mended, parts)
    required = mended.get("required")
    if required is not None and not _is_names(required):
        del mended["required"]
    return mended


def _add_properties(schema: dict[str, Json], alternatives: list[Json]) -> None:
    """Let the model see what any of the alternatives would take; the server checks the rest."""
    for alternative in alternatives:
        found = alternative.get("properties") if isinstance(alternative, dict) else None
        if isinstance(found, dict):
            schema["properties"] = {**found, **schema["properties"]}


def _is_names(value: Json) -> bool:
    return isinstance(value, list) and all(isinstance(name, str) for name in value)


def _mended(value: Json, depth: int) -> Json:
    """A part of a schema, without what no API takes: arrays that do not say of what."""
    if isinstance(value, list):
        return [_mended(item, depth + 1) for item in value]
    if not isinstance(value, dict):
        return value
    if depth > MAX_SCHEMA_DEPTH:
        return {}
    mended = {
        name: item if name in DATA else _mended(item, depth + 1) for name, item in value.items()
    }
    if mended.get("type") == "array" and "items" not in mended and "prefixItems" not in mended:
        mended["items"] = {}
    return mended
