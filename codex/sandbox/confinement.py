"""Confinement: everything that confines one command, worked out anew for each command.

It is never kept from one command to the next: a command may have replaced a folder on the way to a
writable one (see roots.py), or made a file with a protected name. The code that enforces, explains
and reports limits reads this one value. Reads the file system, changes nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from codex.sandbox.guard.protected import protection
from codex.sandbox.roots import is_relinked, writable_roots

if TYPE_CHECKING:
    from codex.protocol.policy import SandboxPolicy
    from codex.sandbox.enforcement import Enforcement
    from codex.sandbox.guard.protected import Protection
    from codex.sandbox.params import RefusedRoot


class Confinement(NamedTuple):
    """What one command may touch, and what enforces that."""

    policy: SandboxPolicy
    cwd: str
    """The session's working directory, which the policy's paths refer to; absolute."""
    tmpdir: str | None
    """The command's $TMPDIR; None when it is not set."""
    folders: tuple[str, ...]
    """The writable folders by their physical paths, none inside another; empty also when everything
    is writable."""
    refused: tuple[RefusedRoot, ...]
    """Folders that the policy makes writable but that are not opened for commands, with reasons."""
    enforcement: Enforcement
    protection: Protection

    @property
    def roots(self) -> tuple[str, ...]:
        """The writable folders as the policy names them; empty when everything is writable."""
        return self.policy.roots(cwd=self.cwd, tmpdir=self.tmpdir)


def confine(
    policy: SandboxPolicy,
    enforcement: Enforcement,
    *,
    cwd: str,
    tmpdir: str | None,
    codex_home: str,
    home: str | None,
) -> Confinement:
    """Work out what confines a command that starts now.

    Args: cwd: the session's working directory, absolute. tmpdir: the command's $TMPDIR; None when
        it is not set. codex_home: the agent's own folder. home: the user's home folder; None when
        it is not known, and then no name in it is protected.
    """
    roots = policy.roots(cwd=cwd, tmpdir=tmpdir)
    found = writable_roots(roots)
    is_all_but_network = policy.can_write_everything and not policy.is_unrestricted
    guarded = {"/": "/"} if is_all_but_network else found.physical
    # Neither $TMPDIR nor a link that a command may have made opens a protected name.
    chosen = policy.roots(cwd=cwd, tmpdir=None)
    named = [found.physical[root] for root in chosen if not is_relinked(root, found.physical)]
    return Confinement(
        policy=policy,
        cwd=cwd,
        tmpdir=tmpdir,
        folders=found.folders,
        refused=found.refused,
        enforcement=enforcement,
        protection=protection(guarded, named=named, cwd=cwd, codex_home=codex_home, home=home),
    )
