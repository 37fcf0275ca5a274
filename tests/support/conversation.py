"""Run one task on a real engine, with every question answered from a list."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from codex.protocol.events import (
    ApplyPatchApprovalRequest,
    Error,
    Event,
    EventMsg,
    ExecApprovalRequest,
    ExecCommandBegin,
    ExecCommandEnd,
    TaskComplete,
    TurnAborted,
    Warning,
)
from codex.protocol.ops import ExecApproval, PatchApproval
from codex.protocol.policy import ReviewDecision
from tests.support.engine import Engine, outputs
from tests.support.model.fake_model import FakeModel, Reply

Question = ExecApprovalRequest | ApplyPatchApprovalRequest
YES = ReviewDecision.APPROVED
NO = ReviewDecision.DENIED


class Outcome(NamedTuple):
    """What the engine asked and reported in one task."""

    questions: list[Question]
    outputs: list[str]
    """Outputs that the model read, one text per call."""
    events: list[Event]

    @property
    def messages(self) -> list[EventMsg]:
        return [event.msg for event in self.events]

    @property
    def began(self) -> list[tuple[str, ...]]:
        """Commands that were started."""
        return [msg.command for msg in self.messages if isinstance(msg, ExecCommandBegin)]

    @property
    def statuses(self) -> list[int]:
        """Exit codes of the commands that ended."""
        return [msg.exit_code for msg in self.messages if isinstance(msg, ExecCommandEnd)]

    @property
    def warnings(self) -> list[str]:
        return [msg.message for msg in self.messages if isinstance(msg, Warning)]


def shell(*command: str, **more: Any) -> dict[str, Any]:
    """Return the arguments of a `shell` call."""
    return {"command": list(command), **more}


def converse(
    cwd: Path,
    *calls: dict[str, Any],
    answers: tuple[ReviewDecision, ...] = (),
    feedback: str | None = None,
    **settings: Any,
) -> Outcome:
    """Run a task in which the model makes `calls`, one per turn; deny questions beyond `answers`.

    Args:
        calls: arguments of `shell`, or of `apply_patch`, which has `input`.
        settings: keyword arguments of Engine.
    """
    script = [
        Reply.call("apply_patch" if "input" in call else "shell", call, f"c{index}")
        for index, call in enumerate(calls, start=1)
    ]
    waiting = list(answers)
    questions: list[Question] = []
    with (
        FakeModel([*script, Reply.text("done")]) as model,
        Engine(model, cwd=str(cwd), **settings) as engine,
    ):
        engine.say("go")
        while not isinstance(msg := engine.next().msg, TaskComplete | TurnAborted | Error):
            if isinstance(msg, ExecApprovalRequest | ApplyPatchApprovalRequest):
                questions.append(msg)
                kind = ExecApproval if isinstance(msg, ExecApprovalRequest) else PatchApproval
                decision = waiting.pop(0) if waiting else NO
                engine.codex.submit(kind(msg.call_id, decision, feedback))
        assert msg == TaskComplete("done")
        assert not waiting, "there were fewer questions than answers"
    return Outcome(questions, outputs(model.requests[-1].body), engine.seen)
