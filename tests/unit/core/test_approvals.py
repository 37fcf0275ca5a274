"""Questions and answers: none lost, none crossed."""

from __future__ import annotations

import pytest

from codex.base.cancel import Cancel
from codex.base.errors import Interrupted
from codex.core.approvals import Answer, Approvals
from codex.protocol.ops import ExecApproval, PatchApproval
from codex.protocol.policy import ReviewDecision

YES = Answer(ReviewDecision.APPROVED)
NO = Answer(ReviewDecision.DENIED, "use make instead")


def test_an_answer_that_comes_before_the_wait_is_not_lost() -> None:
    approvals = Approvals()
    question = approvals.open(ExecApproval, "call", "task")
    assert approvals.answer(ExecApproval, "call", NO)
    assert question.wait(Cancel()) == NO


def test_the_id_of_the_task_answers_its_one_question() -> None:
    approvals = Approvals()
    question = approvals.open(PatchApproval, "call", "task")
    assert approvals.answer(PatchApproval, "task", YES)
    assert question.wait(Cancel()).is_approved


def test_an_answer_of_the_other_kind_finds_nothing() -> None:
    approvals = Approvals()
    approvals.open(PatchApproval, "call", "task")
    assert not approvals.answer(ExecApproval, "call", YES)
    assert not approvals.answer(ExecApproval, "task", YES)


def test_a_second_answer_finds_nothing() -> None:
    approvals = Approvals()
    question = approvals.open(ExecApproval, "call", "task")
    assert approvals.answer(ExecApproval, "call", YES)
    assert not approvals.answer(ExecApproval, "call", NO)
    assert question.wait(Cancel()) == YES


def test_a_late_answer_does_not_answer_the_next_question() -> None:
    approvals = Approvals()
    cancel = Cancel()
    first = approvals.open(ExecApproval, "first", "task")
    cancel.set()
    with pytest.raises(Interrupted):
        first.wait(cancel)
    approvals.open(ExecApproval, "second", "task")
    assert not approvals.answer(ExecApproval, "first", YES)
    assert approvals.answer(ExecApproval, "second", NO)


def test_cancelling_ends_the_wait() -> None:
    approvals = Approvals()
    cancel = Cancel()
    question = approvals.open(ExecApproval, "call", "task")
    cancel.set()
    with pytest.raises(Interrupted):
        question.wait(cancel)
    assert not approvals.answer(ExecApproval, "call", YES)


def test_the_answer_abort_interrupts() -> None:
    approvals = Approvals()
    question = approvals.open(ExecApproval, "call", "task")
    approvals.answer(ExecApproval, "call", Answer(ReviewDecision.ABORT))
    with pytest.raises(Interrupted):
        question.wait(Cancel())
