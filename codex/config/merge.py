"""Merge tables of checked settings, layer by layer.

Precedence, low to high: file, profile table, profile file, `-c` in order. Pure.
"""

from __future__ import annotations

from typing import Any

RIVALS = {"sandbox_mode": "sandbox_permissions", "sandbox_permissions": "sandbox_mode"}
"""Two generations of one setting: a layer that has one removes the other from the layers below."""


def merge(lower: dict[str, Any], upper: dict[str, Any]) -> dict[str, Any]:
    """Merge two tables key by key; `upper` wins, and replaces values other than tables whole."""
    merged = dict(lower)
    for key, value in upper.items():
        below = merged.get(key)
        if isinstance(below, dict) and isinstance(value, dict):
            value = merge(below, value)
        merged[key] = value
    return merged


def overlay(*layers: dict[str, Any]) -> dict[str, Any]:
    """Merge layers of settings, given from low to high; no layer may hold two rivals."""
    result: dict[str, Any] = {}
    for layer in layers:
        below = {key: value for key, value in result.items() if RIVALS.get(key) not in layer}
        result = merge(below, layer)
    return result
