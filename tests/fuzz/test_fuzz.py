"""Every parser accepts or refuses random input; none crashes.

The targets run side by side, each in a process of its own (`python -m tests.fuzz NAME`): a crash in
a compiled library fails one test, with the seed that repeats it.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.fuzz.targets import FINDS, TARGETS, finds_folder

pytestmark = pytest.mark.fuzz
ROOT = Path(__file__).parents[2]
Run = subprocess.CompletedProcess[str]


def run_by_name(name: str) -> Run:
    return subprocess.run(
        [sys.executable, "-X", "faulthandler", "-m", "tests.fuzz", name],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def runs(request: pytest.FixtureRequest) -> Iterator[dict[str, Future[Run]]]:
    """A run of each target that a test of this session asks for."""
    names = [
        str(item.callspec.params["name"])
        for item in request.session.items
        if isinstance(item, pytest.Function) and item.function is test_no_input_is_a_crash
    ]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        yield {name: pool.submit(run_by_name, name) for name in names}
        pool.shutdown(cancel_futures=True)


@pytest.mark.parametrize("name", TARGETS)
def test_no_input_is_a_crash(runs: dict[str, Future[Run]], name: str) -> None:
    done = runs[name].result()
    assert done.returncode == 0, done.stdout
    assert done.stdout.endswith(" inputs\n")


def test_every_find_belongs_to_a_target() -> None:
    known = {finds_folder(name) for name in TARGETS}
    assert [path for path in FINDS.iterdir() if path.is_dir() and path not in known] == []
