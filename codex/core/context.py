"""TaskContext: what a task or a user command gives its turns and tools to work with."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from codex.protocol.events import BackgroundEvent, Warning
from codex.protocol.policy import ReviewDecision
from codex.protocol.questions import answer_to

if TYPE_CHECKING:
    from codex.base.cancel import Cancel
    from codex.core.approvals import Answer
    from codex.core.session import Session
    from codex.core.setup import Setup
    from codex.protocol.events import ApprovalRequest, EventMsg


class TaskContext(NamedTuple):
    """Access of one task, or of one user command beside it, to its session and to the user."""

    session: Session
    setup: Setup
    """Setup that was in force when the task began; later ones do not apply to it."""
    task_id: str
    """Id of the submission that the task began with, which its events carry."""
    cancel: Cancel

    def emit(self, msg: EventMsg) -> None:
        """Send an event to the front end, under the task's id; record a RecordedEvent."""
        self.session.rollout.event(msg, self.task_id)
        self.session.emit(self.task_id, msg)

    def warn_once(self, message: str) -> None:
        """Warn the user, unless the session has shown this warning before."""
        if message not in self.session.warnings_shown:
            self.session.warnings_shown.add(message)
            self.emit(Warning(message))

    def ask(self, request: ApprovalRequest) -> Answer:
        """Show an approval request to the user, wait for the answer, record both and return it.

        Raises: Interrupted, when the task is stopped or the user answers "abort".
        """
        kind = type(answer_to(request))
        question = self.session.approvals.open(kind, request.call_id, self.task_id)
        request = msgspec.structs.replace(request, call_id=question.request_id)
        self.emit(request)
        decision, feedback = ReviewDecision.ABORT, None
        try:
            answer = question.wait(self.cancel)
            decision, feedback = answer.decision, answer.feedback
        finally:
            self.session.rollout.answer(answer_to(request, decision, feedback))
        return answer

    def refuse(self, text: str, *, subject: str = "") -> ToolOutput:
        """Return `text` as the output of a call that did not run, and show it to the user.

        Such a call has no begin or end event: a model that fails this way again and again would
        seem to do nothing.

        Args: subject: what the call is about, put before the text for the user, not for the model.
        """
        self.emit(BackgroundEvent(f"{subject}: {text}" if subject else text))
        return ToolOutput(text)


class ToolOutput(NamedTuple):
    """Output of a tool: text that answers the call, and images that follow in a user message."""

    text: str
    image_urls: tuple[str, ...] = ()
