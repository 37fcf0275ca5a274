"""Each question has one kind of answer, and the answer is "no" unless the user says otherwise."""

from __future__ import annotations

import pytest

from codex.protocol.events import (
    ApplyPatchApprovalRequest,
    ApprovalRequest,
    ElicitationRequest,
    ExecApprovalRequest,
    McpApprovalRequest,
)
from codex.protocol.ops import (
    ElicitationAnswer,
    ExecApproval,
    McpApproval,
    PatchApproval,
    QuestionAnswer,
)
from codex.protocol.policy import ReviewDecision
from codex.protocol.questions import Question, answer_to

RUN = ExecApprovalRequest(call_id="c#2", command=("ls",), cwd="/")
PATCH = ApplyPatchApprovalRequest(call_id="c", changes={})
CALL = McpApprovalRequest(call_id="c", server="s", tool="t", arguments=None)
FORM = ElicitationRequest(id="e", server="s", message="Who?", schema=None)


@pytest.mark.parametrize(
    ("question", "refusal"),
    [
        (RUN, ExecApproval("c#2", ReviewDecision.DENIED)),
        (PATCH, PatchApproval("c", ReviewDecision.DENIED)),
        (CALL, McpApproval("c", ReviewDecision.DENIED)),
        (FORM, ElicitationAnswer("e", "decline")),
    ],
)
def test_the_answer_is_no_unless_more_is_said(question: Question, refusal: QuestionAnswer) -> None:
    assert answer_to(question) == refusal


@pytest.mark.parametrize("question", [RUN, PATCH, CALL])
def test_an_approval_carries_the_decision_and_the_feedback(question: ApprovalRequest) -> None:
    answer = answer_to(question, ReviewDecision.APPROVED, "be quick", action="accept")
    assert not isinstance(answer, ElicitationAnswer)
    assert (answer.id, answer.decision, answer.feedback) == (
        question.call_id,
        ReviewDecision.APPROVED,
        "be quick",
    )


def test_an_elicitation_carries_the_action_and_the_content() -> None:
    answer = answer_to(FORM, ReviewDecision.APPROVED, "x", action="accept", content={"who": "me"})
    assert answer == ElicitationAnswer("e", "accept", {"who": "me"})
