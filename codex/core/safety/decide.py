"""Decide whether a command or a patch runs, waits for the user, or is rejected. Pure.

Three things are separate: trust (no question), the sandbox (what may be touched), and escalation
(leaving the sandbox). A command that the user approves runs inside the sandbox. It leaves the
sandbox only if the user was asked whether it may leave, and approved that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

import msgspec

from codex.execpolicy.prefix import Decision
from codex.protocol.policy import AskForApproval

if TYPE_CHECKING:
    from codex.core.safety.rules import Ruling
    from codex.protocol.policy import SandboxPolicy


class AutoApprove(msgspec.Struct, frozen=True):
    """Decision to run the command or write the patch without a question."""

    is_sandboxed: bool
    """Whether the session's sandbox policy applies; to a patch, whether its writable folders do."""
    is_trusted: bool = False
    """Whether the command only reads; with `is_sandboxed`, it then runs in a read-only sandbox."""
    skips_startup_files: bool = False
    """Whether to run without shells' start-up files: a rule judged only the command's words, and
    those files could run more. Commands with `is_trusted` run without them, too."""


class AskUser(msgspec.Struct, frozen=True):
    """Decision to ask the user before the command runs or the patch is written."""

    reason: str | None
    """Reason for the question; None if the command itself says enough."""
    is_sandboxed: bool = True
    """Whether the session's sandbox policy applies if the user approves."""
    is_kept: bool = True
    """Whether the approval may apply to later commands, too."""


class Reject(msgspec.Struct, frozen=True):
    """Decision against the command or patch."""

    reason: str
    """Reason for the model to read, with what the user could do to allow it."""


OPEN_FOLDER = "'-s workspace-write', or with the folder in writable_roots"
"""What allows a patch outside the writable folders, to follow "The user can allow it with"."""
ASK_ME = "another approval policy"
"""What allows a patch to protected files, to follow "The user can allow it with"."""

SafetyCheck = AutoApprove | AskUser | Reject


def assess_command(
    ruling: Ruling,
    *,
    approval: AskForApproval,
    policy: SandboxPolicy,
    is_approved: bool,
    may_leave: bool,
    wants_escalation: bool,
    justification: str | None,
) -> SafetyCheck:
    """Decide about one command.

    Args:
        ruling: what `Rules.judge` says of the command.
        policy: the session's sandbox policy.
        is_approved: whether the user has allowed this command for the session, in the sandbox.
        may_leave: whether the user has allowed this command for the session, without the sandbox.
        wants_escalation: whether the model asks to run it without the sandbox.
        justification: the model's reason for leaving the sandbox; None if it gave none.
    """
    can_escape = policy.is_unrestricted
    if ruling.decision is Decision.FORBIDDEN:
        return Reject(f"{ruling.reason}. Only the user can change the rule")
    if ruling.decision is Decision.PROMPT:
        return _assess_prompt(ruling, approval, leaves=can_escape or wants_escalation)
    if may_leave and approval is not AskForApproval.NEVER:
        return AutoApprove(is_sandboxed=False)
    asks = approval in (AskForApproval.UNTRUSTED, AskForApproval.AUTO_EDIT)
    if ruling.is_reader and (policy.can_read_everything or not wants_escalation):
        # A command that only reads gains nothing outside the sandbox. Where other commands need a
        # question, the sandbox has to ensure that this one can only read.
        return AutoApprove(is_sandboxed=asks or not can_escape, is_trusted=True)
    if wants_escalation and not can_escape:
        return _assess_escalation(approval, justification)
    if ruling.decision is Decision.ALLOW or is_approved:
        skips_startup_files = ruling.decision is Decision.ALLOW
        return AutoApprove(is_sandboxed=not can_escape, skips_startup_files=skips_startup_files)
    if ruling.is_dangerous and not (can_escape and approval is AskForApproval.NEVER):
        return _assess_danger(approval, leaves=can_escape)
    if asks:
        return AskUser(None, is_sandboxed=not can_escape)
    return AutoApprove(is_sandboxed=not can_escape)


def _assess_prompt(ruling: Ruling, approval: AskForApproval, *, leaves: bool) -> SafetyCheck:
    """Decide about a command for which a rule requires a question, even if approved before."""
    if approval is AskForApproval.NEVER:
        return Reject(f"{ruling.reason}, and the approval policy is 'never'")
    return AskUser(ruling.reason, is_sandboxed=not leaves, is_kept=False)


def _assess_danger(approval: AskForApproval, *, leaves: bool) -> SafetyCheck:
    if approval is AskForApproval.NEVER:
        return Reject(
            "it deletes files by force, and the approval policy is 'never': delete them one by one "
            "without -f, or leave it to the user. The user can allow it with a rule"
        )
    return AskUser("it deletes files by force", is_sandboxed=not leaves)


def _assess_escalation(approval: AskForApproval, justification: str | None) -> SafetyCheck:
    if approval is AskForApproval.NEVER:
        return Reject(
            "with_escalated_permissions needs the user's approval, and the approval policy is "
            "'never': run it inside the sandbox, or leave it to the user. The user can allow it "
            "with another approval policy or a wider sandbox"
        )
    return AskUser(justification or "run without the sandbox", is_sandboxed=False)


def should_offer_retry(approval: AskForApproval) -> bool:
    """Whether to ask about running a command again, without the sandbox that stopped it.

    Under `on-request` the model asks instead, by `with_escalated_permissions`.
    """
    match approval:
        case AskForApproval.UNTRUSTED | AskForApproval.AUTO_EDIT | AskForApproval.ON_FAILURE:
            return True
        case AskForApproval.ON_REQUEST | AskForApproval.NEVER:
            return False
        case _:
            assert_never(approval)


def assess_patch(
    *,
    is_inside: bool,
    is_empty: bool,
    approval: AskForApproval,
    policy: SandboxPolicy,
    is_protected: bool = False,
) -> SafetyCheck:
    """Decide about one patch.

    Args:
        is_inside: whether every path of the patch, with links resolved, is in a writable folder of
            the policy and not protected there.
        is_empty: whether the patch changes nothing.
        is_protected: if `is_inside` is False, whether all paths that caused this are in writable
            folders, but protected there.
    """
    if is_empty:
        return Reject("it changes no file")
    is_allowed = is_inside or policy.can_write_everything
    is_sandboxed = not policy.can_write_everything
    what, remedy = "it writes outside the writable folders", OPEN_FOLDER
    if is_protected:
        what, remedy = "it writes protected files, which other programs obey", ASK_ME
    match approval:
        case AskForApproval.UNTRUSTED:
            reason = None if is_allowed else what
            return AskUser(reason, is_sandboxed=is_allowed and is_sandboxed)
        case _ if is_allowed:
            return AutoApprove(is_sandboxed=is_sandboxed)
        case AskForApproval.AUTO_EDIT | AskForApproval.ON_FAILURE | AskForApproval.ON_REQUEST:
            return AskUser(what, is_sandboxed=False)
        case AskForApproval.NEVER:
            return Reject(
                f"{what}, and the approval policy is 'never'. The user can allow it with {remedy}"
            )
        case _:
            assert_never(approval)
