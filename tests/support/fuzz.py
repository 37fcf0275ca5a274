"""Random input for parsers: mutations of good examples, for a number of seconds.

A parser is fuzzed by one test in `tests/fuzz`: `fuzz(function, seeds, seconds=fuzz_seconds())`. The
function takes one input and swallows the errors that it may raise; any other exception ends the
run with the input that caused it. CODEX_FUZZ_SECONDS makes the runs longer, as CI does.
"""

from __future__ import annotations

import os
import random
import time
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Input = TypeVar("Input", str, bytes)

MAX_LENGTH = 4096
STRANGE = (
    "\0\t\n\r\x0b\x0c\x1b !\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~\x7f\x85\xa0é\u2028\ufeff\U0001f600"
)


def fuzz_seconds() -> float:
    """How long each parser is fuzzed: a second in everyday runs."""
    return float(os.environ.get("CODEX_FUZZ_SECONDS", "1"))


def fuzz(
    function: Callable[[Input], object],
    seeds: Sequence[Input],
    *,
    seconds: float,
    random_seed: int | None = None,
) -> int:
    """Call `function` with mutated seeds until the time is over; the number of calls.

    Args: random_seed: makes a run repeatable; otherwise each run is different.

    Raises: AssertionError, with the input, when the function raises anything.
    """
    generator = random.Random(random_seed)
    end = time.monotonic() + seconds
    calls = 0
    while calls == 0 or time.monotonic() < end:
        value = mutated(generator, seeds)
        try:
            function(value)
        except Exception as error:
            raise AssertionError(f"{type(error).__name__} for {value!r}") from error
        calls += 1
    return calls


def mutated(generator: random.Random, seeds: Sequence[Input]) -> Input:
    """One seed after a few random changes: cut, doubled, replaced, or joined with another."""
    value = generator.choice(seeds)
    for _ in range(generator.randint(0, 6)):
        start, end = sorted(generator.randint(0, len(value)) for _ in range(2))
        match generator.randrange(5):
            case 0:
                value = value[:start] + value[end:]
            case 1:
                value = value[:end] + value[start:]
            case 2:
                value = value[:start] + _strange(generator, value) + value[end:]
            case 3:
                value = value[:start] + _strange(generator, value) + value[start:]
            case _:
                other = generator.choice(seeds)
                value = value[:start] + other[generator.randint(0, len(other)) :]
    return value[:MAX_LENGTH]


def _strange(generator: random.Random, like: Input) -> Input:
    if isinstance(like, bytes):
        return generator.randbytes(generator.randint(1, 3))
    return "".join(generator.choices(STRANGE, k=generator.randint(1, 3)))
