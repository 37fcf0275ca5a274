"""Every cell of the approval tables, on the engine: who is asked, what runs, what it can touch."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import pytest

from codex.protocol.events import ExecApprovalRequest, PatchApplyEnd
from codex.protocol.policy import (
    DANGER_FULL_ACCESS,
    READ_ONLY,
    AskForApproval,
    ReviewDecision,
    SandboxPolicy,
)
from tests.support.conversation import NO, YES, Outcome, converse, shell

UNTRUSTED = AskForApproval.UNTRUSTED
AUTO_EDIT = AskForApproval.AUTO_EDIT
ON_FAILURE = AskForApproval.ON_FAILURE
ON_REQUEST = AskForApproval.ON_REQUEST
NEVER = AskForApproval.NEVER
ASKING = (UNTRUSTED, AUTO_EDIT)
OFFERING = (UNTRUSTED, AUTO_EDIT, ON_FAILURE)

WORKSPACE = SandboxPolicy(can_write_cwd=True)
POLICIES = (READ_ONLY, WORKSPACE, DANGER_FULL_ACCESS)
every_approval = pytest.mark.parametrize("approval", AskForApproval)
every_policy = pytest.mark.parametrize("policy", POLICIES, ids=["read-only", "workspace", "full"])


class Place(NamedTuple):
    """A workspace, and a folder beside it."""

    inside: Path
    outside: Path

    def writing(self, **more: Any) -> dict[str, Any]:
        """Return a command that tries to write to both, reports the results, and does not fail."""
        script = "for d in . ../outside; do echo x 2>/dev/null > $d/made; done; echo ran"
        return shell("sh", "-c", script, **more)

    @property
    def written(self) -> tuple[bool, bool]:
        return (self.inside / "made").exists(), (self.outside / "made").exists()


@pytest.fixture
def place(tmp_path: Path) -> Place:
    place = Place(tmp_path / "inside", tmp_path / "outside")
    place.inside.mkdir()
    place.outside.mkdir()
    return place


def what_is_written(policy: SandboxPolicy, *, is_sandboxed: bool = True) -> tuple[bool, bool]:
    free = policy is DANGER_FULL_ACCESS or not is_sandboxed
    return policy is WORKSPACE or free, free


def run(
    place: Place,
    call: dict[str, Any],
    approval: AskForApproval,
    policy: SandboxPolicy,
    *answers: ReviewDecision,
) -> Outcome:
    return converse(
        place.inside, call, answers=answers, approval_policy=approval, sandbox_policy=policy
    )


@every_approval
@every_policy
def test_an_untrusted_command(
    place: Place, approval: AskForApproval, policy: SandboxPolicy
) -> None:
    answers = (YES,) if approval in ASKING else ()
    outcome = run(place, place.writing(), approval, policy, *answers)
    assert len(outcome.questions) == len(answers)
    assert outcome.statuses == [0]
    assert place.written == what_is_written(policy)


@pytest.mark.parametrize("approval", ASKING)
@every_policy
def test_an_untrusted_command_that_is_denied_does_not_start(
    place: Place, approval: AskForApproval, policy: SandboxPolicy
) -> None:
    outcome = run(place, place.writing(), approval, policy, NO)
    assert outcome.began == []
    assert outcome.outputs == ["rejected by the user"]
    assert place.written == (False, False)


@every_approval
@every_policy
def test_a_trusted_command(place: Place, approval: AskForApproval, policy: SandboxPolicy) -> None:
    # Trusted by its name; here it is a program that writes wherever it can.
    program = place.inside / "ls"
    program.write_text("#!/bin/sh\nfor d in . ../outside; do echo x > $d/made; done\nexit 0\n")
    program.chmod(0o755)
    outcome = converse(
        place.inside,
        shell("bash", "-lc", "ls | wc -l"),
        approval_policy=approval,
        sandbox_policy=policy,
        environ={"PATH": f"{place.inside}:/usr/bin:/bin"},
    )
    assert outcome.questions == []
    assert len(outcome.began) == 1
    # Without questions and without a sandbox, trust makes no difference.
    is_free = policy is DANGER_FULL_ACCESS and approval not in ASKING
    assert place.written == (is_free, is_free)


@every_approval
@every_policy
@pytest.mark.parametrize("answer", [YES, NO])
def test_a_command_that_is_to_leave_the_sandbox(
    place: Place, approval: AskForApproval, policy: SandboxPolicy, answer: ReviewDecision
) -> None:
    call = place.writing(with_escalated_permissions=True, justification="to write beside it")
    is_restricted = policy is not DANGER_FULL_ACCESS
    asks = approval in ASKING or (is_restricted and approval is not NEVER)
    outcome = run(place, call, approval, policy, *((answer,) if asks else ()))
    assert len(outcome.questions) == asks
    if asks and is_restricted:
        assert outcome.questions[0].reason == "to write beside it"
    if approval is NEVER and is_restricted:
        assert outcome.outputs[0].startswith("rejected: with_escalated_permissions needs")
    runs = (answer is YES) if asks else approval is not NEVER or not is_restricted
    assert len(outcome.began) == runs
    assert place.written == (runs, runs)


@every_approval
@every_policy
def test_what_deletes_by_force(
    place: Place, approval: AskForApproval, policy: SandboxPolicy
) -> None:
    victim = place.inside / "victim"
    victim.write_text("x")
    asks = approval is not NEVER
    outcome = run(place, shell("rm", "-f", "victim"), approval, policy, *((NO,) if asks else ()))
    assert len(outcome.questions) == asks
    if asks:
        assert outcome.questions[0].reason == "it deletes files by force"
    # Without questions and without a sandbox, the user has allowed it.
    assert victim.exists() is not (policy is DANGER_FULL_ACCESS and not asks)
    if not asks and policy is not DANGER_FULL_ACCESS:
        assert outcome.outputs[0].startswith("rejected: it deletes files by force")


def failing(place: Place) -> dict[str, Any]:
    """Return a command that the sandbox stops."""
    return shell("sh", "-c", f"echo x > {place.outside}/made")


@every_approval
@pytest.mark.parametrize("answer", [YES, NO])
def test_after_a_denial(place: Place, approval: AskForApproval, answer: ReviewDecision) -> None:
    before = (YES,) if approval in ASKING else ()
    retry = (answer,) if approval in OFFERING else ()
    outcome = run(place, failing(place), approval, WORKSPACE, *before, *retry)
    assert len(outcome.questions) == len(before) + len(retry)
    assert place.written == (False, approval in OFFERING and answer is YES)
    if approval in OFFERING:
        question = outcome.questions[-1]
        assert isinstance(question, ExecApprovalRequest)
        assert str(place.outside / "made") in f"{question.reason}{question.denial}"
        assert question.proposed_prefix is None
    if not (retry and answer is YES):
        # The model reads what really happened, whether the user or the sandbox refused.
        assert "Exit code: 2" in outcome.outputs[0]
        assert "probably blocked: write" in outcome.outputs[0]
    else:
        assert "Exit code: 0" in outcome.outputs[0]
        assert len(outcome.began) == 2


@every_approval
@pytest.mark.parametrize(
    ("script", "timeout_ms", "words"),
    [
        ("exit 3", 9000, "Exit code: 3"),
        ("kill -KILL $$", 9000, "ended by signal 9"),
        ("sleep 60", 100, "past its time-out"),
        ("echo 'Permission denied: /usr/share/x' >&2; exit 0", 9000, "Exit code: 0"),
    ],
    ids=["status", "signal", "time-out", "words"],
)
def test_what_the_sandbox_did_not_stop_is_no_question(
    place: Place, approval: AskForApproval, script: str, timeout_ms: int, words: str
) -> None:
    answers = (YES,) if approval in ASKING else ()
    call = shell("sh", "-c", script, timeout_ms=timeout_ms)
    outcome = run(place, call, approval, WORKSPACE, *answers)
    assert len(outcome.questions) == len(answers)
    assert words in outcome.outputs[0]


@every_approval
def test_a_program_that_is_not_there_is_no_question(place: Place, approval: AskForApproval) -> None:
    answers = (YES,) if approval in ASKING else ()
    outcome = run(place, shell("no-such-program"), approval, WORKSPACE, *answers)
    assert len(outcome.questions) == len(answers)
    assert "no such program" in outcome.outputs[0]


@every_approval
@pytest.mark.parametrize("policy", [READ_ONLY, WORKSPACE], ids=["read-only", "workspace"])
def test_the_folder_of_a_call_makes_nothing_writable(
    place: Place, approval: AskForApproval, policy: SandboxPolicy
) -> None:
    answers = (YES,) if approval in ASKING else ()
    call = shell("sh", "-c", "echo x 2>/dev/null > made; exit 0", workdir="../outside")
    run(place, call, approval, policy, *answers)
    assert place.written == (False, False)


def patch_of(path: str) -> dict[str, Any]:
    return {"input": f"*** Begin Patch\n*** Add File: {path}\n+x\n*** End Patch"}


@every_approval
@every_policy
@pytest.mark.parametrize("is_inside", [True, False], ids=["inside", "outside"])
def test_a_patch(
    place: Place, approval: AskForApproval, policy: SandboxPolicy, is_inside: bool
) -> None:
    path = "made" if is_inside else "../outside/made"
    is_allowed = policy is DANGER_FULL_ACCESS or (policy is WORKSPACE and is_inside)
    asks = approval is UNTRUSTED or (not is_allowed and approval is not NEVER)
    outcome = run(place, patch_of(path), approval, policy, *((YES,) if asks else ()))
    assert len(outcome.questions) == asks
    is_written = is_allowed or asks
    assert place.written == (is_written and is_inside, is_written and not is_inside)
    ends = [msg for msg in outcome.messages if isinstance(msg, PatchApplyEnd)]
    assert [end.success for end in ends] == [True] * is_written
    if not is_written:
        assert outcome.outputs[0].startswith("patch rejected: it writes outside")


@every_approval
def test_a_patch_that_changes_nothing_is_no_question(
    place: Place, approval: AskForApproval
) -> None:
    outcome = run(place, {"input": "*** Begin Patch\n*** End Patch"}, approval, WORKSPACE)
    assert outcome.questions == []
    assert place.written == (False, False)


def test_a_patch_is_remembered_by_its_paths(place: Place) -> None:
    update = {"input": "*** Begin Patch\n*** Update File: made\n@@\n-x\n+y\n*** End Patch"}
    other = patch_of("other")
    outcome = converse(
        place.inside,
        patch_of("made"),
        update,
        other,
        answers=(ReviewDecision.APPROVED_FOR_SESSION, NO),
        approval_policy=UNTRUSTED,
        sandbox_policy=WORKSPACE,
    )
    assert (place.inside / "made").read_text() == "y\n"
    assert not (place.inside / "other").exists()
    assert outcome.outputs[2] == "patch rejected by the user"
