"""Every parser under random input: understood or refused, never a crash.

The targets run side by side, each in a process of its own: `CODEX_FUZZ_SECONDS=60` takes as many
minutes as there are targets for each processor.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor

import pytest

from tests.fuzz import front, patches, streams
from tests.support.fuzz import fuzz_seconds, run_target

TARGETS = {**patches.TARGETS, **streams.TARGETS, **front.TARGETS}


def run_by_name(name: str, seconds: float) -> int:
    """What a process does; targets themselves cannot be sent to one."""
    return run_target(TARGETS[name], seconds)


@pytest.fixture(scope="module")
def runs(request: pytest.FixtureRequest) -> Iterator[dict[str, Future[int]]]:
    """A run of each target that a test of this session asks for."""
    names = [
        str(item.callspec.params["name"])
        for item in request.session.items
        if isinstance(item, pytest.Function) and item.function is test_no_input_is_a_crash
    ]
    pool = ProcessPoolExecutor(os.cpu_count(), multiprocessing.get_context("spawn"))
    try:
        yield {name: pool.submit(run_by_name, name, fuzz_seconds()) for name in names}
    finally:
        pool.shutdown(cancel_futures=True)


@pytest.mark.parametrize("name", TARGETS)
def test_no_input_is_a_crash(runs: dict[str, Future[int]], name: str) -> None:
    assert runs[name].result() > 0
