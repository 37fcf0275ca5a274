"""Run codex as a program, from source or as the executable, in its own home and repository."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from pathlib import Path
from typing import IO, TYPE_CHECKING

from codex.protocol.settings import WireApi

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 60.0
"""Time limit far beyond what a correct program needs, for a loaded machine."""

PYTHON = ("/usr/bin/env", f"PYTHONPATH={ROOT}", sys.executable, "-P")
"""Words that start this interpreter with this tree to import from, in any environment."""
SOURCE = (*PYTHON, "-W", "error", "-m", "codex")
"""Words that start codex from its source."""

CONFIG = """\
model = "fake-model"
model_provider = "fake"
sandbox_mode = "workspace-write"
{settings}
[model_providers.fake]
name = "Fake"
base_url = "{base_url}"
wire_api = "{wire_api}"
request_max_retries = {retries}
stream_max_retries = {retries}
{provider}
"""


def provider_config(
    base_url: str,
    wire_api: WireApi = WireApi.RESPONSES,
    *,
    retries: int = 0,
    settings: str = "",
    provider: str = "",
) -> str:
    """Return a config.toml that makes the server at `base_url` the provider.

    Args: settings, provider: additional lines of the top level and of the provider's table.
    """
    return CONFIG.format(
        base_url=base_url,
        wire_api=wire_api.value,
        retries=retries,
        settings=settings,
        provider=provider,
    )


class Program:
    """Starts codex in `folder/repo`, with `folder/home` as HOME and CODEX_HOME.

    A context manager that kills the processes that still run at its end.
    """

    def __init__(self, argv: tuple[str, ...], folder: Path) -> None:
        """Make the two folders. Args: argv: the words that start the program."""
        self.argv = argv
        self.repo = folder / "repo"
        self.home = folder / "home"
        (self.repo / ".git").mkdir(parents=True)
        self.home.mkdir()
        self.environ = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "CODEX_HOME": str(self.home),
        }
        self._started: list[subprocess.Popen[str]] = []

    def configure(self, text: str) -> None:
        """Write `text` as config.toml; `provider_config` makes one."""
        (self.home / "config.toml").write_text(text, encoding="utf-8")

    def start(
        self,
        *arguments: str,
        stdin: int | IO[str] = subprocess.DEVNULL,
        stdout: int | IO[str] = subprocess.PIPE,
        cwd: Path | None = None,
        environ: Mapping[str, str] | None = None,
        launcher: tuple[str, ...] = (),
    ) -> subprocess.Popen[str]:
        """Start codex with pipes for stdout and stderr; return the process.

        Args: environ: variables added to `self.environ`. launcher: words of a program that changes
        its own state, then executes its arguments.
        """
        process = subprocess.Popen(
            [*launcher, *self.argv, *arguments],
            stdin=stdin,
            stdout=stdout,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            cwd=cwd or self.repo,
            env={**self.environ, **(environ or {})},
        )
        self._started.append(process)
        return process

    def run(
        self,
        *arguments: str,
        text: str | None = None,
        cwd: Path | None = None,
        environ: Mapping[str, str] | None = None,
        launcher: tuple[str, ...] = (),
    ) -> subprocess.CompletedProcess[str]:
        """Run codex to its end. Args: text: all of its stdin; the others as for `start`."""
        stdin = subprocess.DEVNULL if text is None else subprocess.PIPE
        process = self.start(*arguments, stdin=stdin, cwd=cwd, environ=environ, launcher=launcher)
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
