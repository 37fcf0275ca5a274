"""Apply the chunks of a patch to the text of a file.

Only lines that the patch removes or adds may change: context lines keep the file's own blanks and
characters, every line keeps its ending, and the file keeps its encoding, byte order mark and final
newline.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from codex.apply_patch.locate import locate
from codex.apply_patch.text import FileText
from codex.base.errors import PatchError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from codex.apply_patch.locate import ChunkPlace
    from codex.apply_patch.parser import Chunk

_EndedLine = tuple[str, str]
"""Text and ending of a line; an ending that is not known yet is empty."""


def apply_chunks(old: FileText, chunks: Sequence[Chunk], *, path: str) -> FileText:
    """Return the text of the file with all chunks applied.

    Args: path: the path in the patch, for error messages.

    Raises: PatchError, if a chunk does not fit exactly one place in the file, if two chunks change
        the same line, or if one adds non-ASCII characters to a file of unknown encoding.
    """
    if old.is_guess:
        _check_plain(chunks, path)
    places = locate(chunks, old.lines, path=path)
    lines: list[_EndedLine] = list(zip(old.lines, old.endings, strict=True))
    # Applied from the last to the first, so that earlier places stay valid. Two additions at one
    # place keep the order of the patch.
    cores = [(place.core, _is_verbatim(place, old)) for place in places]
    order = sorted(range(len(cores)), key=lambda i: (cores[i][0].start, cores[i][0].end, i))
    for i in reversed(order):
        core, is_verbatim = cores[i]
        lines[core.start : core.end] = _replacement(core, old, is_verbatim=is_verbatim)
    has_final_newline = old.has_final_newline
    for chunk in chunks:
        if chunk.has_final_newline is not None:
            has_final_newline = chunk.has_final_newline
    return _with_endings(old, lines, has_final_newline=has_final_newline)


def _check_plain(chunks: Sequence[Chunk], path: str) -> None:
    for chunk in chunks:
        for line in chunk.lines:
            if line.startswith("+") and not line.isascii():
                raise PatchError(
                    f"{path} is not UTF-8 and its encoding is not known, so the line "
                    f"'{line[1:].strip()}' cannot be added to it: keep added lines ASCII, or edit "
                    "the file with a program that knows its encoding"
                )


def _replacement(place: ChunkPlace, old: FileText, *, is_verbatim: bool) -> list[_EndedLine]:
    """Return the lines, with endings, that replace the file's lines at `place`."""
    at = place.start
    removed: list[str] = []
    result: list[_EndedLine] = []
    for line in place.lines:
        if line.startswith("-"):
            removed.append(old.endings[at])
            at += 1
        elif not line.startswith("+"):
            result.append((old.lines[at], old.endings[at]))
            removed.clear()
            at += 1
        elif is_verbatim:
            result.append((line[1:].removesuffix("\r"), "\r\n" if line.endswith("\r") else "\n"))
        else:
            # Added lines get the endings of the removed lines in order; the last serves the rest.
            ending = removed.pop(0) if len(removed) > 1 else "".join(removed)
            result.append((line[1:].removesuffix("\r"), ending))
    return result


def _is_verbatim(place: ChunkPlace, old: FileText) -> bool:
    """Return whether added lines get the endings that they have in the patch.

    They do if the file has no line endings, or if the chunk has removed or context lines and all of
    them end as in the file. Otherwise a CR, or its absence, only reflects how the patch was sent.
    """
    if not any(old.endings):
        return True
    expected = [line.endswith("\r") for line in place.lines if not line.startswith("+")]
    endings = old.endings[place.start : place.end]
    known = [(cr, ending) for cr, ending in zip(expected, endings, strict=True) if ending]
    return bool(known) and all(has_cr == (ending == "\r\n") for has_cr, ending in known)


def _with_endings(old: FileText, lines: list[_EndedLine], *, has_final_newline: bool) -> FileText:
    """Return the new text; a line without an ending gets that of the line before it.

    The first line gets the first ending in the old text.
    """
    usual = next((ending for ending in old.endings if ending), "\n")
    endings: list[str] = []
    for _, ending in lines:
        endings.append(ending or (endings[-1] if endings else usual))
    if endings and not has_final_newline:
        endings[-1] = ""
    return FileText(
        lines=tuple(line for line, _ in lines),
        endings=tuple(endings),
        mark=old.mark,
        encoding=old.encoding,
        is_guess=old.is_guess,
    )
