"""The benchmark, on a program that runs from source."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.bench.server import SCENARIOS, answer, tool_call
from tests.bench.table import Figure, Samples, markdown
from tests.support.program import ROOT

SHELL_TOOL = {"type": "function", "name": "shell"}


def test_one_round_fills_every_row_of_the_table() -> None:
    command = [sys.executable, "-m", "tests.bench", "--rounds", "1"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    rows = result.stdout.splitlines()
    assert len(rows) == 16
    assert rows[0] == "| figure | codex | over `python3 -c pass` |"
    assert all(row.split("|")[2].strip()[0].isdigit() for row in rows[2:])


def test_ratios_are_of_medians_and_ours_over_theirs() -> None:
    samples: Samples = {
        ("python3", "time"): [0.010],
        ("codex", "start"): [0.020, 0.900, 0.010],
        ("old", "start"): [0.040],
    }
    figures = [Figure("start", "ms", 1000.0, "time"), Figure("memory", "MiB", 1 / 1024**2)]
    assert markdown(figures, ["codex", "old"], samples).splitlines()[2:] == [
        "| start | 20.0 ms | 2.00 | 40.0 ms | 0.50 |",
        "| memory | - | - | - | - |",
    ]


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("shell", {"command": ["a", "b c"]}),
        ("shell_command", {"command": "a 'b c'"}),
        ("exec_command", {"cmd": "a 'b c'", "yield_time_ms": 30_000}),
    ],
)
def test_the_tool_that_the_program_offers_is_called(
    name: str, arguments: dict[str, object]
) -> None:
    for tool in ({"type": "function", "name": name}, {"function": {"name": name}}):
        assert tool_call({"tools": [tool]}, ("a", "b c")) == (name, arguments)


def test_a_scenario_ends_after_its_calls() -> None:
    request = {"tools": [SHELL_TOOL], "input": [{"type": "message"}]}
    assert b"function_call" in answer("turns", "responses", request)
    request["input"] = [{"type": "function_call_output"}] * SCENARIOS["turns"].calls
    assert b"function_call" not in answer("turns", "responses", request)


def test_a_program_that_lets_the_server_remember_gets_to_the_end_too() -> None:
    last = SCENARIOS["turns"].calls - 1
    request = {
        "tools": [SHELL_TOOL],
        "previous_response_id": f"resp_{last}",
        "input": [{"type": "function_call_output"}],
    }
    assert b"function_call" not in answer("turns", "responses", request)
    request["previous_response_id"] = f"resp_{last - 1}"
    assert b"function_call" in answer("turns", "responses", request)
