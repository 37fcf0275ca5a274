"""Questions: the events that wait for the user's answer, and the Op that answers each.

A new kind of question needs its event in a union of events.py, its answer in a union of ops.py, and
a case here. mypy then names the other code that must handle it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

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

if TYPE_CHECKING:
    from codex.protocol.items import Json

Question = ApprovalRequest | ElicitationRequest


def answer_to(
    question: Question,
    decision: ReviewDecision = ReviewDecision.DENIED,
    feedback: str | None = None,
    *,
    action: str = "decline",
    content: dict[str, Json] | None = None,
) -> QuestionAnswer:
    """Return the Op that answers a question; by default, it declines.

    Args: decision, feedback: the answer, if the question is an approval request; otherwise ignored.
        action, content: the answer to an elicitation, as in `ElicitationAnswer`; otherwise ignored.
    """
    match question:
        case ExecApprovalRequest(call_id=call_id):
            return ExecApproval(call_id, decision, feedback)
        case ApplyPatchApprovalRequest(call_id=call_id):
            return PatchApproval(call_id, decision, feedback)
        case McpApprovalRequest(call_id=call_id):
            return McpApproval(call_id, decision, feedback)
        case ElicitationRequest(id=question_id):
            return ElicitationAnswer(question_id, action, content)
        case _:
            assert_never(question)
