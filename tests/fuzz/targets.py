"""Every fuzz target by its name."""

from __future__ import annotations

from pathlib import Path

from tests.fuzz import front, patches, rules, screen, streams

TARGETS = {
    **patches.TARGETS,
    **streams.TARGETS,
    **front.TARGETS,
    **rules.TARGETS,
    **screen.TARGETS,
}

FINDS = Path(__file__).parent / "finds"
"""Folder of the inputs that once crashed a parser; README.md in it says more."""


def finds_folder(name: str) -> Path:
    """Return the folder for the finds of one target."""
    return FINDS / name.replace(" ", "-")
