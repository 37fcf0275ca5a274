"""codex as a program: started from source, in a home and a repository of its own."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from pathlib import Path
from typing import IO, TYPE_CHECKING

from codex.protocol.settings import WireApi

if TYPE_CHECKING:
    from types import TracebackType

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 30.0
"""How long a correct program may take for what it does at once."""

CONFIG = """\
model = "fake-model"
model_provider = "fake"
sandbox_mode = "workspace-write"

[model_providers.fake]
name = "Fake"
base_url = "{base_url}"
wire_api = "{wire_api}"
request_max_retries = 0
stream_max_retries = 0
"""


class Program:
    """Starts codex in `folder/repo`, with `folder/home` as CODEX_HOME.

    A context manager: what still runs at the end is killed.
    """

    def __init__(self, folder: Path, base_url: str, wire_api: WireApi = WireApi.RESPONSES) -> None:
        self.repo = folder / "repo"
        self.home = folder / "home"
        (self.repo / ".git").mkdir(parents=True)
        self.home.mkdir()
        config = CONFIG.format(base_url=base_url, wire_api=wire_api.value)
        (self.home / "config.toml").write_text(config, encoding="utf-8")
        self._started: list[subprocess.Popen[str]] = []

    def start(
        self,
        *arguments: str,
        stdin: int | IO[str] = subprocess.DEVNULL,
        stdout: int | IO[str] = subprocess.PIPE,
        cwd: Path | None = None,
    ) -> subprocess.Popen[str]:
        """Start it with pipes for stdout and stderr."""
        environ = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "CODEX_HOME": str(self.home),
            "PYTHONPATH": str(ROOT),
            "PYTHONWARNINGS": "error",
        }
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "codex", *arguments],
            stdin=stdin,
            stdout=stdout,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            cwd=cwd or self.repo,
            env=environ,
        )
        self._started.append(process)
        return process

    def run(
        self, *arguments: str, text: str | None = None, cwd: Path | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run it to its end. Args: text: all of its standard input."""
        stdin = subprocess.DEVNULL if text is None else subprocess.PIPE
        process = self.start(*arguments, stdin=stdin, cwd=cwd)
        out, err = process.communicate(text, timeout=PATIENCE_S)
        return subprocess.CompletedProcess(arguments, process.returncode, out, err)

    def __enter__(self) -> Program:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for process in self._started:
            process.kill()
            process.wait()
            for stream in (process.stdin, process.stdout, process.stderr):
                if stream is not None:
                    with contextlib.suppress(OSError):
                        stream.close()
