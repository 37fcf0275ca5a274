"""The answer "no" to whatever an engine asks, for front ends that have nobody to ask. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codex.protocol.events import (
    ApplyPatchApprovalRequest,
    ElicitationRequest,
    ExecApprovalRequest,
    McpApprovalRequest,
)
from codex.protocol.ops import ElicitationAnswer, ExecApproval, McpApproval, PatchApproval
from codex.protocol.policy import ReviewDecision

if TYPE_CHECKING:
    from codex.protocol.events import EventMsg

Refusal = ExecApproval | PatchApproval | McpApproval | ElicitationAnswer


def refusal_of(msg: EventMsg) -> Refusal | None:
    """What refuses a question; None for an event that is none."""
    match msg:
        case ExecApprovalRequest(call_id=call_id):
            return ExecApproval(call_id, ReviewDecision.DENIED)
        case ApplyPatchApprovalRequest(call_id=call_id):
            return PatchApproval(call_id, ReviewDecision.DENIED)
        case McpApprovalRequest(call_id=call_id):
            return McpApproval(call_id, ReviewDecision.DENIED)
        case ElicitationRequest(id=question_id):
            return ElicitationAnswer(question_id, "decline")
        case _:
            return None
