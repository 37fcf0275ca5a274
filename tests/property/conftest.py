"""How hypothesis runs here: without deadlines, which a busy machine does not keep."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")
