"""Run the executable as a user would: a home, a working directory, a provider on loopback."""

from __future__ import annotations

import contextlib
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

PATIENCE_S = 60.0
"""Far beyond what a correct program needs, for a loaded machine."""


def provider_config(base_url: str, wire_api: str = "responses") -> str:
    """A config.toml that makes the server at `base_url` the provider, without retries."""
    return f"""
model = "scripted"
model_provider = "scripted"

[model_providers.scripted]
name = "Scripted"
base_url = "{base_url}"
wire_api = "{wire_api}"
request_max_retries = 0
stream_max_retries = 0
"""


class Program:
    """One executable in one place; each `run` is one process."""

    def __init__(self, binary: Path, folder: Path) -> None:
        self.binary = binary
        self.home = folder / "home"
        self.work = folder / "work"
        (self.home / ".codex").mkdir(parents=True)
        self.work.mkdir()
        self.environ = {"HOME": str(self.home), "PATH": "/usr/local/bin:/usr/bin:/bin"}

    def configure(self, text: str) -> None:
        """Write config.toml."""
        (self.home / ".codex" / "config.toml").write_text(text, encoding="utf-8")

    def run(
        self, *arguments: str, environ: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run it to its end, with nothing on stdin."""
        return subprocess.run(
            [str(self.binary), *arguments],
            cwd=self.work,
            env={**self.environ, **(environ or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )

    @contextlib.contextmanager
    def started(self, *arguments: str) -> Iterator[subprocess.Popen[str]]:
        """Start it, with its output in pipes; killed at the end if it still runs."""
        with subprocess.Popen(
            [str(self.binary), *arguments],
            cwd=self.work,
            env=self.environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            try:
                yield process
            finally:
                process.kill()
