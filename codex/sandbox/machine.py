"""The seam between the platforms: what each of them offers, and which of them is used here.

This is the one place that chooses between sandbox/linux and sandbox/macos; each is imported on its
own system alone.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Protocol

from codex.sandbox.enforcement import UNENFORCED

if sys.platform == "darwin":
    from codex.sandbox.macos.start import macos_enforcement, start_on_macos
else:
    from codex.sandbox.linux.kernel import linux_enforcement
    from codex.sandbox.linux.start import start_on_linux

if TYPE_CHECKING:
    import contextlib

    from codex.protocol.policy import SandboxPolicy
    from codex.sandbox.confinement import Confinement
    from codex.sandbox.enforcement import Enforcement, Require
    from codex.sandbox.params import Program, Stdio


class Processes(Protocol):
    """A command that was started, and the processes that came from it."""

    status: int | None
    """The command's wait status after `clear_away`; None when it was killed with all the others."""

    def fileno(self) -> int | None:
        """A descriptor that is readable when the command may be over; None: ask `is_over`."""

    def is_over(self) -> bool:
        """Whether the command itself has ended."""

    def have_left(self) -> bool:
        """Whether the processes that the command started have all ended."""

    def send(self, number: int) -> None:
        """Send the command a signal."""

    def terminate(self) -> None:
        """Ask all of them to end."""

    def clear_away(self) -> None:
        """Kill what is left and reap it."""


def enforcement_for(
    policy: SandboxPolicy, *, require: Require = "best-effort", container: bool = False
) -> Enforcement:
    """What holds the commands of a policy on this machine; the first call takes some milliseconds.

    Args: container: the user says that the container around codex is the sandbox, so nothing is
        enforced.
    Raises: SandboxUnavailableError, when less can be enforced than is required.
    """
    if policy.is_unrestricted or container:
        return UNENFORCED
    if sys.platform == "darwin":
        return macos_enforcement(policy)
    return linux_enforcement(policy, require=require)


def start_held(
    program: Program, confinement: Confinement, stdio: Stdio, stack: contextlib.ExitStack
) -> Processes:
    """Start a program under its confinement; `stack` gets what to undo when the command is over.

    Raises: SpawnError; SandboxUnavailableError, when the policy cannot be enforced.
    """
    if sys.platform == "darwin":
        return start_on_macos(program, confinement, stdio)
    return start_on_linux(program, confinement, stdio, stack)
