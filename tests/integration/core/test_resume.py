"""A resumed conversation sends exactly the request that the old one would have sent next."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Any

import pytest

from codex.core.replay import replay
from codex.protocol.events import (
    Error,
    EventMsg,
    ExecApprovalRequest,
    ExecCommandBegin,
    SessionConfigured,
    TaskComplete,
    TokenCount,
    Warning,
)
from codex.protocol.ops import ExecApproval, Interrupt, UserImage, UserInput, UserText
from codex.protocol.policy import AskForApproval, ReviewDecision
from codex.protocol.settings import ModelProvider, WireApi
from codex.rollout.names import rename
from codex.rollout.resume import Resumed, load
from codex.rollout.store import list_sessions
from codex.rollout.transcript import ABORTED
from tests.support import rollouts
from tests.support.engine import Engine, only, outputs
from tests.support.model.fake_model import Call, FakeModel, Reasoning, Reply, Stall, Text

if TYPE_CHECKING:
    from pathlib import Path

WIRES = [WireApi.RESPONSES, WireApi.CHAT]
PIXEL = "data:image/png;base64,iVBORw0KGgo="


def shell(*words: str, call_id: str = "call_1") -> Call:
    return Call("shell", {"command": list(words)}, call_id)


def home(folder: Path) -> str:
    return str(folder / "codex-home")


def old_session(folder: Path) -> Resumed:
    (summary,) = list_sessions(home(folder))
    return load(summary.path, name=summary.name)


def openai(model: FakeModel, wire_api: WireApi) -> ModelProvider:
    """Let the scripted server pose as OpenAI, which gets its encrypted reasoning back."""
    return ModelProvider(name="OpenAI", base_url=model.base_url, wire_api=wire_api, is_openai=True)


SCRIPT = [
    Reply.of(
        Reasoning("let me look", encrypted_content="sealed"),
        Text("I look."),
        shell("printf", "one\\ntwo\\n", call_id="c1"),
        shell("false", call_id="c2"),
        Call("update_plan", {"plan": [{"step": "look", "status": "completed"}]}, "c3"),
        Call("no_such_tool", "{broken", "c4"),
    ),
    Reply.text("looked"),
    Reply.text("a picture"),
]
LAST = UserInput((UserText("and now?"),))


@pytest.mark.parametrize("wire_api", WIRES)
@pytest.mark.parametrize("is_openai", [False, True], ids=["other server", "OpenAI"])
@pytest.mark.parametrize("is_stored", [False, True], ids=["not stored", "stored"])
def test_the_next_request_is_the_same(
    tmp_path: Path, wire_api: WireApi, is_openai: bool, is_stored: bool
) -> None:
    with FakeModel([*SCRIPT, Reply.text("next"), Reply.text("next")]) as model:
        settings: dict[str, Any] = {"disable_response_storage": not is_stored}
        if is_openai:
            settings["provider"] = openai(model, wire_api)
        with Engine(model, cwd=str(tmp_path), wire_api=wire_api, **settings) as engine:
            engine.run("look around")
            engine.run("see this", UserImage(PIXEL))
            before = old_session(tmp_path)
            engine.until_end(engine.codex.submit(LAST))
            old = model.requests[-1].body
        os.truncate(before.path, before.size)
        with Engine(
            model, cwd=str(tmp_path), wire_api=wire_api, resumed=before, **settings
        ) as engine:
            engine.until_end(engine.codex.submit(LAST))
            new = model.requests[-1].body
    if "previous_response_id" in old:
        # We cannot rely on the server's state: the whole conversation is sent.
        assert "previous_response_id" not in new
        assert len(new["input"]) > len(old["input"])
        assert new["input"][-1] == old["input"][-1]
    else:
        assert new == old


@pytest.mark.parametrize("wire_api", WIRES)
def test_a_message_that_joined_a_running_task_keeps_its_place(
    tmp_path: Path, wire_api: WireApi
) -> None:
    stall = Stall()
    first = Reply.of(shell("echo", "hi"), before_head=stall)
    with FakeModel([first, Reply.text("done"), Reply.text("x"), Reply.text("x")]) as model:
        with Engine(model, cwd=str(tmp_path), wire_api=wire_api) as engine:
            task = engine.say("go")
            stall.reached.wait(30)
            engine.say("and be quick")
            stall.release.set()
            engine.until_end(task)
            before = old_session(tmp_path)
            engine.until_end(engine.codex.submit(LAST))
            old = model.requests[-1].body
        os.truncate(before.path, before.size)
        with Engine(model, cwd=str(tmp_path), wire_api=wire_api, resumed=before) as engine:
            engine.until_end(engine.codex.submit(LAST))
    assert model.requests[-1].body == old


@pytest.mark.parametrize("wire_api", WIRES)
def test_a_call_that_was_interrupted_is_closed_with_aborted(
    tmp_path: Path, wire_api: WireApi
) -> None:
    script = [Reply.of(shell("sleep", "600"), shell("echo", call_id="call_2")), Reply.text("ok")]
    with FakeModel(script) as model:
        with Engine(model, cwd=str(tmp_path), wire_api=wire_api) as engine:
            task = engine.say("wait")
            engine.wait_for(ExecCommandBegin)
            engine.codex.submit(Interrupt())
            engine.until_end(task)
        with Engine(
            model, cwd=str(tmp_path), wire_api=wire_api, resumed=old_session(tmp_path)
        ) as engine:
            engine.run("go on")
    assert outputs(model.requests[-1].body) == [ABORTED, ABORTED]


@pytest.mark.parametrize("wire_api", WIRES)
def test_a_call_that_a_killed_process_left_open_is_closed_and_recorded(
    tmp_path: Path, wire_api: WireApi
) -> None:
    lines = rollouts.ours(rollouts.said("hi"), rollouts.call("c1"), cwd=str(tmp_path))
    path = rollouts.put(tmp_path / "codex-home", lines)
    for text in ("go on", "and on"):
        with FakeModel([Reply.text("ok")]) as model:
            with Engine(
                model, cwd=str(tmp_path), wire_api=wire_api, resumed=old_session(tmp_path)
            ) as engine:
                engine.run(text)
            assert outputs(model.requests[-1].body) == [ABORTED]
    kinds = [item["type"] for item in rollouts.items_of(path)]
    assert kinds[:4] == ["message", "function_call", "function_call_output", "message"]


def test_the_session_goes_on_in_the_same_file_under_the_same_id(tmp_path: Path) -> None:
    with FakeModel([Reply.text("one"), Reply.text("two")]) as model:
        with Engine(model, cwd=str(tmp_path)) as engine:
            configured = engine.wait_for(SessionConfigured)
            engine.run("first")
        rename(home(tmp_path), configured.session_id, "work", clock_s=0.0)
        with Engine(model, cwd=str(tmp_path), resumed=old_session(tmp_path)) as engine:
            again = engine.wait_for(SessionConfigured)
            messages = engine.run("second")
    assert again.session_id == configured.session_id
    assert again.rollout_path == configured.rollout_path
    assert (configured.name, again.name) == (None, "work")
    assert only(messages, TokenCount).total.input_tokens == 20


def test_what_was_seen_is_replayed(tmp_path: Path) -> None:
    with FakeModel(list(SCRIPT)) as model, Engine(model, cwd=str(tmp_path)) as engine:
        seen: list[EventMsg] = engine.run("look around")
    shown = replay(old_session(tmp_path))
    kinds = [type(event).__name__ for event in seen]
    pieces = ("AgentMessageDelta", "AgentReasoningDelta", "ExecCommandOutputDelta")
    assert [type(event).__name__ for event in shown] == [k for k in kinds if k not in pieces]
    assert shown[-1] == TaskComplete("looked")


def test_questions_and_answers_are_recorded(tmp_path: Path) -> None:
    with FakeModel([Reply.of(shell("touch", "x")), Reply.text("ok")]) as model:
        settings: dict[str, Any] = {"approval_policy": AskForApproval.UNTRUSTED}
        with Engine(model, cwd=str(tmp_path), **settings) as engine:
            task = engine.say("go")
            question = engine.wait_for(ExecApprovalRequest)
            engine.codex.submit(ExecApproval(question.call_id, ReviewDecision.DENIED, "not now"))
            engine.until_end(task)
    lines = rollouts.read(rollouts.only_file(tmp_path / "codex-home"))
    events = [line["payload"] for line in lines if line["type"] == "event_msg"]
    kinds = [event["type"] for event in events]
    answer = events[kinds.index("exec_approval")]
    assert kinds.index("exec_approval_request") < kinds.index("exec_approval")
    assert (answer["decision"], answer["feedback"]) == ("denied", "not now")


def test_every_end_of_a_task_is_recorded(tmp_path: Path) -> None:
    stall = Stall()
    script = [Reply.text("ok"), Reply.error(400, "no"), Reply.text("never", before_head=stall)]
    with FakeModel(script) as model, Engine(model, cwd=str(tmp_path)) as engine:
        engine.run("complete")
        engine.run("fail")
        task = engine.say("abort")
        stall.reached.wait(30)
        engine.codex.submit(Interrupt())
        engine.until_end(task)
    lines = rollouts.read(rollouts.only_file(tmp_path / "codex-home"))
    kinds = [line["payload"].get("type") for line in lines]
    ends = [kind for kind in kinds if kind in ("task_complete", "error", "turn_aborted")]
    assert ends == ["task_complete", "error", "turn_aborted"]
    assert kinds.count("task_started") == 3


def test_a_session_that_is_open_in_another_engine_is_refused(tmp_path: Path) -> None:
    with FakeModel([Reply.text("one")]) as model, Engine(model, cwd=str(tmp_path)) as engine:
        engine.run("first")
        with Engine(model, cwd=str(tmp_path), resumed=old_session(tmp_path)) as second:
            refusal = second.wait_for(Error)
    assert f"is open in process {os.getpid()}" in refusal.message
    assert "codex exec fork" in refusal.message


def test_broken_lines_are_told(tmp_path: Path) -> None:
    path = rollouts.put(tmp_path / "codex-home", rollouts.ours(rollouts.said("hi")))
    with path.open("a") as file:
        file.write('{"broken')
    with (
        FakeModel([Reply.text("one")]) as model,
        Engine(model, cwd=str(tmp_path), resumed=old_session(tmp_path)) as engine,
    ):
        assert "1 broken line" in engine.wait_for(Warning).message
        engine.run("go on")
    assert [item["type"] for item in rollouts.items_of(path)] == ["message"] * 3


def test_many_sessions_of_one_home_do_not_disturb_each_other(tmp_path: Path) -> None:
    count = 8
    with FakeModel([Reply.text("ok")] * count) as model:

        def talk(number: int) -> None:
            with Engine(model, cwd=str(tmp_path)) as engine:
                engine.run(f"number {number}")

        threads = [threading.Thread(target=talk, args=(number,)) for number in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    found = list_sessions(home(tmp_path))
    assert {summary.first_message for summary in found} == {f"number {n}" for n in range(count)}
    assert all(not load(summary.path).warnings for summary in found)


def test_an_ephemeral_session_leaves_no_file(tmp_path: Path) -> None:
    with (
        FakeModel([Reply.text("ok")]) as model,
        Engine(model, cwd=str(tmp_path), is_ephemeral=True) as engine,
    ):
        assert engine.wait_for(SessionConfigured).rollout_path is None
        engine.run("hi")
    assert not (tmp_path / "codex-home").exists()


def test_a_home_that_cannot_be_written_to_is_told_once_and_the_session_goes_on(
    tmp_path: Path,
) -> None:
    (tmp_path / "codex-home").write_text("no folder")
    script = [Reply.text("one"), Reply.text("two")]
    with FakeModel(script) as model, Engine(model, cwd=str(tmp_path)) as engine:
        for text in ("first", "second"):
            assert isinstance(engine.run(text)[-1], TaskComplete)
    warnings = [event.msg for event in engine.seen if isinstance(event.msg, Warning)]
    assert len(warnings) == 1
    assert "cannot write the session file" in warnings[0].message
