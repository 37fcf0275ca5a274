"""Whether a command or a patch runs, waits for the user, or is refused: pure decisions.

Nothing runs here and nobody is asked. Three things are kept apart: trust (no question), the sandbox
(what may be touched), and escalation (leaving the sandbox). A yes to a question about running a
command lets it run, inside the sandbox; only a yes to a question about leaving the sandbox leaves
it. (In the reference every approved command runs without a sandbox, and with one available none is
asked about at first.)
Source: spec/exec-and-sandbox.md, section 5, and spec/apply-patch.md, section 7, without their gaps.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

import msgspec

from codex.core.trusted import is_trusted
from codex.protocol.policy import AskForApproval

if TYPE_CHECKING:
    from collections.abc import Sequence

    from codex.protocol.policy import SandboxPolicy


class AutoApprove(msgspec.Struct, frozen=True):
    """Go on without a question."""

    is_sandboxed: bool
    """Under the session's sandbox policy; for a patch, within its writable folders."""
    is_trusted: bool = False
    """It only reads: it can run under the read-only policy, whatever the session's is."""


class AskUser(msgspec.Struct, frozen=True):
    """Wait for the user."""

    reason: str | None
    """Why, where there is more to say than the command itself."""
    is_sandboxed: bool = True
    """How it goes on after a yes."""


class Reject(msgspec.Struct, frozen=True):
    """Do not do it."""

    reason: str
    """For the model, and how the user could allow it."""


SafetyCheck = AutoApprove | AskUser | Reject


def assess_command(
    argv: Sequence[str],
    *,
    approval: AskForApproval,
    policy: SandboxPolicy,
    is_approved_before: bool,
    wants_escalation: bool,
    justification: str | None,
) -> SafetyCheck:
    """Decide about one command.

    Args:
        is_approved_before: the user has allowed this argv in this directory, for the session, in
            the way it would run now: inside the sandbox, or outside when `wants_escalation`.
        wants_escalation: the model asks to run it without the sandbox.
        justification: the model's reason for that.
    """
    can_escape = policy.is_unrestricted
    if is_trusted(argv) and (policy.can_read_everything or not wants_escalation):
        # What only reads has nothing to gain outside the sandbox.
        return AutoApprove(is_sandboxed=not can_escape, is_trusted=True)
    if wants_escalation and not can_escape:
        return _assess_escalation(approval, is_approved_before, justification)
    match approval:
        case AskForApproval.UNTRUSTED | AskForApproval.AUTO_EDIT if not is_approved_before:
            return AskUser(None, is_sandboxed=not can_escape)
        case _:
            return AutoApprove(is_sandboxed=not can_escape)


def _assess_escalation(
    approval: AskForApproval,
    is_approved_before: bool,  # noqa: FBT001 - read at one place, just above
    justification: str | None,
) -> SafetyCheck:
    if approval is AskForApproval.NEVER:
        return Reject(
            "with_escalated_permissions needs the user's approval, and the approval policy is "
            "'never': run it inside the sandbox, or leave it to the user. The user can allow it "
            "with another approval policy or a wider sandbox"
        )
    if is_approved_before:
        return AutoApprove(is_sandboxed=False)
    return AskUser(justification or "run without the sandbox", is_sandboxed=False)


def should_offer_retry(approval: AskForApproval) -> bool:
    """Whether the user is asked to run a command again, without the sandbox that stopped it.

    Under `on-request` the model asks, by `with_escalated_permissions`.
    """
    match approval:
        case AskForApproval.UNTRUSTED | AskForApproval.AUTO_EDIT | AskForApproval.ON_FAILURE:
            return True
        case AskForApproval.ON_REQUEST | AskForApproval.NEVER:
            return False
        case _:
            assert_never(approval)


def assess_patch(
    *, is_inside: bool, is_empty: bool, approval: AskForApproval, policy: SandboxPolicy
) -> SafetyCheck:
    """Decide about one patch.

    Args:
        is_inside: every path it writes is in a writable folder of the policy, links resolved.
        is_empty: it changes nothing.
    """
    if is_empty:
        return Reject("it changes no file")
    is_allowed = is_inside or policy.can_write_everything
    is_sandboxed = not policy.can_write_everything
    match approval:
        case AskForApproval.UNTRUSTED:
            return AskUser(None, is_sandboxed=is_allowed and is_sandboxed)
        case _ if is_allowed:
            return AutoApprove(is_sandboxed=is_sandboxed)
        case AskForApproval.AUTO_EDIT | AskForApproval.ON_FAILURE | AskForApproval.ON_REQUEST:
            return AskUser("it writes outside the writable folders", is_sandboxed=False)
        case AskForApproval.NEVER:
            return Reject(
                "it writes outside the writable folders, and the approval policy is 'never'. The "
                "user can allow it with '-s workspace-write', or with the folder in writable_roots"
            )
        case _:
            assert_never(approval)
