"""Questions and answers in any order: each answer reaches only the question that it names."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from codex.base.cancel import Cancel
from codex.core.approvals import Answer, Approvals, OpenQuestion
from codex.protocol.ops import ExecApproval, PatchApproval
from codex.protocol.policy import ReviewDecision

KINDS = st.sampled_from([ExecApproval, PatchApproval])
CALLS = st.sampled_from(["c1", "c1#2", "c2"])
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("open"), KINDS, CALLS),
        st.tuples(st.just("answer"), KINDS, st.integers(0, 12)),
        st.tuples(st.just("wait"), KINDS, st.integers(0, 12)),
    ),
    max_size=40,
)


@given(STEPS)
def test_an_answer_reaches_the_question_that_it_names_or_none(
    steps: list[tuple[str, type, str | int]],
) -> None:
    approvals = Approvals()
    questions: list[tuple[type, OpenQuestion]] = []
    given_answers: dict[tuple[type, str], Answer] = {}
    for number, (step, kind, which) in enumerate(steps):
        if step == "open":
            assert isinstance(which, str)
            question = approvals.open(kind, which, "task")
            assert (kind, question.request_id) not in {
                (other, known.request_id) for other, known in questions
            }
            questions.append((kind, question))
        elif questions and isinstance(which, int):
            asked, question = questions[which % len(questions)]
            key = (asked, question.request_id)
            if step == "answer":
                answer = Answer(ReviewDecision.APPROVED, str(number))
                # Only the first answer of the question's own kind is accepted.
                is_taken = approvals.answer(kind, question.request_id, answer)
                is_own = (kind, question.request_id) == key
                if is_own:
                    assert is_taken == (key not in given_answers)
                    given_answers.setdefault(key, answer)
                elif is_taken:
                    given_answers[kind, question.request_id] = answer
            elif key in given_answers and not question.answers.empty():
                assert question.wait(Cancel()) == given_answers[key]
    for asked, question in questions:
        key = (asked, question.request_id)
        if not question.answers.empty():
            assert question.wait(Cancel()) == given_answers[key]
