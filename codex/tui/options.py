"""TuiOptions: what the command line says beside the configuration."""

from __future__ import annotations

import msgspec


class TuiOptions(msgspec.Struct, frozen=True, kw_only=True):
    """The arguments that concern one interactive run only."""

    prompt: str | None = None
    """The first message; None when there is none."""
    images: tuple[str, ...] = ()
    """Files for the first message, absolute."""
    has_alternate_screen: bool = True
    skip_git_repo_check: bool = False
