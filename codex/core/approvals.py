"""Approval requests that wait for the user's answer.

A request is registered before it is shown, under an id of its own, so no answer can be lost, come
too early, or reach another request. It accepts one answer, of the Op type that belongs to it. The
task thread waits; the session thread delivers the answer.
"""

from __future__ import annotations

import threading
from queue import SimpleQueue
from typing import TYPE_CHECKING

import msgspec

from codex.base.errors import Interrupted
from codex.protocol.policy import ReviewDecision

if TYPE_CHECKING:
    from codex.base.cancel import Cancel


class Answer(msgspec.Struct, frozen=True):
    """The user's decision on an approval request, with optional feedback for the model."""

    decision: ReviewDecision
    feedback: str | None = None

    @property
    def is_approved(self) -> bool:
        """Whether the user approved, this time only or for longer."""
        return self.decision not in (ReviewDecision.DENIED, ReviewDecision.ABORT)

    @property
    def is_for_session(self) -> bool:
        """Whether the user approved for longer than this time."""
        return self.is_approved and self.decision is not ReviewDecision.APPROVED

    @property
    def rejection(self) -> str:
        """Text for the model if the user did not approve."""
        return "rejected by the user" + (f": {self.feedback}" if self.feedback else "")

    @property
    def remark(self) -> str:
        """Text to add to the output if the user approved: the user's feedback, or nothing."""
        return f"\nThe user says: {self.feedback}" if self.feedback else ""


class OpenQuestion:
    """One registered approval request; `wait` ends its registration."""

    def __init__(self, approvals: Approvals, key: tuple[type, str]) -> None:
        self._approvals = approvals
        self._key = key
        self.request_id = key[1]
        """Id that the answer must name."""
        self.answers: SimpleQueue[Answer | None] = SimpleQueue()
        """Queue for the one answer; None when the task is stopped first."""

    def wait(self, cancel: Cancel) -> Answer:
        """Wait for the user's answer, without a time limit, and return it.

        Raises: Interrupted, when `cancel` is set first or the answer is "abort".
        """
        forget = cancel.on_set(lambda: self.answers.put(None))
        try:
            answer = self.answers.get()
        finally:
            forget()
            self._approvals.close(self._key)
        if answer is None or answer.decision is ReviewDecision.ABORT:
            raise Interrupted
        return answer


class Approvals:
    """The open approval requests of a session, by type of the answering Op and by id."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: dict[tuple[type, str], OpenQuestion] = {}
        self._task_ids: dict[tuple[type, str], str] = {}
        self._used: set[tuple[type, str]] = set()

    def open(self, kind: type, call_id: str, task_id: str) -> OpenQuestion:
        """Register an approval request. Show it only afterwards, under its `request_id`.

        Args: kind: the Op type that answers the request. task_id: id of its events, which an answer
            may name, too.
        """
        with self._lock:
            key = self._unused((kind, call_id))
            question = OpenQuestion(self, key)
            self._used.add(key)
            self._open[key] = question
            self._task_ids[key] = task_id
        return question

    def _unused(self, key: tuple[type, str]) -> tuple[type, str]:
        """Return the key itself, or a new one if it has been used before.

        A call may lead to a second request (to run it without the sandbox), and a model may use a
        call id again. Neither may receive the answer that was meant for the first request.
        """
        kind, call_id = key
        number = 2
        while key in self._used:
            key = (kind, f"{call_id}#{number}")
            number += 1
        return key

    def close(self, key: tuple[type, str]) -> None:
        """Remove a request, so that a later answer finds no request."""
        with self._lock:
            self._open.pop(key, None)
            self._task_ids.pop(key, None)

    def answer(self, kind: type, request_id: str, answer: Answer) -> bool:
        """Deliver the user's answer to the request that waits for it.

        Args: kind: the type of the Op that answers. request_id: the request's `request_id`, or the
            id of its event, as front ends of May 2025 send it; that is enough, because a task has
            one open request at a time.
        Returns: whether a request was waiting for the answer.
        """
        with self._lock:
            question = self._open.pop((kind, request_id), None)
            if question is None:
                by_task = (key for key, task in self._task_ids.items() if task == request_id)
                key = next((key for key in by_task if key[0] is kind), None)
                question = self._open.pop(key, None) if key is not None else None
        if question is None:
            return False
        question.answers.put(answer)
        return True
