"""What running a command costs inside the engine: `python -m tests.bench.spawn [--rounds N]`.

Each round starts `true` once in each way, so that a busy moment of the machine hits them all. The
second table is of a process with 300 MB of memory, whose pages would make a fork slower, and must
not make our start slower.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from typing import NamedTuple

from codex.base.cancel import Cancel
from codex.protocol.policy import DANGER_FULL_ACCESS, WORKSPACE_WRITE, SandboxPolicy
from codex.sandbox.confinement import confine
from codex.sandbox.linux.kernel import enforcement_with
from codex.sandbox.machine import enforcement_for
from codex.sandbox.params import ExecParams
from codex.sandbox.run import run_command

RESIDENT_BYTES = 300 * 1000**2
N_THREADS = 4
"""Idle threads beside the one that runs commands, as in the engine."""
TRUE = "/bin/true"
WAYS = ("posix_spawn", "unsandboxed", "rules", "namespaces")


class SpawnCost(NamedTuple):
    """Seconds from the start until the process is reaped; one sample per round."""

    posix_spawn: list[float]
    unsandboxed: list[float]
    rules: list[float]
    """Landlock and seccomp."""
    namespaces: list[float]
    """Those, in namespaces; the same again where there are none."""

    def over_posix_spawn_s(self, way: str) -> float:
        """Return how much longer the median of a way takes."""
        samples: list[float] = getattr(self, way)
        return statistics.median(samples) - statistics.median(self.posix_spawn)


def spawn_cost(rounds: int, *, resident_bytes: int = 0) -> SpawnCost:
    """Measure each way `rounds` times, in turns, in a process of at least this size."""
    ballast = bytearray(os.urandom(1)) * resident_bytes
    done = threading.Event()
    threads = [threading.Thread(target=done.wait, daemon=True) for _ in range(N_THREADS)]
    for thread in threads:
        thread.start()
    try:
        with tempfile.TemporaryDirectory(prefix="codex-bench-") as folder:
            return _measure(rounds, _ways(folder))
    finally:
        done.set()
        del ballast


def _ways(folder: str) -> tuple[Callable[[], None], ...]:
    environ = dict(os.environ)
    cancel = Cancel()

    def plain() -> None:
        os.waitpid(os.posix_spawn(TRUE, ["true"], environ), 0)

    def ours(policy: SandboxPolicy, missing: str | None = None) -> Callable[[], None]:
        enforcement = enforcement_for(policy)
        if missing is not None:
            abi = enforcement.landlock_abi
            enforcement = enforcement_with(policy, abi=abi, errata=0, missing=missing)
        params = ExecParams((TRUE,), folder, 10_000, environ)
        # Made here, not at each start: the look at protected names is not the cost of a start.
        confinement = confine(
            policy,
            enforcement,
            cwd=folder,
            tmpdir=environ.get("TMPDIR"),
            codex_home=folder,
            home=None,
        )

        def start() -> None:
            assert run_command(params, confinement, cancel=cancel).exit_code == 0

        return start

    rules_alone = ours(WORKSPACE_WRITE, "to be measured without")
    return (plain, ours(DANGER_FULL_ACCESS), rules_alone, ours(WORKSPACE_WRITE))


def _measure(rounds: int, ways: tuple[Callable[[], None], ...]) -> SpawnCost:
    cost = SpawnCost([], [], [], [])
    for way in ways:
        way()  # what is made only once, such as the filter, is not part of a command's cost
    for _ in range(rounds):
        for way, samples in zip(ways, cost, strict=True):
            before = time.perf_counter()
            way()
            samples.append(time.perf_counter() - before)
    return cost


def table(cost: SpawnCost) -> str:
    """Return a Markdown table, in microseconds."""
    rows = ["| way | median | fastest | over `posix_spawn` |", "| --- | --- | --- | --- |"]
    for way, samples in zip(WAYS, cost, strict=True):
        median, fastest = statistics.median(samples), min(samples)
        over = cost.over_posix_spawn_s(way)
        rows.append(f"| {way} | {median * 1e6:.0f} | {fastest * 1e6:.0f} | {over * 1e6:+.0f} |")
    return "\n".join(rows) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.spawn", description=__doc__)
    parser.add_argument("--rounds", metavar="N", type=int, default=500)
    rounds = parser.parse_args().rounds
    for resident_bytes in (0, RESIDENT_BYTES):
        print(f"`true`, from a process with {resident_bytes // 1000**2} MB of ballast, us:\n")
        print(table(spawn_cost(rounds, resident_bytes=resident_bytes)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
