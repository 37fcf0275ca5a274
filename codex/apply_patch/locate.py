"""Find the one place in a file that each chunk of an update means, or say why there is none.

The place must be unique. If a chunk's own lines fit several places, its `@@` lines, the order of
the chunks, its end-of-file marker or the line number in a unified-diff header decide; if these do
not, the chunk is refused. codex-rs uses the first hit instead and may silently edit the wrong
place.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import msgspec

from codex.apply_patch.seek import Haystack
from codex.base.errors import PatchError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from codex.apply_patch.parser import Chunk


class ChunkPlace(msgspec.Struct, frozen=True):
    """The place of a chunk in the file, in line indexes from 0."""

    start: int
    """Index of the first line that the chunk covers, or before which it adds lines."""
    lines: tuple[str, ...]
    """Lines of the chunk with their signs, without empty lines at its end that are only spacing."""

    @property
    def end(self) -> int:
        """Index after the last line that the chunk covers."""
        return self.start + sum(not line.startswith("+") for line in self.lines)

    @property
    def core(self) -> ChunkPlace:
        """Place of the lines from first to last change, without the context lines at both ends."""
        changes = [i for i, line in enumerate(self.lines) if line.startswith(("-", "+"))]
        if not changes:
            return ChunkPlace(self.start, ())
        return ChunkPlace(self.start + changes[0], self.lines[changes[0] : changes[-1] + 1])


class SearchScope(msgspec.Struct, frozen=True):
    """The lines where a chunk may begin, for one place in the file that fits its `@@` lines."""

    start: int
    """Index of the first line, from 0: that of the innermost `@@` line, if there is one."""
    end: int
    """Index after the last line."""
    context: int | None = None
    """Index of the innermost `@@` line in the file; None if the chunk has none."""


def locate(chunks: Sequence[Chunk], lines: Sequence[str], *, path: str) -> tuple[ChunkPlace, ...]:
    """Return one place per chunk, in the chunks' order; no two change the same line.

    Args: path: the path in the patch, for error messages.

    Raises: PatchError, listing every chunk that fits nowhere or, if all fit, in several places; or
        if two chunks change the same line.
    """
    haystack = Haystack(lines)
    problems: list[str] = []
    options: list[list[ChunkPlace]] = []
    for chunk in chunks:
        try:
            options.append(_options(chunk, haystack, path))
        except PatchError as exc:
            problems.append(exc.message)
    if problems:
        raise PatchError("\n".join(problems))
    options = _ordered(options)
    for chunk, places in zip(chunks, options, strict=True):
        if len(places) > 1:
            problems.append(_ambiguous(chunk, places, path))
    if problems:
        raise PatchError("\n".join(problems))
    found = tuple(places[0] for places in options)
    _check_overlap(found, path)
    return found


def old_lines(lines: Sequence[str]) -> list[str]:
    """Return the context and removed lines of a chunk, without their signs and CRs."""
    return [line[1:].removesuffix("\r") for line in lines if not line.startswith("+")]


def _options(chunk: Chunk, haystack: Haystack, path: str) -> list[ChunkPlace]:
    """Return every place that fits the chunk, whatever the other chunks are; at least one.

    The chunk is tried without the empty lines at its end first, and with them only if several
    places fit.
    """
    scopes = _scopes(chunk, haystack, path)
    written = list(chunk.lines)
    while written and written[-1] == "":
        written.pop()
    best: list[ChunkPlace] = []
    for length in range(len(written), len(chunk.lines) + 1):
        lines = chunk.lines[:length]
        found = [ChunkPlace(start, lines) for start in _starts(chunk, lines, scopes, haystack)]
        if length == len(written) or len(found) == 1:
            best = found
        if len(best) <= 1:
            break
    if not best:
        raise PatchError(_not_found(chunk, old_lines(written), scopes, haystack, path))
    exact = [place for place in best if place.start + 1 == chunk.diff_line]
    return exact or best


def _starts(
    chunk: Chunk, lines: Sequence[str], scopes: list[SearchScope], haystack: Haystack
) -> list[int]:
    """Return the indexes where `lines` begin, in the most exact pass with a hit in a scope.

    The result is empty if no pass has one.
    """
    pattern = old_lines(lines)
    if not pattern:
        return _addition_starts(chunk, scopes, len(haystack.lines))
    for starts in haystack.places(pattern):
        if chunk.is_end_of_file:
            last = [
                s for s in starts if not any(map(str.strip, haystack.lines[s + len(pattern) :]))
            ]
            starts = last[-1:] or starts
        found = [s for scope in scopes for s in _in_scope(starts, scope, haystack.lines)]
        if found:
            return found
    return []


def _addition_starts(chunk: Chunk, scopes: list[SearchScope], count: int) -> list[int]:
    """Return where a chunk that only adds lines may go: below its `@@` lines, or the file's end.

    A line number in a unified-diff header is not enough: the result is empty.
    """
    if chunk.contexts and not chunk.is_end_of_file:
        return [scope.start + 1 for scope in scopes]
    if chunk.diff_line is not None and count and not chunk.is_end_of_file:
        return []
    return [count]


def _in_scope(starts: list[int], scope: SearchScope, lines: Sequence[str]) -> list[int]:
    """Return the starts in the scope; of several, those in its context's block, else the first."""
    inside = [start for start in starts if scope.start <= start < scope.end]
    if scope.context is None or len(inside) < 2:
        return inside
    block_end = _block_end(lines, scope.context)
    return [start for start in inside if start < block_end] or inside[:1]


def _block_end(lines: Sequence[str], opening: int) -> int:
    """Return the index of the first line below line `opening` that is not indented deeper."""
    indent = _indent(lines[opening])
    for i in range(opening + 1, len(lines)):
        if lines[i].strip() not in ("", "{", "(", "[") and _indent(lines[i]) <= indent:
            return i
    return len(lines)


def _indent(line: str) -> int:
    expanded = line.expandtabs(8)
    return len(expanded) - len(expanded.lstrip())


def _scopes(chunk: Chunk, haystack: Haystack, path: str) -> list[SearchScope]:
    """Return a scope for each place where the context lines occur, each below the one before."""
    scopes = [SearchScope(0, len(haystack.lines) + 1)]
    for context in chunk.contexts:
        inner = _inner_scopes(context, scopes, haystack)
        if not inner:
            raise PatchError(
                f"Failed to find context '{context}' in {path} "
                f"(patch line {chunk.line_number}).\n{haystack.nearest([context])}"
            )
        scopes = inner
    return scopes


def _inner_scopes(context: str, outer: list[SearchScope], haystack: Haystack) -> list[SearchScope]:
    """Return scopes below lines that equal the context (in four passes), else that contain it."""
    for hits in haystack.places([context]):
        if found := _split_scopes(outer, hits, haystack.lines):
            return found
    # Some models write `@@` at both ends of the line, as the headers of a diff have it.
    hits = haystack.containing(context.removesuffix("@@"))
    return _split_scopes(outer, hits, haystack.lines)


def _split_scopes(
    outer: list[SearchScope], hits: list[int], lines: Sequence[str]
) -> list[SearchScope]:
    found: list[SearchScope] = []
    for scope in outer:
        inside = _in_scope(hits, scope, lines)
        ends = [*inside[1:], scope.end]
        # The context line may be repeated as the first old line, so it belongs to the scope.
        found += [SearchScope(hit, end, hit) for hit, end in zip(inside, ends, strict=False)]
    return found


def _ordered(options: list[list[ChunkPlace]]) -> list[list[ChunkPlace]]:
    """Return only the places that allow all chunks to be in the patch's order, if any do.

    Chunks may share context lines only if no places without shared lines exist. If the order is
    impossible, all places are returned, since a chunk with a single place does not depend on it.
    """
    cores = [[place.core for place in places] for places in options]
    for spans in (options, cores):
        if fitting := _feasible(spans):
            return [
                [place for place, is_fitting in zip(places, fits, strict=True) if is_fitting]
                for places, fits in zip(options, fitting, strict=True)
            ]
    return options


def _feasible(spans: list[list[ChunkPlace]]) -> list[list[bool]] | None:
    """Return, for each place, whether some in-order choice includes it; None if no choice is."""
    floors = [0]
    for places in spans:
        ends = [place.end for place in places if place.start >= floors[-1]]
        if not ends:
            return None
        floors.append(min(ends))
    ceiling = max(place.end for places in spans for place in places)
    result: list[list[bool]] = []
    for places, floor in zip(reversed(spans), reversed(floors[:-1]), strict=True):
        fits = [place.start >= floor and place.end <= ceiling for place in places]
        result.append(fits)
        ceiling = max(place.start for place, fit in zip(places, fits, strict=True) if fit)
    result.reverse()
    return result


def _check_overlap(places: Sequence[ChunkPlace], path: str) -> None:
    cores = sorted((place.core for place in places), key=lambda core: (core.start, core.end))
    for first, second in itertools.pairwise(cores):
        if second.start < first.end:
            raise PatchError(
                f"Two chunks change line {second.start + 1} of {path}: make them one chunk"
            )


def _ambiguous(chunk: Chunk, places: list[ChunkPlace], path: str) -> str:
    numbers = ", ".join(str(place.start + 1) for place in places[:10])
    more = "" if len(places) <= 10 else f" and {len(places) - 10} more"
    return (
        f"The chunk on patch line {chunk.line_number} fits {path} equally well at lines "
        f"{numbers}{more}: add more lines of context, or an '@@' line with the function or "
        "section it is in"
    )


def _not_found(
    chunk: Chunk, pattern: list[str], scopes: list[SearchScope], haystack: Haystack, path: str
) -> str:
    if not pattern:
        return (
            f"The chunk on patch line {chunk.line_number} only adds lines to {path}: give the "
            "lines around them as context, or an '@@' line with the line above"
        )
    below = ""
    if chunk.contexts:
        below = f" below '{chunk.contexts[-1]}' (line {scopes[0].start + 1})"
    text = "\n".join(pattern)
    return (
        f"Failed to find expected lines in {path}{below} (patch line {chunk.line_number}):\n"
        f"{text}\n{haystack.nearest(pattern)}"
    )
