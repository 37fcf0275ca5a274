"""Fuzz one target in this process: `python -m tests.fuzz NAME [SEED]`.

An ordinary run uses a fixed number of inputs from a fixed seed. If CODEX_FUZZ_SECONDS is set, the
seed is random unless given, and an input that crashes the parser is saved in tests/fuzz/finds.
"""

from __future__ import annotations

import random
import sys

from tests.fuzz.targets import TARGETS, finds_folder
from tests.support.fuzz import CrashError, fuzz_seconds, keep_find, read_finds, run_target


def main(name: str, seed: str | None = None) -> None:
    """Print the seed first: a parser that takes the process with it leaves nothing else."""
    seconds = fuzz_seconds()
    random_seed = 0 if seconds is None else random.SystemRandom().getrandbits(32)
    if seed is not None:
        random_seed = int(seed)
    print(f"{name}: seed {random_seed}", flush=True)
    folder = finds_folder(name)
    try:
        calls = run_target(
            TARGETS[name], finds=read_finds(folder), seconds=seconds, random_seed=random_seed
        )
    except CrashError as crash:
        if seconds is not None:
            print(f"{name}: the input is kept in {keep_find(folder, crash.value)}", flush=True)
        raise
    print(f"{name}: {calls} inputs")


if __name__ == "__main__":
    main(*sys.argv[1:])
