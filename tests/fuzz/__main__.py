"""Fuzz one target in this process: `python -m tests.fuzz NAME [SEED]`; a seed repeats a run."""

from __future__ import annotations

import random
import sys

from tests.fuzz.targets import TARGETS
from tests.support.fuzz import fuzz_seconds, run_target


def main(name: str, seed: str | None = None) -> None:
    """Say the seed first: a parser that takes the process with it leaves nothing else."""
    random_seed = random.SystemRandom().getrandbits(32) if seed is None else int(seed)
    print(f"{name}: seed {random_seed}", flush=True)
    calls = run_target(TARGETS[name], fuzz_seconds(), random_seed=random_seed)
    print(f"{name}: {calls} inputs")


if __name__ == "__main__":
    main(*sys.argv[1:])
