"""Interrupts at every moment: the task ends, leaves nothing behind, and the next input works."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from codex.protocol.events import (
    ExecApprovalRequest,
    ExecCommandEnd,
    ExecCommandOutputDelta,
    StreamError,
    TaskComplete,
    TurnAborted,
)
from codex.protocol.ops import Interrupt
from codex.protocol.policy import AskForApproval
from codex.protocol.settings import WireApi
from codex.rollout.transcript import ABORTED
from tests.support.engine import Engine, only
from tests.support.model.fake_model import Call, FakeModel, Reply, Stall, Text

SURVIVOR = "sleep 300 & (setsid sleep 300 &) ; echo $$; wait"


def processes_of(marker: str) -> list[int]:
    """Return the processes whose working directory is `marker`."""
    found = []
    for name in os.listdir("/proc"):
        try:
            if name.isdigit() and os.readlink(f"/proc/{name}/cwd") == marker:
                found.append(int(name))
        except OSError:
            continue
    return found


@pytest.mark.parametrize("wire_api", list(WireApi))
def test_while_waiting_for_the_answer(tmp_path: Path, wire_api: WireApi) -> None:
    stall = Stall()
    script = [Reply(output=(Text("never"),), before_head=stall), Reply.text("fine")]
    with FakeModel(script) as model, Engine(model, cwd=str(tmp_path), wire_api=wire_api) as engine:
        task = engine.say("one")
        assert stall.reached.wait(30)
        engine.codex.submit(Interrupt())
        assert engine.until_end(task)[-1] == TurnAborted()
        assert engine.run("two")[-1] == TaskComplete("fine")


@pytest.mark.parametrize("framing", ["chunked", "length", "close"])
@pytest.mark.parametrize("wire_api", list(WireApi))
def test_in_the_middle_of_the_stream(tmp_path: Path, wire_api: WireApi, framing: Any) -> None:
    stall = Stall()
    begun = Reply.text("a long answer", framing=framing)
    script = [begun.stall_at(100, stall), Reply.text("fine")]
    with FakeModel(script) as model, Engine(model, cwd=str(tmp_path), wire_api=wire_api) as engine:
        task = engine.say("one")
        assert stall.reached.wait(30)
        engine.codex.submit(Interrupt())
        messages = engine.until_end(task)
        assert messages[-1] == TurnAborted()
        assert not any(isinstance(msg, StreamError) for msg in messages)
        assert engine.run("two")[-1] == TaskComplete("fine")


def test_between_two_tries(tmp_path: Path) -> None:
    slow = {"headers": {"Retry-After": "30"}}
    script = [Reply.error(429, "busy", **slow), Reply.text("fine")]
    with FakeModel(script) as model, Engine(model, cwd=str(tmp_path)) as engine:
        task = engine.say("one")
        engine.wait_for(StreamError)
        engine.codex.submit(Interrupt())
        assert engine.until_end(task)[-1] == TurnAborted()
        assert engine.run("two")[-1] == TaskComplete("fine")


def test_during_a_command_whose_grandchildren_hold_the_pipes(tmp_path: Path) -> None:
    script = [
        Reply.of(
            Call("shell", {"command": ["sh", "-c", SURVIVOR]}, "c1"),
            Call("shell", {"command": ["touch", "second"]}, "c2"),
        ),
        Reply.text("fine"),
    ]
    with FakeModel(script) as model, Engine(model, cwd=str(tmp_path)) as engine:
        task = engine.say("one")
        engine.wait_for(ExecCommandOutputDelta)
        assert processes_of(str(tmp_path))
        engine.codex.submit(Interrupt())
        messages = engine.until_end(task)
        assert only(messages, ExecCommandEnd).exit_code == 130
        assert messages[-1] == TurnAborted()
        assert processes_of(str(tmp_path)) == []
        assert not (tmp_path / "second").exists()
        assert engine.run("two")[-1] == TaskComplete("fine")
    sent: list[dict[str, Any]] = model.requests[1].body["input"]
    answers = [item for item in sent if item["type"] == "function_call_output"]
    assert [item["call_id"] for item in answers] == ["c1", "c2"]
    assert {item["output"] for item in answers} == {ABORTED}


def test_while_the_user_is_asked(tmp_path: Path) -> None:
    script = [Reply.call("shell", {"command": ["touch", "x"]}), Reply.text("fine")]
    with (
        FakeModel(script) as model,
        Engine(model, cwd=str(tmp_path), approval_policy=AskForApproval.UNTRUSTED) as engine,
    ):
        task = engine.say("one")
        engine.wait_for(ExecApprovalRequest)
        engine.codex.submit(Interrupt())
        assert engine.until_end(task)[-1] == TurnAborted()
        assert not (tmp_path / "x").exists()
        assert engine.run("two")[-1] == TaskComplete("fine")


def test_closing_the_engine_ends_a_running_command(tmp_path: Path) -> None:
    script = [Reply.call("shell", {"command": ["sh", "-c", SURVIVOR]})]
    with FakeModel(script) as model:
        with Engine(model, cwd=str(tmp_path)) as engine:
            engine.say("one")
            engine.wait_for(ExecCommandOutputDelta)
        assert processes_of(str(tmp_path)) == []
