"""ExecOptions: the arguments of `codex exec` that are not configuration."""

from __future__ import annotations

import msgspec


class ExecOptions(msgspec.Struct, frozen=True, kw_only=True):
    """Arguments of one run of `codex exec`, apart from configuration."""

    prompt: str | None
    """Prompt; if None or `-`, it is read from standard input."""
    images: tuple[str, ...] = ()
    """Paths of image files, as typed: relative to the directory where codex was started."""
    color: str = "auto"
    """Use of colours: `always`, `never` or `auto`."""
    output_last_message: str | None = None
    """Path, as typed, of the file that the final answer is written to; None: no file."""
    skip_git_repo_check: bool = False
