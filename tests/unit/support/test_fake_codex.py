"""The fake engine behaves as its documentation says."""

from __future__ import annotations

from queue import SimpleQueue
from typing import Any

from codex.base.signals import StopSignal
from codex.protocol.events import Event, ShutdownComplete, TaskStarted, TurnAborted
from codex.protocol.ops import Interrupt, Submission, UserInput, UserText
from tests.support.fake_codex import CONFIGURED, FakeCodex, Script


def test_the_fake_engine_plays_its_script_under_the_right_ids() -> None:
    events: SimpleQueue[Any] = SimpleQueue()
    script: Script = {
        UserInput: [TaskStarted(), StopSignal(2)],
        Interrupt: [Event("1", TurnAborted())],
    }
    codex = FakeCodex(events.put, script)
    assert codex.submit(UserInput((UserText("a"),))) == "1"
    codex.submit_with_id(Submission("mine", Interrupt()))
    assert codex.submit(UserInput((UserText("b"),))) == "3"
    codex.close()
    assert codex.is_closed
    assert [type(op) for op in codex.ops] == [UserInput, Interrupt, UserInput]
    assert [events.get() for _ in range(events.qsize())] == [
        Event("0", CONFIGURED),
        Event("1", TaskStarted()),
        StopSignal(2),
        Event("1", TurnAborted()),
        Event("", ShutdownComplete()),
    ]
