"""Enforcement: which parts of the sandbox hold commands on a machine, as a value.

Rules (Landlock and seccomp, or Seatbelt) hold a command from its first instruction on. Namespaces
hold it more closely, in addition to the rules, where the user may create them.
"""

from __future__ import annotations

import enum
from typing import Literal, NamedTuple

Require = Literal["full", "best-effort"]
"""How much of the sandbox a command needs: all of it, or the rules and what else is available."""


class NetworkMode(enum.Enum):
    """How much of the network a command can reach."""

    NONE = "none"
    LOOPBACK = "loopback"
    """A separate loopback network; commands of all sessions of this process share it."""
    PORTS = "ports"
    """The machine's network, limited to the policy's TCP ports."""
    FULL = "full"


class Enforcement(NamedTuple):
    """What of the sandbox this machine enforces on commands that run under a given policy."""

    has_rules: bool
    """Whether rules are in force; without them nothing is enforced."""
    has_namespaces: bool
    """Whether namespaces are in force; never without rules."""
    landlock_abi: int
    """Version of Landlock's ABI; 0 where Landlock is not used."""
    landlock_errata: int
    """Bit mask of the defects of Landlock that the kernel reports as fixed."""
    network: NetworkMode
    without_namespaces: str | None
    """Reason why namespaces are unavailable, for the user; None when they are in force or not used
    (on macOS, or when nothing is enforced)."""
    notice: str | None
    """Warning that parts of the sandbox are missing, to show once per session; else None."""

    @property
    def has_network(self) -> bool:
        """Whether commands can use the network without limits."""
        return self.network is NetworkMode.FULL


UNENFORCED = Enforcement(
    has_rules=False,
    has_namespaces=False,
    landlock_abi=0,
    landlock_errata=0,
    network=NetworkMode.FULL,
    without_namespaces=None,
    notice=None,
)
"""The enforcement where nothing holds a command."""
