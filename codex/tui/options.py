"""TuiOptions: the command-line options of the full screen that are not configuration."""

from __future__ import annotations

import msgspec


class TuiOptions(msgspec.Struct, frozen=True, kw_only=True):
    """The command-line options of one run of the full screen."""

    prompt: str | None = None
    """First message; None to start without one."""
    images: tuple[str, ...] = ()
    """Absolute paths of the image files for the first message."""
    has_alternate_screen: bool = True
    skip_git_repo_check: bool = False
