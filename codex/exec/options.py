"""ExecOptions: what the command line of `codex exec` says beside the configuration."""

from __future__ import annotations

import msgspec


class ExecOptions(msgspec.Struct, frozen=True, kw_only=True):
    """The arguments that concern one headless run only."""

    prompt: str | None
    """None or `-` reads it from standard input."""
    images: tuple[str, ...] = ()
    """Files, as typed."""
    color: str = "auto"
    """`always`, `never` or `auto`."""
    output_last_message: str | None = None
    """A file for the final answer, as typed."""
    skip_git_repo_check: bool = False
