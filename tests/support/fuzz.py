"""Call parsers with mutations of good examples, a fixed number of times or for some seconds.

A Target is a parser with its examples (tests/fuzz). Its function parses one input and catches the
errors that it may raise; any other exception, and a call that does not return, ends the run and
reports the input that caused it. Runs are repeatable: the same seed and number of inputs give the
same inputs. If CODEX_FUZZ_SECONDS is set, as `build.py fuzz` does, runs are random and last that
long.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
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
"""Seconds after which a call is taken to hang."""

Mutate = Callable[[random.Random, Sequence[str]], str]


class Target(NamedTuple):
    """A parser and the inputs that one run starts from."""

    prepare: Callable[[Path], Callable[[str], object]]
    """Returns the function to call with inputs; its argument is an empty folder of the run."""
    seeds: Sequence[str]
    mutate: Mutate = mutated
    inputs: int = 1000
    """Number of inputs of an ordinary run: about half a second's worth."""


class CrashError(AssertionError):
    """An input that a parser neither understood nor refused."""

    def __init__(self, value: str, error: Exception) -> None:
        super().__init__(f"{type(error).__name__} for {value!r}")
        self.value = value


def fuzz_seconds() -> float | None:
    """Return the seconds for each target; None for an ordinary run, whose inputs are counted."""
    seconds = os.environ.get("CODEX_FUZZ_SECONDS")
    return None if seconds is None else float(seconds)


def run_target(
    target: Target, *, finds: Sequence[str] = (), seconds: float | None = None, random_seed: int = 0
) -> int:
    """Fuzz one target, as `fuzz` does, in a folder that is deleted afterwards.

    Args: finds: former crashes, which come before the target's own seeds.
    Returns: the number of inputs.
    """
    with tempfile.TemporaryDirectory() as folder:
        function = target.prepare(Path(folder).resolve())
        fuzz(function, finds, inputs=len(finds))
        return len(finds) + fuzz(
            function,
            target.seeds,
            inputs=target.inputs if seconds is None else 0,
            seconds=seconds or 0,
            mutate=target.mutate,
            random_seed=random_seed,
        )


def fuzz(
    function: Callable[[str], object],
    seeds: Sequence[str],
    *,
    inputs: int = 0,
    seconds: float = 0,
    mutate: Mutate = mutated,
    random_seed: int = 0,
    max_call_s: float = MAX_CALL_S,
) -> int:
    """Call `function` with the seeds, then with mutations: `inputs` times, and for `seconds`.

    Main thread only: an alarm ends a call that hangs.

    Returns: the number of calls.
    Raises: CrashError, with the input, when the function raises anything.
    """
    generator = random.Random(random_seed)
    end = time.monotonic() + seconds
    calls = 0
    with _alarms():
        while calls < max(inputs, len(seeds)) or time.monotonic() < end:
            value = seeds[calls] if calls < len(seeds) else mutate(generator, seeds)
            signal.setitimer(signal.ITIMER_REAL, max_call_s)
            try:
                function(value)
            except Exception as error:
                raise CrashError(value, error) from error
            calls += 1
    return calls


def read_finds(folder: Path) -> list[str]:
    """Read the inputs that `keep_find` wrote into a folder; none if there is no such folder."""
    return [json.loads(path.read_bytes()) for path in sorted(folder.glob("*.json"))]


def keep_find(folder: Path, value: str) -> Path:
    """Write an input for `read_finds`; return the file. JSON, since it can hold lone surrogates."""
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(value) + "\n"
    path = folder / f"{hashlib.sha256(text.encode()).hexdigest()[:12]}.json"
    path.write_text(text, encoding="ascii")
    return path


@contextlib.contextmanager
def _alarms() -> Iterator[None]:
    def ring(*_: object) -> None:
        raise TimeoutError("the call does not return")

    before = signal.signal(signal.SIGALRM, ring)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
