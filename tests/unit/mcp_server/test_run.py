"""Which decision the client's answer to an approval request becomes."""

from __future__ import annotations

from typing import Any

import pytest

from codex.mcp_server.run import _question_text, read_decision
from codex.protocol.events import ApplyPatchApprovalRequest, FileChange, Update
from codex.protocol.policy import ReviewDecision

YES, SESSION = ReviewDecision.APPROVED, ReviewDecision.APPROVED_FOR_SESSION
NO, STOP = ReviewDecision.DENIED, ReviewDecision.ABORT


@pytest.mark.parametrize(
    ("answer", "decision", "feedback"),
    [
        ({"action": "accept", "content": {"decision": "approved"}}, YES, None),
        ({"action": "accept", "content": {"decision": "approved_for_session"}}, SESSION, None),
        ({"action": "accept", "content": {"decision": "denied", "feedback": "why"}}, NO, "why"),
        ({"action": "accept", "content": {"decision": "abort"}}, STOP, None),
        ({"action": "decline"}, NO, None),
        ({"action": "cancel"}, STOP, None),
        # What clients of Codex send that read no form.
        ({"decision": "approved"}, YES, None),
        ({"action": "accept", "decision": "approved"}, YES, None),
        # Not clearly a yes.
        ({"action": "accept"}, NO, None),
        ({"action": "accept", "content": {"decision": True}}, NO, None),
        ({"action": "accept", "content": {"decision": ["approved"]}}, NO, None),
        ({"action": "decline", "content": {"decision": "approved"}}, NO, None),
        ({"action": "other", "decision": "approved"}, NO, None),
        ({"action": "accept", "content": {"decision": "denied", "feedback": 1}}, NO, None),
        (None, NO, None),
        ([], NO, None),
        ("approved", NO, None),
    ],
)
def test_whatever_is_not_clearly_a_yes_is_a_no(
    answer: Any, decision: ReviewDecision, feedback: str | None
) -> None:
    assert read_decision(answer) == (decision, feedback)


def test_the_question_about_a_patch_shows_where_a_file_moves() -> None:
    changes: dict[str, FileChange] = {
        "/repo/a": Update("-x\n+y\n", "/repo/b"),
        "/repo/c": Update("-x\n+y\n", None),
    }
    text = _question_text(ApplyPatchApprovalRequest(call_id="c", changes=changes))
    assert text.splitlines()[1:] == [
        "update /repo/a -> /repo/b", "-x", "+y", "update /repo/c", "-x", "+y",
    ]  # fmt: skip
