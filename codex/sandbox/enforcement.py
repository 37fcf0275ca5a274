"""What holds commands on a machine, as a value.

Rules hold a command from its first instruction on: Landlock and seccomp, or Seatbelt. Namespaces
hold it more closely, on top of the rules, where the user may make them.
"""

from __future__ import annotations

import enum
from typing import Literal, NamedTuple

Require = Literal["full", "best-effort"]
"""Whether a command may run where part of the sandbox is unavailable."""


class NetworkMode(enum.Enum):
    """How far a command can reach."""

    NONE = "none"
    LOOPBACK = "loopback"
    """A network of its own, which holds only what the commands of the session start."""
    PORTS = "ports"
    """The machine's network, limited to the policy's TCP ports."""
    FULL = "full"


class Enforcement(NamedTuple):
    """What holds the commands of a policy on this machine."""

    has_rules: bool
    """Whether anything is enforced."""
    has_namespaces: bool
    """Whether namespaces are in force; never without rules."""
    landlock_abi: int
    """Landlock's ABI; 0 where Landlock is not used."""
    landlock_errata: int
    """A bit for each defect of Landlock that the kernel reports as fixed."""
    network: NetworkMode
    without_namespaces: str | None
    """The reason why namespaces are unavailable, for people; None when they are in force, or when
    nothing is enforced."""
    notice: str | None
    """The warning to show once in a session; None when nothing is missing."""

    @property
    def has_network(self) -> bool:
        """Whether commands have the whole network."""
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
