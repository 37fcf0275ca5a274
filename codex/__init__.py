"""The version of codex, and nothing else: everything imports this package first."""

from __future__ import annotations

__version__ = "0.1.0"
