"""Start a command on macOS, under Seatbelt, and end the processes in its process group.

Not run on a Mac yet: the tests run it on Linux with a stand-in for sandbox-exec. A process that
leaves the command's process group outlives the command, because macOS has neither process
namespaces nor the adoption of orphans on which linux/tree.py relies.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from typing import TYPE_CHECKING

from codex.base.errors import SpawnError
from codex.sandbox.enforcement import UNENFORCED, Enforcement, NetworkMode
from codex.sandbox.macos.seatbelt import under_seatbelt

if TYPE_CHECKING:
    from codex.protocol.policy import SandboxPolicy
    from codex.sandbox.confinement import Confinement
    from codex.sandbox.params import Program, Stdio

GROUP_CLEAN_UP_S = 2.0
"""Seconds that a killed command may take to end."""
GROUP_SWEEP_S = 0.005
"""Seconds between checks whether a killed command has ended."""


def macos_enforcement(policy: SandboxPolicy) -> Enforcement:
    """Return what macOS enforces for a policy, by Seatbelt, which every Mac has."""
    network = NetworkMode.NONE
    if policy.can_use_network:
        network = NetworkMode.FULL
    elif policy.connect_ports or policy.bind_ports:
        network = NetworkMode.PORTS
    return UNENFORCED._replace(has_rules=True, network=network)


def start_on_macos(program: Program, confinement: Confinement, stdio: Stdio) -> GroupProcesses:
    """Start a program in its own session, under Seatbelt if the confinement has rules.

    Raises: SpawnError; OSError, when it cannot be started.
    """
    if confinement.enforcement.has_rules:
        program = under_seatbelt(program, confinement)
    try:
        child = subprocess.Popen(
            program.argv,
            executable=program.path,
            cwd=program.cwd,
            env=program.env,
            stdin=stdio.stdin,
            stdout=stdio.stdout,
            stderr=stdio.stderr,
            start_new_session=True,
        )
    except ValueError as exc:
        raise SpawnError(f"cannot run '{program.argv[0]}': {exc}") from exc
    return GroupProcesses(child)


class GroupProcesses:
    """The processes of one command that stay in its process group."""

    def __init__(self, child: subprocess.Popen[bytes]) -> None:
        """Args: child: the leader of the group, which nothing else reaps."""
        self._child = child
        self.status: int | None = None
        """Wait status of the command; None until `is_over` has reaped it."""

    def fileno(self) -> None:
        """Return None: there is no descriptor to wait for."""

    def is_over(self) -> bool:
        """Whether the command itself has ended; reaps it."""
        if self.status is None:
            reaped, status = os.waitpid(self._child.pid, os.WNOHANG)
            if reaped:
                self.status = status
                self._child.returncode = os.waitstatus_to_exitcode(status)  # else Popen warns
        return self.status is not None

    def have_all_ended(self) -> bool:
        """Whether no process is left in the process group."""
        try:
            os.killpg(self._child.pid, 0)
        except (ProcessLookupError, PermissionError):  # the latter: only zombies
            return True
        return False

    def send(self, number: int) -> None:
        """Send the process group a signal; its id is not reused while a process is in it."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._child.pid, number)

    def terminate(self) -> None:
        """Ask every process of the process group to end (SIGTERM), stopped ones included."""
        self.send(signal.SIGTERM)
        self.send(signal.SIGCONT)

    def clear_away(self) -> None:
        """Kill every process that is left in the process group, and reap the command."""
        deadline = time.monotonic() + GROUP_CLEAN_UP_S
        self.send(signal.SIGKILL)
        while not self.is_over() and time.monotonic() < deadline:
            time.sleep(GROUP_SWEEP_S)
