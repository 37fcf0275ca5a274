"""AGENTS.md: collect a project's instructions to agents, from the outermost folder inward.

The order is CODEX_HOME, then the project's root down to the working directory, with at most one
document per folder. The text closest to the work comes last, where models follow it best. No defect
of a document ends a session: a file that cannot be read becomes a warning. The names that are tried
where a folder has no AGENTS.md are a setting, `project_doc_fallback_filenames`.
"""

from __future__ import annotations

import codecs
import os
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

DOC_NAME = "AGENTS.md"


class ProjectDocs(NamedTuple):
    """The documents that apply to a working directory."""

    text: str | None
    """The documents joined by blank lines; None if no document was found."""
    files: tuple[str, ...]
    """Paths of the documents in `text`, in order."""
    warnings: tuple[str, ...]


def collect(
    codex_home: str,
    cwd: str,
    max_bytes: int,
    fallback_names: Sequence[str] = (),
    *,
    root_markers: Sequence[str] = (".git",),
) -> ProjectDocs:
    """Read the documents that apply to `cwd`.

    Args: codex_home, cwd: absolute. max_bytes: limit for all texts together; 0 turns documents off.
        fallback_names: names to try in this order in a folder of the project whose AGENTS.md is
        missing, unreadable or blank. root_markers: a project's root is the nearest folder, from
        `cwd` upwards, that holds one of these; without one, the project is `cwd` alone.
    """
    if max_bytes <= 0:
        return ProjectDocs(None, (), ())
    reader = _Reader(max_bytes)
    reader.take_first(codex_home, (DOC_NAME,))
    for folder in _folders(cwd, root_markers):
        if folder != codex_home:
            reader.take_first(folder, (DOC_NAME, *fallback_names))
    return ProjectDocs(
        "\n\n".join(reader.texts) or None, tuple(reader.files), tuple(reader.warnings)
    )


def _folders(cwd: str, root_markers: Sequence[str]) -> list[str]:
    """Return the folders from the project's root down to `cwd`; without a root, `cwd` alone."""
    folders = [cwd]
    while not any(os.path.lexists(os.path.join(folders[-1], name)) for name in root_markers):
        parent = os.path.dirname(folders[-1])
        if parent == folders[-1]:
            return [cwd]
        folders.append(parent)
    return folders[::-1]


class _Reader:
    def __init__(self, max_bytes: int) -> None:
        self.bytes_left = max_bytes
        self.texts: list[str] = []
        self.files: list[str] = []
        self.warnings: list[str] = []

    def take_first(self, folder: str, names: Sequence[str]) -> None:
        """Add the first document of the folder, in the order of `names`, that is not blank."""
        for name in names:
            if self._take(os.path.join(folder, name)):
                return

    def _take(self, path: str) -> bool:
        data = self._read(path)
        if data is None or not data.strip():
            return False
        taken = data[: self.bytes_left]
        is_cut = len(taken) < len(data)
        # A character that the cut splits is dropped rather than shown as a broken one.
        text = codecs.getincrementaldecoder("utf-8")("replace").decode(taken, final=not is_cut)
        if is_cut:
            self._warn_of_cut(path, len(taken))
        self.bytes_left -= len(taken)
        if text.strip():
            self.texts.append(text)
            self.files.append(path)
        return True

    def _read(self, path: str) -> bytes | None:
        """Return up to one byte more than the limit allows; None if no regular file can be read."""
        try:
            # A named pipe with this name must not block the session.
            if not os.path.isfile(path):
                return None
            with open(path, "rb") as file:
                return file.read(self.bytes_left + 1)
        except OSError as error:
            self.warnings.append(f'cannot read "{path}": {error.strerror}; continuing without it')
            return None

    def _warn_of_cut(self, path: str, taken: int) -> None:
        did = f"only its first {taken} bytes are used" if taken else "it is not used"
        self.warnings.append(
            f'"{path}": {did}, because all project documents together exceed project_doc_max_bytes'
        )
