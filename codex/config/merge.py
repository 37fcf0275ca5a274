"""Merge tables of checked settings, layer by layer.

Precedence, low to high: file, profile table, profile file, `-c` in order. Pure.
"""

from __future__ import annotations

from typing import Any

RIVALS = {"sandbox_mode": "sandbox_permissions", "sandbox_permissions": "sandbox_mode"}
"""Each key's other key for the same setting; a layer with one hides the other of layers below."""


def merge(lower: dict[str, Any], upper: dict[str, Any]) -> dict[str, Any]:
    """Return two tables merged key by key; of two values that are not both tables, `upper` wins."""
    merged = dict(lower)
    for key, value in upper.items():
        below = merged.get(key)
        if isinstance(below, dict) and isinstance(value, dict):
            value = merge(below, value)
        merged[key] = value
    return merged


def overlay(*layers: dict[str, Any]) -> dict[str, Any]:
    """Return layers merged, lowest precedence first; no layer may hold both keys of RIVALS."""
    result: dict[str, Any] = {}
    for layer in layers:
        below = {key: value for key, value in result.items() if RIVALS.get(key) not in layer}
        result = merge(below, layer)
    return result
