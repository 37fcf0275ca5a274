"""Start a command on macOS, under Seatbelt, and end the processes in its group.

Not run on a Mac yet: the tests run it on Linux with a stand-in for sandbox-exec. A process that
leaves the command's group outlives the command, for macOS has neither process namespaces nor the
adoption of orphans that linux/tree.py builds on.
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
"""How long a killed command may take to go."""
GROUP_SWEEP_S = 0.005
"""How often to look whether it has gone."""


def macos_enforcement(policy: SandboxPolicy) -> Enforcement:
    """What holds the commands of a policy here: Seatbelt, which every Mac has."""
    network = NetworkMode.NONE
    if policy.can_use_network:
        network = NetworkMode.FULL
    elif policy.connect_ports or policy.bind_ports:
        network = NetworkMode.PORTS
    return UNENFORCED._replace(has_rules=True, network=network)


def start_on_macos(program: Program, confinement: Confinement, stdio: Stdio) -> GroupProcesses:
    """Start a program in a session of its own, under Seatbelt where the confinement asks for it.

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
        """Take over the leader of the group, which nothing else reaps."""
        self._child = child
        self.status: int | None = None
        """The command's wait status, once it is over."""

    def fileno(self) -> None:
        """Nothing here becomes readable when the command is over."""

    def is_over(self) -> bool:
        """Whether the command itself has ended; reaps it."""
        if self.status is None:
            reaped, status = os.waitpid(self._child.pid, os.WNOHANG)
            if reaped:
                self.status = status
                self._child.returncode = os.waitstatus_to_exitcode(status)  # or it would warn
        return self.status is not None

    def have_left(self) -> bool:
        """Whether nothing is left in the group."""
        try:
            os.killpg(self._child.pid, 0)
        except (ProcessLookupError, PermissionError):  # the latter for a group of zombies
            return True
        return False

    def send(self, number: int) -> None:
        """Send the group a signal: no other can have its number while a process is in it."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._child.pid, number)

    def terminate(self) -> None:
        """Ask all of them to end, also what is stopped."""
        self.send(signal.SIGTERM)
        self.send(signal.SIGCONT)

    def clear_away(self) -> None:
        """Kill what is left in the group and reap the command."""
        deadline = time.monotonic() + GROUP_CLEAN_UP_S
        self.send(signal.SIGKILL)
        while not self.is_over() and time.monotonic() < deadline:
            time.sleep(GROUP_SWEEP_S)
