"""Start commands and report enforcement, on Linux or macOS.

This is the one place that chooses between sandbox/linux and sandbox/macos; each is imported only on
its own system.
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
    """A command that was started, and all processes that it has started."""

    status: int | None
    """Wait status of the command after `clear_away`; None when it is not known, because all its
    processes were killed at once, or it did not die."""

    def fileno(self) -> int | None:
        """Return a descriptor that is readable when the command may be over.

        Returns: None where there is none; the caller then polls `is_over`.
        """

    def is_over(self) -> bool:
        """Whether the command itself has ended."""

    def have_all_ended(self) -> bool:
        """Whether no process is left that the command started; reliable once it `is_over`."""

    def send(self, number: int) -> None:
        """Send the command and its process group the signal `number`; not after `clear_away`.

        With a process namespace only the signals that native/init.c lists reach the command.
        """

    def terminate(self) -> None:
        """Ask every process of the command to end (SIGTERM)."""

    def clear_away(self) -> None:
        """Kill every process of the command that is left, and wait up to 2 s for their end."""


def enforcement_for(
    policy: SandboxPolicy, *, require: Require = "best-effort", container: bool = False
) -> Enforcement:
    """Return what this machine enforces for a policy; the first call takes some milliseconds.

    Args: container: whether the user declared the container around codex to be the sandbox; then
        nothing is enforced.
    Raises: SandboxUnavailableError, when less can be enforced than is required; SpawnError, when
        that cannot be found out for a temporary reason, such as lack of memory.
    """
    if policy.is_unrestricted or container:
        return UNENFORCED
    if sys.platform == "darwin":
        return macos_enforcement(policy)
    return linux_enforcement(policy, require=require)


def start_held(
    program: Program, confinement: Confinement, stdio: Stdio, stack: contextlib.ExitStack
) -> Processes:
    """Start a program under its confinement.

    Args: stack: receives the clean-up to do when the command is over.
    Raises: SpawnError; OSError, on macOS; SandboxUnavailableError, when the policy cannot be
        enforced.
    """
    if sys.platform == "darwin":
        return start_on_macos(program, confinement, stdio)
    return start_on_linux(program, confinement, stdio, stack)
