"""The two ways to end a session."""

from __future__ import annotations

from pathlib import Path

from codex.protocol.events import (
    Event,
    ShutdownComplete,
    TaskComplete,
    TaskStarted,
    TurnAborted,
    UserMessage,
)
from codex.protocol.ops import Shutdown, Submission
from tests.support.engine import Engine
from tests.support.model.fake_model import FakeModel, Reply, Stall


def test_a_patient_shutdown_lets_the_task_and_its_queue_finish(tmp_path: Path) -> None:
    stall = Stall()
    script = [Reply.text("one", before_head=stall), Reply.text("two")]
    with FakeModel(script) as model, Engine(model, cwd=str(tmp_path)) as engine:
        engine.say("go")
        engine.say("and then")
        engine.codex.submit_with_id(Submission("end", Shutdown(after_task=True)))
        assert stall.reached.wait(30)
        stall.release.set()
        engine.wait_for(ShutdownComplete)
    ends = [event.msg for event in engine.seen if isinstance(event.msg, TaskComplete)]
    assert ends[-1] == TaskComplete("two")
    assert engine.seen[-1] == Event("end", ShutdownComplete())


def test_a_shutdown_aborts_the_task_even_after_a_patient_one(tmp_path: Path) -> None:
    stall = Stall()
    with (
        FakeModel([Reply.text("one", before_head=stall)]) as model,
        Engine(model, cwd=str(tmp_path)) as engine,
    ):
        engine.say("go")
        assert stall.reached.wait(30)
        engine.codex.submit(Shutdown(after_task=True))
        engine.codex.submit_with_id(Submission("end", Shutdown()))
        engine.wait_for(ShutdownComplete)
    kinds = [type(event.msg) for event in engine.seen[1:]]
    assert kinds == [TaskStarted, UserMessage, TurnAborted, ShutdownComplete]


def test_a_patient_shutdown_of_an_idle_session_ends_it(tmp_path: Path) -> None:
    with FakeModel() as model, Engine(model, cwd=str(tmp_path)) as engine:
        engine.codex.submit_with_id(Submission("end", Shutdown(after_task=True)))
        engine.wait_for(ShutdownComplete)
    assert engine.seen[-1] == Event("end", ShutdownComplete())
