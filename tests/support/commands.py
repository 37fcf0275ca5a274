"""Run real commands as the engine does, and examine what they leave behind."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from codex.base.cancel import Cancel
from codex.protocol.events import OutputStream
from codex.protocol.policy import DANGER_FULL_ACCESS, SandboxPolicy
from codex.sandbox.confinement import Confinement, confine
from codex.sandbox.enforcement import Enforcement
from codex.sandbox.guard.protected import NOTHING, Protection
from codex.sandbox.linux.kernel import enforcement_with
from codex.sandbox.machine import enforcement_for
from codex.sandbox.params import ExecParams, ExecResult, ProtectedPaths
from codex.sandbox.run import run_command

WORKSPACE = SandboxPolicy(can_write_cwd=True)
"""The workspace-write policy without /tmp, where the tests' own files are."""
TIMEOUT_MS = 20_000
"""Time-out far longer than any test takes; a test of the time-out sets its own."""
PYTHON = (sys.executable, "-I", "-S", "-c")


class Workspace(NamedTuple):
    """Runs commands with a writable folder, `inside`, and a read-only one, `outside`."""

    inside: Path
    outside: Path
    is_contained: bool | None = None
    """Whether commands get namespaces of their own; None: if available."""

    @property
    def folders(self) -> tuple[str, str]:
        """Paths of `inside` and `outside`."""
        return str(self.inside), str(self.outside)

    def enforcement(self, policy: SandboxPolicy) -> Enforcement:
        """Return the enforcement for a command of this policy."""
        best = enforcement_for(policy)
        if self.is_contained is not False or not best.has_rules:
            return best
        missing = "this test does without"
        return enforcement_with(policy, abi=best.landlock_abi, errata=0, missing=missing)

    def run(
        self,
        *argv: str,
        policy: SandboxPolicy = WORKSPACE,
        timeout_ms: int = TIMEOUT_MS,
        env: dict[str, str] | None = None,
        cwd: Path | None = None,
        cancel: Cancel | None = None,
        on_output: Callable[[OutputStream, str], None] | None = None,
        protected: ProtectedPaths | None = None,
    ) -> ExecResult:
        """Run a command; the policy's paths are relative to `inside`."""
        environ = {"PATH": os.environ["PATH"], "LC_ALL": "C", **(env or {})}
        own = Cancel()
        try:
            return run_command(
                ExecParams(argv, str(cwd or self.inside), timeout_ms, environ),
                self.confinement(policy, environ.get("TMPDIR"), protected),
                cancel=cancel or own,
                on_output=on_output or (lambda _stream, _text: None),
            )
        finally:
            own.close()

    def confinement(
        self,
        policy: SandboxPolicy,
        tmpdir: str | None = None,
        protected: ProtectedPaths | None = None,
    ) -> Confinement:
        """Return what confines a command of this policy; only the given names are protected."""
        found = confine(
            policy,
            self.enforcement(policy),
            cwd=str(self.inside),
            tmpdir=tmpdir,
            codex_home="/nowhere",
            home=None,
        )
        if protected is None:
            return found._replace(protection=NOTHING)
        return found._replace(protection=Protection((), *protected, status={}))

    def shell(self, script: str, *, policy: SandboxPolicy = WORKSPACE) -> ExecResult:
        """Run a shell script, with `inside` and `outside` as variables."""
        env = {"inside": str(self.inside), "outside": str(self.outside)}
        return self.run("sh", "-c", script, policy=policy, env=env)

    def python(self, text: str, *args: str, policy: SandboxPolicy = WORKSPACE) -> ExecResult:
        """Run a Python program."""
        return self.run(*PYTHON, text, *args, policy=policy)

    def refusal(self, text: str, *args: str, prepare: Callable[[], None] = lambda: None) -> str:
        """Run a Python program that must succeed without the sandbox and be refused in it.

        Args: prepare: called before each of the two runs.
        Returns: the last line that the program wrote to stderr in the sandbox.
        """
        prepare()
        free = self.python(text, *args, policy=DANGER_FULL_ACCESS)
        assert free.exit_code == 0, f"the probe itself fails: {free.output}"
        prepare()
        held = self.python(text, *args)
        assert held.is_sandboxed
        assert held.exit_code == 1, f"not refused: {held}"
        return held.stderr.strip().splitlines()[-1]


def is_alive(pid: int) -> bool:
    """Return whether a process exists and is not a zombie."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state not in "ZX"


def pids_in(folder: Path) -> list[int]:
    """Return the process ids that a command left in files named `pid.*`, if written completely."""
    texts = [path.read_text() for path in sorted(folder.glob("pid.*"))]
    return [int(text) for text in texts if text.endswith("\n")]


def processes_in(folder: Path) -> list[int]:
    """Return the processes whose working directory is `folder`, by their ids in our namespace."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            with contextlib.suppress(OSError):
                if os.readlink(entry / "cwd") == str(folder) and is_alive(int(entry.name)):
                    found.append(int(entry.name))
    return found


class OutputWatch:
    """Records output as it arrives; once stdout contains `wanted`, sets `seen` and `cancel`."""

    def __init__(self, wanted: str = "", cancel: Cancel | None = None) -> None:
        self.pieces: list[tuple[OutputStream, str]] = []
        self.seen = threading.Event()
        self._wanted = wanted
        self._cancel = cancel

    def __call__(self, stream: OutputStream, text: str) -> None:
        self.pieces.append((stream, text))
        if self._wanted and self._wanted in self.text():
            self.seen.set()
            if self._cancel is not None:
                self._cancel.set()

    def text(self, stream: OutputStream = OutputStream.STDOUT) -> str:
        """Return all output of one stream."""
        return "".join(text for of, text in self.pieces if of is stream)
