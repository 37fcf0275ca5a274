"""Check that the files that a matching call writes are in the writable folders.

Unlike in codex-rs, symbolic links are resolved, so that no link leads out of a folder.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from codex.execpolicy.program import Match


def misplaced_file(match: Match, *, cwd: str, writable_folders: Sequence[str]) -> str | None:
    """Return a file outside the folders that the call names and may write; None if it names none.

    The file is returned as the call names it. An argument that may be anything ("Unknown") is
    treated as a file outside. Files below a named folder are not looked at, so a link in it may
    lead outside, and reads are not checked; the sandbox limits both.

    Args: cwd: absolute folder that relative names refer to.
    """
    folders = [os.path.realpath(folder) for folder in writable_folders]
    given = [argument.value for argument in match.args]
    given += [option.value for option in match.options]
    for kind, value in zip(match.types, given, strict=True):
        if not kind.may_write:
            continue
        path = os.path.realpath(os.path.join(cwd, value))
        if not kind.is_file or not any(_is_inside(path, folder) for folder in folders):
            return value
    return None


def _is_inside(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip("/") + "/")
