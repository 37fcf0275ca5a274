"""Input schemas of MCP tools -> the parameters of a function that a model's API accepts. Pure.

Schemas are passed on complete, with `$defs` and descriptions; only what an API would refuse is
repaired: a schema that is not an object, lacks `properties`, has a `required` that is not a list of
names, or gives alternatives at its top level.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from codex.protocol.items import Json

NOT_AT_TOP = ("allOf", "anyOf", "oneOf", "enum", "not")
"""Keywords that OpenAI refuses at the top level of a function's parameters."""
DATA = ("default", "const", "enum", "examples")
"""Keywords whose values are data, not schemas."""
MAX_SCHEMA_DEPTH = 32
"""Number of levels of nested JSON that are kept; a deeper object becomes {}, which allows anything.

Some servers send endlessly expanded schemas.
"""


def parameters_of(schema: Json) -> dict[str, Json]:
    """Return a tool's `inputSchema`, repaired, as the parameters of a function."""
    if not isinstance(schema, dict):
        return {"type": "object", "properties": {}}
    repaired = {name: _repaired(value, 1) for name, value in schema.items() if name != "$schema"}
    repaired["type"] = "object"
    if not isinstance(repaired.get("properties"), dict):
        repaired["properties"] = {}
    for keyword in NOT_AT_TOP:
        if (parts := repaired.pop(keyword, None)) is not None and isinstance(parts, list):
            _add_properties(repaired, parts)
    required = repaired.get("required")
    if required is not None and not _is_names(required):
        del repaired["required"]
    return repaired


def _add_properties(schema: dict[str, Json], alternatives: list[Json]) -> None:
    """Add the properties of every alternative to `schema`; the server checks the rest."""
    for alternative in alternatives:
        found = alternative.get("properties") if isinstance(alternative, dict) else None
        if isinstance(found, dict):
            schema["properties"] = {**found, **schema["properties"]}


def _is_names(value: Json) -> bool:
    return isinstance(value, list) and all(isinstance(name, str) for name in value)


def _repaired(value: Json, depth: int) -> Json:
    """Return a part of a schema, cut at MAX_SCHEMA_DEPTH, with `items` in every array schema."""
    if isinstance(value, list):
        return [_repaired(item, depth + 1) for item in value]
    if not isinstance(value, dict):
        return value
    if depth > MAX_SCHEMA_DEPTH:
        return {}
    repaired = {
        name: item if name in DATA else _repaired(item, depth + 1) for name, item in value.items()
    }
    if (
        repaired.get("type") == "array"
        and "items" not in repaired
        and "prefixItems" not in repaired
    ):
        repaired["items"] = {}
    return repaired
