"""A model server from another project: litellm's proxy, installed on demand.

It offers two models: `scripted`, which always gives one answer of litellm's own making, and
`relay`, which decodes requests, sends them on to a FakeModel and encodes its responses again, so
that tool calls pass through foreign code in both directions.

The packages are pinned by hash and kept in a cache folder; the first use needs the registry.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import IO, TYPE_CHECKING

from tests.support.model.fake_model import FakeModel

if TYPE_CHECKING:
    from types import TracebackType

REQUIREMENTS = Path(__file__).parent / "requirements.txt"
ANSWER = "The tests pass now, after one change."
START_S = 120.0


class NotInstallableError(Exception):
    """This machine cannot get the packages; the message says why."""


class ThirdPartyServer:
    """The running proxy; a context manager that stops it."""

    scripted_model = "scripted"
    relay_model = "relay"

    def __init__(self, folder: Path) -> None:
        """Start the proxy, installing it first if necessary.

        Args: folder: an empty folder for its configuration and home.
        Raises: NotInstallableError.
        """
        environment = installed()
        self.upstream = FakeModel()
        """Server that `relay` talks to, on the chat wire."""
        self.port = _free_port()
        self._log: list[str] = []
        self._has_answered = threading.Event()
        """Set once the proxy listens or has ended."""
        self._process = subprocess.Popen(
            [
                *(str(environment / "bin" / "litellm"), "--config", str(self._configure(folder))),
                *("--host", "127.0.0.1", "--port", str(self.port), "--telemetry", "False"),
            ],
            cwd=folder,
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(folder),
                "PYTHONUNBUFFERED": "1",
                "LITELLM_LOCAL_MODEL_COST_MAP": "True",
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        assert self._process.stdout is not None
        self._reader = threading.Thread(target=self._read, args=(self._process.stdout,))
        self._reader.start()
        if not self._has_answered.wait(START_S) or self._process.poll() is not None:
            self.close()
            raise AssertionError("litellm did not start:\n" + "".join(self._log[-20:]))

    @property
    def base_url(self) -> str:
        """Base URL for a provider; ends in `/v1`."""
        return f"http://127.0.0.1:{self.port}/v1"

    def close(self) -> None:
        """Stop the proxy and `upstream`."""
        self._process.terminate()
        self._process.wait()
        self._reader.join()
        self.upstream.close()

    def __enter__(self) -> ThirdPartyServer:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _configure(self, folder: Path) -> Path:
        # hosted_vllm speaks only chat, so litellm itself translates requests of the other wire.
        scripted = {"model": "openai/any", "api_key": "none", "mock_response": ANSWER}
        relay = {"model": "hosted_vllm/m", "api_key": "none", "api_base": self.upstream.base_url}
        models = [
            {"model_name": self.scripted_model, "litellm_params": scripted},
            {"model_name": self.relay_model, "litellm_params": relay},
        ]
        # JSON is YAML. Without retries a failure of the upstream comes through as it is.
        config = folder / "config.yaml"
        settings = {"num_retries": 0}
        config.write_text(json.dumps({"model_list": models, "router_settings": settings}))
        return config

    def _read(self, output: IO[str]) -> None:
        with output:
            for line in output:
                self._log.append(line)
                if "Uvicorn running on" in line:
                    self._has_answered.set()
        self._has_answered.set()


def installed() -> Path:
    """Return the virtual environment with litellm, which is made on first use.

    Raises: NotInstallableError.
    """
    if sys.version_info[:2] != (3, 11) or os.uname()[::4] != ("Linux", "x86_64"):
        raise NotInstallableError("the pinned wheels are for CPython 3.11 on x86-64 Linux")
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "codex-tests"
    cache.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()[:12]
    environment = cache / f"litellm-{digest}"
    is_whole = environment / "is-whole"
    with open(cache / "litellm.lock", "w", encoding="utf-8") as lock:
        # If two runs of the tests coincide, the second waits, and finds the work done.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not is_whole.exists():
            shutil.rmtree(environment, ignore_errors=True)
            _install(environment)
            is_whole.touch()
    return environment


def _install(environment: Path) -> None:
    python = str(environment / "bin" / "python")
    wheels = ("--no-deps", "--only-binary", ":all:", "--require-hashes", "-r", str(REQUIREMENTS))
    patience = ("--retries", "1", "--timeout", "20")
    for command in (
        [sys.executable, "-m", "venv", str(environment)],
        [python, "-m", "pip", "install", "--quiet", *patience, *wheels],
    ):
        done = subprocess.run(
            command, capture_output=True, text=True, errors="replace", check=False
        )
        if done.returncode != 0:
            shutil.rmtree(environment, ignore_errors=True)
            # A changed package must not pass for an unreachable registry.
            assert "DO NOT MATCH THE HASHES" not in done.stderr, done.stderr
            raise NotInstallableError(f"litellm cannot be installed: {done.stderr[-500:]}")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])
