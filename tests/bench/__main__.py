"""How fast and how small: `python -m tests.bench [--codex PATH] [--other PATH]... [--rounds N]`.

The programs take turns within every round, so that a busy moment of the machine hits them all;
the table shows medians. It is Markdown, on stdout.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.bench.program import ROOT, Program, plain_python_bytes, plain_python_s
from tests.bench.screen import frames
from tests.bench.table import Figure, Samples, markdown

MS, MIB, KB = 1000.0, 1 / 1024**2, 1 / 1000
FIGURES = (
    Figure("`--version`", "ms", MS, "time"),
    Figure("`--version`, memory", "MiB", MIB, "memory"),
    Figure("start to first request", "ms", MS, "time"),
    Figure("the same with ten MCP servers", "ms", MS, "time"),
    Figure("one turn", "ms", MS, "time"),
    Figure("one turn, memory", "MiB", MIB, "memory"),
    Figure("ten turns", "ms", MS, "time"),
    Figure("tool call, no sandbox", "ms", MS, "time"),
    Figure("tool call, sandbox", "ms", MS, "time"),
    Figure("command printing 50 MB", "ms", MS, "time"),
    Figure("command printing 50 MB, memory", "MiB", MIB, "memory"),
    Figure("first request", "kB", KB),
    Figure("first settled frame", "ms", MS),
    Figure("first settled frame, memory", "MiB", MIB),
)


def main() -> int:
    arguments = _arguments()
    with tempfile.TemporaryDirectory(prefix="codex-bench-") as folder:
        server = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.server"], stdout=subprocess.PIPE, cwd=ROOT
        )
        try:
            assert server.stdout is not None
            port = int(server.stdout.readline())
            programs = _programs(arguments, Path(folder), port)
            samples: Samples = {}
            for number in range(arguments.rounds):
                print(f"round {number + 1} of {arguments.rounds}", file=sys.stderr)
                measure_round(programs, samples)
        finally:
            server.kill()
            server.communicate()
    print(markdown(FIGURES, [program.name for program in programs], samples), end="")
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--codex", metavar="PATH", help="default: dist/codex, else the source")
    parser.add_argument("--other", metavar="PATH", action="append", default=[])
    parser.add_argument("--rounds", metavar="N", type=int, default=11)
    return parser.parse_args()


def _programs(arguments: argparse.Namespace, folder: Path, port: int) -> list[Program]:
    built = ROOT / "dist" / "codex"
    if arguments.codex is not None:
        argv = [os.path.abspath(arguments.codex)]
    else:
        argv = [str(built)] if built.exists() else [sys.executable, "-P", "-m", "codex"]
    programs = [Program("codex", argv, folder / "codex", port)]
    for number, path in enumerate(arguments.other):
        name = f"other {number + 1}: {Path(path).name}"
        programs.append(Program(name, [os.path.abspath(path)], folder / f"other{number}", port))
    return programs


def measure_round(programs: list[Program], samples: Samples) -> None:
    """Measure everything once for each program, figure by figure."""

    def add(program: str, figure: str, *values: float) -> None:
        samples.setdefault((program, figure), []).extend(values)

    add("python3", "time", plain_python_s())
    add("python3", "memory", plain_python_bytes())
    for program in programs:
        add(program.name, "`--version`", program.version_s())
    for program in programs:
        add(program.name, "`--version`, memory", program.version_bytes())
    _measure_answers(programs, add)
    for program in programs:
        run = program.task("turns")
        add(program.name, "ten turns", run.wall_s)
        add(program.name, "tool call, no sandbox", *run.per_call_s)
    for program in programs:
        run = program.task("turns", "workspace-write")
        add(program.name, "tool call, sandbox", *run.per_call_s)
    for program in programs:
        add(program.name, "command printing 50 MB", *program.task("output").per_call_s)
    for program in programs:
        add(program.name, "command printing 50 MB, memory", program.task_bytes("output"))
    _measure_frames(programs, add)


def _measure_frames(programs: list[Program], add: Callable[..., None]) -> None:
    starts = frames([program.argv for program in programs], rounds=1)
    for program, (start,) in zip(programs, starts, strict=True):
        add(program.name, "first settled frame", start.settled_ms / 1000)
        add(program.name, "first settled frame, memory", start.peak_mib * 1024**2)


def _measure_answers(programs: list[Program], add: Callable[..., None]) -> None:
    """Measure figures that need no tool calls."""
    for program in programs:
        run = program.task("answer")
        add(program.name, "start to first request", run.to_request_s)
        add(program.name, "one turn", run.wall_s)
        add(program.name, "first request", run.request_bytes)
    for program in programs:
        run = program.task("answer", mcp_servers=10)
        add(program.name, "the same with ten MCP servers", run.to_request_s)
    for program in programs:
        add(program.name, "one turn, memory", program.task_bytes("answer"))


if __name__ == "__main__":
    sys.exit(main())
