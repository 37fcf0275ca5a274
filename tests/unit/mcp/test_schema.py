"""Repairs to the schemas of tools, and what they leave unchanged."""

from __future__ import annotations

import pytest

from codex.mcp.schema import MAX_SCHEMA_DEPTH, parameters_of


def test_a_schema_is_passed_on_whole() -> None:
    schema = {
        "type": "object",
        "properties": {"p": {"$ref": "#/$defs/point", "description": "where"}},
        "required": ["p"],
        "additionalProperties": False,
        "$defs": {"point": {"type": "array", "items": {"type": "number"}}},
    }
    assert parameters_of(schema) == schema


@pytest.mark.parametrize("schema", [None, 3, [], {}, {"type": "string"}, {"properties": None}])
def test_what_is_no_object_becomes_one(schema: object) -> None:
    assert parameters_of(schema) == {"type": "object", "properties": {}}


def test_what_no_api_takes_is_mended() -> None:
    mended = parameters_of(
        {
            "$schema": "http://json-schema.org/draft-07/schema#",
            "type": "object",
            "properties": {"list": {"type": "array"}, "pair": {"type": "array", "prefixItems": []}},
            "required": "list",
        }
    )
    assert mended == {
        "type": "object",
        "properties": {
            "list": {"type": "array", "items": {}},
            "pair": {"type": "array", "prefixItems": []},
        },
    }


def test_a_schema_without_end_ends() -> None:
    schema: dict[str, object] = {"type": "object", "properties": {}}
    for _ in range(MAX_SCHEMA_DEPTH * 2):
        schema = {"type": "object", "properties": {"next": schema}}
    depth = 0
    found: object = parameters_of(schema)
    while isinstance(found, dict) and found.get("properties"):
        found = found["properties"]["next"]
        depth += 1
    assert depth < MAX_SCHEMA_DEPTH


def test_alternatives_at_the_top_become_properties() -> None:
    schema = {
        "type": "object",
        "properties": {"a": {"type": "string"}},
        "anyOf": [{"properties": {"b": {"type": "integer"}}}, {"required": ["a"]}],
        "not": {"required": ["c"]},
    }
    assert parameters_of(schema) == {
        "type": "object",
        "properties": {"b": {"type": "integer"}, "a": {"type": "string"}},
    }


def test_what_is_data_and_no_schema_stays_as_it_is() -> None:
    schema = {"type": "object", "properties": {"x": {"default": {"type": "array"}}}}
    assert parameters_of(schema) == schema
