"""Random input for parsers: mutations of good examples, for a number of seconds.

A Target is a parser with its examples (tests/fuzz). Its function takes one input and
swallows the errors that it may raise; any other exception, and a call that does not come back, ends
the run with the input that caused it. CODEX_FUZZ_SECONDS makes the runs longer, as CI does.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from tests.support.mutation import mutated

MAX_CALL_S = 60
"""No input is worth more: a call that takes as long hangs."""

Mutate = Callable[[random.Random, Sequence[str]], str]


class Target(NamedTuple):
    """What one run tests."""

    prepare: Callable[[Path], Callable[[str], object]]
    """Given a folder of the run's own, the function that takes the inputs."""
    seeds: Sequence[str]
    mutate: Mutate = mutated


def fuzz_seconds() -> float:
    """How long each target runs: a second every day."""
    return float(os.environ.get("CODEX_FUZZ_SECONDS", "1"))


def run_target(target: Target, seconds: float, *, random_seed: int | None = None) -> int:
    """Fuzz one target, as `fuzz` does, in a folder that goes with it; the number of inputs."""
    with tempfile.TemporaryDirectory() as folder:
        function = target.prepare(Path(folder).resolve())
        return fuzz(
            function,
            target.seeds,
            seconds=seconds,
            mutate=target.mutate,
            random_seed=random_seed,
        )


def fuzz(
    function: Callable[[str], object],
    seeds: Sequence[str],
    *,
    seconds: float,
    mutate: Mutate = mutated,
    random_seed: int | None = None,
    max_call_s: float = MAX_CALL_S,
) -> int:
    """Call `function` with the seeds, then with mutated ones until the time is over.

    Main thread only: an alarm ends a call that hangs.

    Args: random_seed: makes a run repeatable; otherwise each run is different.
    Returns: the number of calls.
    Raises: AssertionError, with the input, when the function raises anything.
    """
    generator = random.Random(random_seed)
    end = time.monotonic() + seconds
    calls = 0
    with _alarms():
        while calls <= len(seeds) or time.monotonic() < end:
            value = seeds[calls] if calls < len(seeds) else mutate(generator, seeds)
            signal.setitimer(signal.ITIMER_REAL, max_call_s)
            try:
                function(value)
            except Exception as error:
                raise AssertionError(f"{type(error).__name__} for {value!r}") from error
            calls += 1
    return calls


@contextlib.contextmanager
def _alarms() -> Iterator[None]:
    def ring(*_: object) -> None:
        raise TimeoutError("the call does not come back")

    before = signal.signal(signal.SIGALRM, ring)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
