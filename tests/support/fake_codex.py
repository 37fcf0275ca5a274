"""A stand-in for the engine (Codex) that answers Ops with scripted events."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from codex.base.signals import StopSignal
from codex.protocol.events import Event, EventMsg, SessionConfigured, ShutdownComplete
from codex.protocol.ops import Op, Submission

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Script = Mapping[type[Op], "Iterable[EventMsg | Event | StopSignal]"]

CONFIGURED = SessionConfigured(
    session_id="01234567-0000-7000-8000-000000000000",
    model="m",
    cwd="/repo",
    provider="Local",
    approval_policy="never",
    sandbox="read-only",
)


class FakeCodex:
    """Answers each Op with the events scripted for its type, under the Op's id.

    Args: script: events by Op type; a second Op of the same type gets none. An Event, which
    has an id of its own, and a StopSignal are passed on unchanged.
    first: sent in place of `session_configured`.
    """

    def __init__(
        self,
        put: Callable[[Any], None],
        script: Script,
        *,
        first: EventMsg = CONFIGURED,
    ) -> None:
        self._put = put
        self._script = dict(script)
        self.submissions: list[Submission] = []
        self.is_closed = False
        put(Event("0", first))

    @property
    def ops(self) -> list[Op]:
        """Return the submitted Ops, without their ids."""
        return [submission.op for submission in self.submissions]

    def submit(self, op: Op) -> str:
        submission = Submission(str(len(self.submissions) + 1), op)
        self.submit_with_id(submission)
        return submission.id

    def submit_with_id(self, submission: Submission) -> None:
        self.submissions.append(submission)
        for item in self._script.pop(type(submission.op), ()):
            if isinstance(item, Event | StopSignal):
                self._put(item)
            else:
                self._put(Event(submission.id, item))

    def close(self) -> None:
        self.is_closed = True
        self._put(Event("", ShutdownComplete()))
