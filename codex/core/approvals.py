"""Questions to the user that wait for an answer.

A question is registered before it is shown, under an id of its own, so no answer can get lost, come
too early, or reach another question. It is answered once, by an answer of its own kind. The task
thread waits; the session thread answers.
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
    """The user's decision, with words for the model."""

    decision: ReviewDecision
    feedback: str | None = None

    @property
    def is_approved(self) -> bool:
        """Whether the answer is yes, once or for longer."""
        return self.decision not in (ReviewDecision.DENIED, ReviewDecision.ABORT)

    @property
    def is_for_session(self) -> bool:
        """Whether the answer is a yes that counts for more than this time."""
        return self.is_approved and self.decision is not ReviewDecision.APPROVED

    @property
    def rejection(self) -> str:
        """Text for the model when the user said no."""
        return "rejected by the user" + (f": {self.feedback}" if self.feedback else "")

    @property
    def remark(self) -> str:
        """Text for the model after the output when the user said yes: the user's words."""
        return f"\nThe user says: {self.feedback}" if self.feedback else ""


class OpenQuestion:
    """One registered question, which `wait` takes back."""

    def __init__(self, approvals: Approvals, key: tuple[type, str]) -> None:
        self._approvals = approvals
        self._key = key
        self.request_id = key[1]
        """Id that an answer must name."""
        self.answers: SimpleQueue[Answer | None] = SimpleQueue()

    def wait(self, cancel: Cancel) -> Answer:
        """Wait for the answer, however long it takes.

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
    """The open questions of a session, by kind of request and call id."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: dict[tuple[type, str], OpenQuestion] = {}
        self._task_ids: dict[tuple[type, str], str] = {}
        self._used: set[tuple[type, str]] = set()

    def open(self, kind: type, call_id: str, task_id: str) -> OpenQuestion:
        """Register a question; only then show it, under its `request_id`.

        Args: kind: the Op type that answers it.
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

        A call may lead to a second question (to run it without the sandbox), and a model may use a
        call id again. Neither may get the answer that was meant for the first question.
        """
        kind, call_id = key
        number = 2
        while key in self._used:
            key = (kind, f"{call_id}#{number}")
            number += 1
        return key

    def close(self, key: tuple[type, str]) -> None:
        """Take a question back, so that a later answer finds no question."""
        with self._lock:
            self._open.pop(key, None)
            self._task_ids.pop(key, None)

    def answer(self, kind: type, request_id: str, answer: Answer) -> bool:
        """Deliver an answer.

        Args: request_id: the request's call id, or the id of its event, as front ends of May 2025
            send it; that is enough, because a task asks one question at a time.
        Returns: whether a question was waiting for it.
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
