"""Run one program and measure the run: time and peak memory."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import NamedTuple

from tests.bench.server import SCENARIOS, Record
from tests.support.mcp.servers import PROGRAM as MCP_PROGRAM

ROOT = Path(__file__).resolve().parents[2]
CONFIG = """\
model = "bench"
model_provider = "bench"
sandbox_mode = "{sandbox}"

[model_providers.bench]
name = "bench"
base_url = "{base_url}"
wire_api = "responses"
"""
MCP_SERVER = """
[mcp_servers.server{number}]
command = "{python}"
args = ["{program}"]
"""
PATIENCE_S = 120.0


class Run(NamedTuple):
    """One headless task."""

    wall_s: float
    to_request_s: float
    """Time from the start of the process to the arrival of its first request."""
    per_call_s: tuple[float, ...]
    """Times from each answer with a tool call to the request that brings its output."""
    request_bytes: int
    """Size of the first request's body."""


class Program:
    """A codex, in a home, a repository and an environment of its own."""

    def __init__(self, name: str, argv: list[str], folder: Path, port: int) -> None:
        self.name = name
        self.argv = argv
        self._port = port
        self._key = folder.name
        self._home = folder / "home"
        self._repository = folder / "repository"
        self._runs = 0
        self._home.mkdir(parents=True)
        (self._repository / ".git").mkdir(parents=True)
        kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
        self._environ = {
            **kept,
            "HOME": str(folder),
            "CODEX_HOME": str(self._home),
            "OPENAI_API_KEY": "bench",
            "PYTHONPATH": str(ROOT),
        }

    def version_s(self) -> float:
        """Wall time of `--version`."""
        started_s = time.monotonic()
        self._finish(self._start("--version"))
        return time.monotonic() - started_s

    def version_bytes(self) -> int:
        """Peak memory of `--version`."""
        return self._peak_bytes(self._start("--version"))

    def task(
        self, scenario: str, sandbox: str = "danger-full-access", *, mcp_servers: int = 0
    ) -> Run:
        """Run a scenario of the server, with that many MCP servers of ten tools each."""
        run = self._configure(scenario, sandbox, mcp_servers)
        started_s = time.monotonic()
        process = self._start("exec", "--skip-git-repo-check", "go")
        errors = self._finish(process)
        wall_s = time.monotonic() - started_s
        records = self._records(run)
        if process.returncode != 0 or len(records) <= SCENARIOS[scenario].calls:
            raise RuntimeError(
                f"{self.name}: '{scenario}' ended with status {process.returncode} after "
                f"{len(records)} requests:\n{errors[-2000:]}"
            )
        return Run(
            wall_s,
            records[0].arrived_s - started_s,
            tuple(
                later.arrived_s - earlier.answered_s
                for earlier, later in itertools.pairwise(records)
            ),
            records[0].size,
        )

    def task_bytes(self, scenario: str) -> int:
        """Peak memory of a scenario."""
        self._configure(scenario, "danger-full-access")
        return self._peak_bytes(self._start("exec", "--skip-git-repo-check", "go"))

    def _configure(self, scenario: str, sandbox: str, mcp_servers: int = 0) -> str:
        self._runs += 1
        run = f"{self._key}-{self._runs}"
        base_url = f"http://127.0.0.1:{self._port}/{run}/{scenario}/v1"
        text = CONFIG.format(sandbox=sandbox, base_url=base_url)
        for number in range(mcp_servers):
            text += MCP_SERVER.format(number=number, python=sys.executable, program=MCP_PROGRAM)
        (self._home / "config.toml").write_text(text, encoding="utf-8")
        return run

    def _records(self, run: str) -> list[Record]:
        url = f"http://127.0.0.1:{self._port}/{run}"
        try:
            with urllib.request.urlopen(url, timeout=PATIENCE_S) as response:
                return [Record(*record) for record in json.load(response)]
        except urllib.error.HTTPError as exc:  # 404: no request has arrived
            exc.close()
            return []

    def _start(self, *arguments: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [*self.argv, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            cwd=self._repository,
            env=self._environ,
        )

    def _finish(self, process: subprocess.Popen[bytes]) -> str:
        """Wait for the end, which a program that hangs is given; its stderr."""
        try:
            return process.communicate(timeout=PATIENCE_S)[1].decode()
        except subprocess.TimeoutExpired:
            process.kill()
            return process.communicate()[1].decode()

    def _peak_bytes(self, process: subprocess.Popen[bytes]) -> int:
        """The high-water mark of a process, read until it ends.

        Not from wait4: its figure begins with what this process held when it started the other.
        """
        peak = 0
        deadline_s = time.monotonic() + PATIENCE_S
        while process.poll() is None and time.monotonic() < deadline_s:
            peak = max(peak, high_water_bytes(process.pid))
            time.sleep(0.001)
        process.kill()
        process.communicate()
        return peak


def high_water_bytes(pid: int) -> int:
    """Return VmHWM of a process; 0 if it has ended."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    except OSError:
        return 0
    for line in status.splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return 0


def plain_python_s() -> float:
    """Wall time of `python3 -c pass`."""
    started_s = time.monotonic()
    subprocess.run([sys.executable, "-c", "pass"], check=True)
    return time.monotonic() - started_s


def plain_python_bytes() -> int:
    """Peak memory of a `python3` that only prints it."""
    code = "print(*[l for l in open('/proc/self/status') if l.startswith('VmHWM')])"
    told = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return int(told.stdout.split()[1]) * 1024
