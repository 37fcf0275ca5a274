"""Whether the files of a matched call are in the folders where they may be.

Unlike in the reference, links are resolved, so that none leads out of a folder.
Source: spec/execpolicy.md, section 7 and gaps 8 and 9.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from codex.execpolicy.program import Match


def misplaced_file(match: Match, *, cwd: str, writable_folders: Sequence[str]) -> str | None:
    """The first written file outside the folders, as given; None when there is none.

    An argument that may be anything ("Unknown") counts as a file that cannot be placed. Reading is
    the sandbox's business and not judged.

    Args: cwd: absolute; what relative names are relative to.
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
