"""The full screen under measurement: python -m tests.bench.screen CODEX [CODEX ...]

Of each executable: the time from its start to the first byte, to the settled first frame (nothing
more comes for half a second), and its peak memory then; and how long a typed character takes to
appear while the model streams a thousand pieces a second. Medians, the programs in turn.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import pty
import select
import signal
import statistics
import struct
import sys
import tempfile
import termios
import threading
import time
from collections.abc import Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

from tests.bench.program import ROOT

COLUMNS, ROWS = 120, 40
QUIET_S = 0.5
PIECES_A_SECOND = 1000
STREAM_S = 4.0
ECHOES = 20
CONFIG = """\
model = "bench"
model_provider = "bench"
[model_providers.bench]
name = "bench"
base_url = "{base_url}"
wire_api = "responses"
"""


class Frame(NamedTuple):
    """Figures of the start of one run."""

    first_ms: float
    settled_ms: float
    peak_mib: float


class _Stream(BaseHTTPRequestHandler):
    """Answers any POST at length in small pieces, as fast as required."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", "0")))
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        start = time.monotonic()
        count = 0
        with contextlib.suppress(OSError):
            while (passed := time.monotonic() - start) < STREAM_S:
                due = int(passed * PIECES_A_SECOND) - count
                for _ in range(due):
                    self._event("response.output_text.delta", delta=f"w{count} ")
                    count += 1
                time.sleep(0.001)
            self._event("response.completed", response={"id": "r", "output": []})

    def do_GET(self) -> None:
        self.send_error(404)

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def _event(self, kind: str, **members: object) -> None:
        self.wfile.write(f"data: {json.dumps({'type': kind, **members})}\n\n".encode())


class Terminal:
    """One program in a pseudo-terminal."""

    def __init__(self, argv: Sequence[str], folder: Path, base_url: str) -> None:
        (folder / ".git").mkdir(exist_ok=True)
        (folder / "config.toml").write_text(CONFIG.format(base_url=base_url))
        self._started = time.perf_counter()
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.chdir(folder)
            os.environ.update(
                HOME=str(folder),
                CODEX_HOME=str(folder),
                TERM="xterm-256color",
                OPENAI_API_KEY="x",
                PYTHONPATH=str(ROOT),
            )
            os.execv(argv[0], list(argv))
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))

    def read(self, timeout_s: float) -> bytes:
        """Return the output within a time; b"" if there is none."""
        if not select.select([self.fd], [], [], timeout_s)[0]:
            return b""
        data = os.read(self.fd, 65536)
        if b"\x1b[6n" in data:
            os.write(self.fd, b"\x1b[1;1R")
        return data

    def first_frame(self) -> Frame:
        """Read until the output stops."""
        first = last = 0.0
        while self.read(QUIET_S if first else 30.0):
            last = (time.perf_counter() - self._started) * 1000
            first = first or last
        status = Path(f"/proc/{self.pid}/status").read_text()
        peak = next(line for line in status.splitlines() if line.startswith("VmHWM"))
        return Frame(first, last, int(peak.split()[1]) / 1024)

    def echoes_ms(self) -> list[float]:
        """Measure how long characters take to appear while an answer streams."""
        os.write(self.fd, b"go\r")
        end = time.monotonic() + 1.0
        while time.monotonic() < end:
            self.read(0.05)
        found = []
        for number in range(ECHOES):
            character = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[number].encode()
            start = time.perf_counter()
            os.write(self.fd, character)
            while character not in self.read(1.0):
                if time.perf_counter() - start > 5:
                    break
            found.append((time.perf_counter() - start) * 1000)
        return found

    def close(self) -> None:
        """Kill it."""
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.fd)


@contextlib.contextmanager
def _server() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Stream)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/v1"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Echoes(NamedTuple):
    """Times that typed characters took to appear."""

    median_ms: float
    worst_ms: float


def frames(programs: Sequence[Sequence[str]], rounds: int) -> list[list[Frame]]:
    """Measure the starts of each program."""
    found: list[list[Frame]] = [[] for _ in programs]
    with _server() as base_url, _folders(len(programs)) as folders:
        for _ in range(rounds):
            for argv, folder, runs in zip(programs, folders, found, strict=True):
                with contextlib.closing(Terminal(argv, folder, base_url)) as terminal:
                    runs.append(terminal.first_frame())
    return found


def echoes(argv: Sequence[str]) -> Echoes:
    """Measure one program while an answer streams."""
    with (
        _server() as base_url,
        _folders(1) as folders,
        contextlib.closing(Terminal(argv, folders[0], base_url)) as terminal,
    ):
        terminal.first_frame()
        times = terminal.echoes_ms()
    return Echoes(statistics.median(times), max(times))


@contextlib.contextmanager
def _folders(count: int) -> Iterator[list[Path]]:
    """Make folders outside /tmp, below which today's Codex does not keep its helpers."""
    with tempfile.TemporaryDirectory(
        prefix="codex-bench-", dir=Path.home(), ignore_cleanup_errors=True
    ) as name:
        folders = [Path(name) / str(number) for number in range(count)]
        for folder in folders:
            folder.mkdir()
        yield folders


def measure(programs: Sequence[Sequence[str]], rounds: int) -> str:
    """Return the table."""
    rows = ["| program | first byte | settled frame | memory | key echo, median | worst |"]
    rows.append("| --- | --- | --- | --- | --- | --- |")
    for argv, runs in zip(programs, frames(programs, rounds), strict=True):
        first, settled, peak = (statistics.median(column) for column in zip(*runs, strict=True))
        typed = echoes(argv)
        rows.append(
            f"| {Path(argv[0]).name} | {first:.0f} ms | {settled:.0f} ms | {peak:.0f} MiB "
            f"| {typed.median_ms:.0f} ms | {typed.worst_ms:.0f} ms |"
        )
    return "\n".join(rows)


if __name__ == "__main__":
    paths = [[str(Path(path).resolve())] for path in sys.argv[1:]]
    print(measure(paths, rounds=9))
