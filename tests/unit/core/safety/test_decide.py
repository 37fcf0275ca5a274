"""The decision tables for commands and patches, every cell."""

from __future__ import annotations

import itertools

import pytest

from codex.core.safety.decide import (
    AskUser,
    AutoApprove,
    Reject,
    SafetyCheck,
    assess_command,
    assess_patch,
    should_offer_retry,
)
from codex.core.safety.rules import Ruling
from codex.execpolicy.prefix import Decision
from codex.protocol.policy import (
    DANGER_FULL_ACCESS,
    READ_ONLY,
    WORKSPACE_WRITE,
    AskForApproval,
    SandboxPolicy,
)

UNTRUSTED = AskForApproval.UNTRUSTED
AUTO_EDIT = AskForApproval.AUTO_EDIT
ON_FAILURE = AskForApproval.ON_FAILURE
ON_REQUEST = AskForApproval.ON_REQUEST
NEVER = AskForApproval.NEVER

RESTRICTED = (READ_ONLY, WORKSPACE_WRITE)
NO_READING = SandboxPolicy(can_read_everything=False)

MAKE = Ruling()
LS = Ruling(is_reader=True)
ALLOWED = Ruling(Decision.ALLOW)
PROMPT = Ruling(Decision.PROMPT, "the rule asks")
FORBIDDEN = Ruling(Decision.FORBIDDEN, "the rule forbids")
RM = Ruling(is_dangerous=True)


def command(
    ruling: Ruling,
    approval: AskForApproval,
    policy: SandboxPolicy,
    *,
    is_approved: bool = False,
    may_leave: bool = False,
    wants_escalation: bool = False,
    justification: str | None = None,
) -> SafetyCheck:
    return assess_command(
        ruling,
        approval=approval,
        policy=policy,
        is_approved=is_approved,
        may_leave=may_leave,
        wants_escalation=wants_escalation,
        justification=justification,
    )


@pytest.mark.parametrize("policy", RESTRICTED)
@pytest.mark.parametrize("approval", AskForApproval)
@pytest.mark.parametrize("wants_escalation", [False, True])
def test_trusted_commands_run_sandboxed_without_a_question(
    approval: AskForApproval, policy: SandboxPolicy, wants_escalation: bool
) -> None:
    check = command(LS, approval, policy, wants_escalation=wants_escalation)
    assert check == AutoApprove(is_sandboxed=True, is_trusted=True)


def test_a_reader_may_ask_to_leave_a_sandbox_that_hides_files() -> None:
    assert command(LS, UNTRUSTED, NO_READING) == AutoApprove(is_sandboxed=True, is_trusted=True)
    check = command(LS, UNTRUSTED, NO_READING, wants_escalation=True, justification="look")
    assert check == AskUser("look", is_sandboxed=False)


@pytest.mark.parametrize("policy", RESTRICTED)
@pytest.mark.parametrize(
    ("approval", "expected"),
    [
        (UNTRUSTED, AskUser(None, is_sandboxed=True)),
        (AUTO_EDIT, AskUser(None, is_sandboxed=True)),
        (ON_FAILURE, AutoApprove(is_sandboxed=True)),
        (ON_REQUEST, AutoApprove(is_sandboxed=True)),
        (NEVER, AutoApprove(is_sandboxed=True)),
    ],
)
def test_untrusted_commands_are_asked_about_or_run_sandboxed(
    approval: AskForApproval, policy: SandboxPolicy, expected: SafetyCheck
) -> None:
    assert command(MAKE, approval, policy) == expected
    before = command(MAKE, approval, policy, is_approved=True)
    assert before == AutoApprove(is_sandboxed=True)


@pytest.mark.parametrize("policy", RESTRICTED)
@pytest.mark.parametrize("approval", [UNTRUSTED, AUTO_EDIT, ON_FAILURE, ON_REQUEST])
@pytest.mark.parametrize("ruling", [MAKE, ALLOWED, RM])
@pytest.mark.parametrize("is_approved", [False, True])
def test_only_a_yes_to_leaving_the_sandbox_leaves_it(
    approval: AskForApproval, policy: SandboxPolicy, ruling: Ruling, is_approved: bool
) -> None:
    asked = command(
        ruling,
        approval,
        policy,
        is_approved=is_approved,
        wants_escalation=True,
        justification="needs network",
    )
    assert asked == AskUser("needs network", is_sandboxed=False)
    asked = command(ruling, approval, policy, is_approved=is_approved, wants_escalation=True)
    assert asked == AskUser("run without the sandbox", is_sandboxed=False)
    left = command(ruling, approval, policy, is_approved=is_approved, may_leave=True)
    assert left == AutoApprove(is_sandboxed=False)


@pytest.mark.parametrize("may_leave", [False, True])
def test_nobody_leaves_the_sandbox_when_nobody_may_be_asked(may_leave: bool) -> None:
    check = command(MAKE, NEVER, READ_ONLY, wants_escalation=True, may_leave=may_leave)
    assert isinstance(check, Reject)
    assert "approval policy is 'never'" in check.reason
    inside = command(MAKE, NEVER, READ_ONLY, may_leave=may_leave)
    assert inside == AutoApprove(is_sandboxed=True)


@pytest.mark.parametrize("wants_escalation", [False, True])
@pytest.mark.parametrize("approval", AskForApproval)
def test_without_restrictions_nothing_is_sandboxed_but_what_is_trusted_where_others_are_asked_about(
    approval: AskForApproval, wants_escalation: bool
) -> None:
    asks = approval in (UNTRUSTED, AUTO_EDIT)
    check = command(MAKE, approval, DANGER_FULL_ACCESS, wants_escalation=wants_escalation)
    if asks:
        assert check == AskUser(None, is_sandboxed=False)
    else:
        assert check == AutoApprove(is_sandboxed=False)
    trusted = command(LS, approval, DANGER_FULL_ACCESS, wants_escalation=wants_escalation)
    assert trusted == AutoApprove(is_sandboxed=asks, is_trusted=True)


@pytest.mark.parametrize("approval", AskForApproval)
@pytest.mark.parametrize("policy", [*RESTRICTED, DANGER_FULL_ACCESS])
def test_what_a_rule_allows_runs_without_a_question_as_the_sandbox_policy_says(
    approval: AskForApproval, policy: SandboxPolicy
) -> None:
    check = command(ALLOWED, approval, policy)
    assert check == AutoApprove(is_sandboxed=policy != DANGER_FULL_ACCESS, skips_startup_files=True)


@pytest.mark.parametrize("approval", AskForApproval)
@pytest.mark.parametrize("policy", [*RESTRICTED, DANGER_FULL_ACCESS])
@pytest.mark.parametrize("leaves", [False, True])
def test_what_a_rule_forbids_is_rejected_and_what_it_asks_about_is_asked_each_time(
    approval: AskForApproval, policy: SandboxPolicy, leaves: bool
) -> None:
    forbidden, asked = (
        command(ruling, approval, policy, is_approved=True, may_leave=True, wants_escalation=leaves)
        for ruling in (FORBIDDEN, PROMPT)
    )
    assert isinstance(forbidden, Reject)
    assert forbidden.reason.startswith("the rule forbids")
    if approval is NEVER:
        assert asked == Reject("the rule asks, and the approval policy is 'never'")
    else:
        is_sandboxed = policy != DANGER_FULL_ACCESS and not leaves
        assert asked == AskUser("the rule asks", is_sandboxed=is_sandboxed, is_kept=False)


@pytest.mark.parametrize("approval", AskForApproval)
@pytest.mark.parametrize("policy", [*RESTRICTED, DANGER_FULL_ACCESS])
def test_what_deletes_by_force_is_asked_about_even_in_the_sandbox(
    approval: AskForApproval, policy: SandboxPolicy
) -> None:
    check = command(RM, approval, policy)
    is_free = policy == DANGER_FULL_ACCESS
    if approval is not NEVER:
        assert check == AskUser("it deletes files by force", is_sandboxed=not is_free)
    elif is_free:
        assert check == AutoApprove(is_sandboxed=False)
    else:
        assert isinstance(check, Reject)
        assert "deletes files by force" in check.reason
    approved = command(RM, approval, policy, is_approved=True)
    assert approved == AutoApprove(is_sandboxed=not is_free)


def test_a_retry_is_offered_unless_the_model_or_nobody_asks() -> None:
    offered = {approval for approval in AskForApproval if should_offer_retry(approval)}
    assert offered == {UNTRUSTED, AUTO_EDIT, ON_FAILURE}


def patch(
    approval: AskForApproval, policy: SandboxPolicy, *, is_inside: bool, is_empty: bool = False
) -> SafetyCheck:
    return assess_patch(is_inside=is_inside, is_empty=is_empty, approval=approval, policy=policy)


@pytest.mark.parametrize(
    ("approval", "inside", "outside"),
    [
        (UNTRUSTED, AskUser(None, is_sandboxed=True), AskUser),
        (AUTO_EDIT, AutoApprove(is_sandboxed=True), AskUser),
        (ON_FAILURE, AutoApprove(is_sandboxed=True), AskUser),
        (ON_REQUEST, AutoApprove(is_sandboxed=True), AskUser),
        (NEVER, AutoApprove(is_sandboxed=True), Reject),
    ],
)
def test_patches_obey_the_writable_folders(
    approval: AskForApproval, inside: SafetyCheck, outside: type
) -> None:
    assert patch(approval, WORKSPACE_WRITE, is_inside=True) == inside
    check = patch(approval, WORKSPACE_WRITE, is_inside=False)
    assert isinstance(check, outside)


def test_an_outside_patch_says_why_and_how_to_allow_it() -> None:
    for approval in (UNTRUSTED, ON_FAILURE):
        asked = patch(approval, READ_ONLY, is_inside=False)
        assert asked == AskUser("it writes outside the writable folders", is_sandboxed=False)
    rejected = patch(NEVER, READ_ONLY, is_inside=False)
    assert isinstance(rejected, Reject)
    assert "'-s workspace-write'" in rejected.reason


@pytest.mark.parametrize("is_inside", [False, True])
def test_where_everything_is_writable_nothing_is_outside(is_inside: bool) -> None:
    for approval in (AUTO_EDIT, ON_FAILURE, ON_REQUEST, NEVER):
        check = patch(approval, DANGER_FULL_ACCESS, is_inside=is_inside)
        assert check == AutoApprove(is_sandboxed=False)
    assert isinstance(patch(UNTRUSTED, DANGER_FULL_ACCESS, is_inside=is_inside), AskUser)


def test_an_empty_patch_is_rejected_everywhere() -> None:
    for approval, policy in itertools.product(AskForApproval, (READ_ONLY, DANGER_FULL_ACCESS)):
        check = patch(approval, policy, is_inside=True, is_empty=True)
        assert check == Reject("it changes no file")
