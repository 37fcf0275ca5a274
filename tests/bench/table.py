"""Turn samples into medians, ratios and a Markdown table. Pure."""

from __future__ import annotations

import statistics
from collections.abc import Iterable
from typing import NamedTuple


class Figure(NamedTuple):
    """One figure that is measured."""

    name: str
    unit: str
    """Unit that is shown: `ms`, `MiB`, `MB/s` or `kB`."""
    scale: float
    """Factor from the sample's unit (seconds, bytes) to the one that is shown."""
    baseline: str | None = None
    """Sample of plain python3 to compare with."""


Samples = dict[tuple[str, str], list[float]]
"""Samples by program and figure, in seconds or bytes."""


def markdown(figures: Iterable[Figure], programs: list[str], samples: Samples) -> str:
    """A row a figure; the first program against plain python3 and against every other program.

    A ratio is that of the medians: ours over theirs, so less than 1 is better.
    """
    ours, *others = programs
    header = ["figure", ours, "over `python3 -c pass`"]
    for other in others:
        header += [other, f"{ours} over it"]
    rows = [header, ["---"] * len(header)]
    for figure in figures:
        value = _median(samples, ours, figure.name)
        base = None if figure.baseline is None else _median(samples, "python3", figure.baseline)
        row = [figure.name, _shown(value, figure), _ratio(value, base)]
        for other in others:
            theirs = _median(samples, other, figure.name)
            row += [_shown(theirs, figure), _ratio(value, theirs)]
        rows.append(row)
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _median(samples: Samples, program: str, figure: str) -> float | None:
    values = samples.get((program, figure))
    return statistics.median(values) if values else None


def _shown(value: float | None, figure: Figure) -> str:
    return "-" if value is None else f"{value * figure.scale:.1f} {figure.unit}"


def _ratio(value: float | None, base: float | None) -> str:
    return "-" if value is None or not base else f"{value / base:.2f}"
