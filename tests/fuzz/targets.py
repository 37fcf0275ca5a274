"""Every fuzz target by its name."""

from __future__ import annotations

from tests.fuzz import front, patches, rules, screen, streams

TARGETS = {
    **patches.TARGETS,
    **streams.TARGETS,
    **front.TARGETS,
    **rules.TARGETS,
    **screen.TARGETS,
}
