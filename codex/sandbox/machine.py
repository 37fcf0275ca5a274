"""What holds a command on this machine, whichever system it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codex.sandbox.enforcement import UNENFORCED, Enforcement
from codex.sandbox.linux.kernel import enforcement

if TYPE_CHECKING:
    from codex.protocol.policy import SandboxPolicy
    from codex.sandbox.enforcement import Require


def enforcement_for(
    policy: SandboxPolicy, *, require: Require = "best-effort", container: bool = False
) -> Enforcement:
    """What holds the commands of a policy on this machine; the first call takes some milliseconds.

    Args: container: the user says that the container around us is the sandbox: nothing is enforced.
    Raises: SandboxUnavailableError, when less can be enforced than is required.
    """
    if policy.is_unrestricted or container:
        return UNENFORCED
    return enforcement(policy, require=require)
