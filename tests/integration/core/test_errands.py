"""Work beside the engine's task: commands of the user, and the provider's models."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from codex.protocol.events import (
    Error,
    ExecCommandBegin,
    ExecCommandEnd,
    ExecCommandOutputDelta,
    TaskComplete,
    TokenCount,
    TurnAborted,
)
from codex.protocol.ops import Interrupt, ListModels, RunUserShellCommand
from codex.protocol.replies import ListModelsResponse, ModelEntry
from tests.support.engine import Engine, only
from tests.support.model.fake_model import FakeModel, Reply, Stall


def user_texts(body: Any) -> list[str]:
    return [
        part["text"]
        for item in body["input"]
        if item.get("role") == "user"
        for part in item["content"]
    ]


def test_a_command_of_the_user_runs_in_the_sandbox_and_is_read_with_the_next_input(
    tmp_path: Path,
) -> None:
    with FakeModel([Reply.text("I see")]) as model, Engine(model, cwd=str(tmp_path)) as engine:
        command = "echo hello; touch /codex-was-here"
        messages = engine.until_end(engine.codex.submit(RunUserShellCommand(command)))
        begin = only(messages, ExecCommandBegin)
        assert begin.is_from_user
        assert begin.command[-1] == command
        assert any(isinstance(msg, ExecCommandOutputDelta) for msg in messages)
        end = only(messages, ExecCommandEnd)
        assert "hello" in end.stdout
        assert end.exit_code != 0
        assert only(messages, TaskComplete).last_agent_message is None
        assert not model.requests
        assert not Path("/codex-was-here").exists()
        engine.run("what did it say?")
        note, question = user_texts(model.requests[0].body)[-2:]
        assert question == "what did it say?"
        assert note.startswith(f"I ran this command myself:\n{command}\n\nExit code: 1\n")
        assert "hello" in note


def test_commands_beside_a_task_are_all_recorded_and_read(tmp_path: Path) -> None:
    count = 12
    stall = Stall()
    calls = [Reply.call("shell", {"command": ["echo", "x" * 5000]}) for _ in range(count)]
    script = [*calls, Reply.text("first").stall_at(0, stall), Reply.text("second")]
    with FakeModel(script) as model, Engine(model, cwd=str(tmp_path)) as engine:
        task = engine.say("begin")
        for number in range(count):
            engine.codex.submit(RunUserShellCommand(f"echo beside {number}"))
        assert stall.reached.wait(30)
        ended = 0
        while ended < count:
            ended += "beside" in engine.wait_for(ExecCommandEnd).stdout
        stall.release.set()
        engine.until_end(task)
        engine.run("and now?")
        notes = [text for text in user_texts(model.requests[-1].body) if "I ran this" in text]
        assert len(notes) == count


def test_a_defect_ends_the_command_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_: object) -> str:
        raise RuntimeError("boom")

    monkeypatch.setattr("codex.core.tools.shell_call.user_command", failing)
    stall = Stall()
    script = [Reply.text("first").stall_at(0, stall), Reply.text("second")]
    with FakeModel(script) as model, Engine(model, cwd=str(tmp_path)) as engine:
        task = engine.say("begin")
        assert stall.reached.wait(30)
        engine.codex.submit(RunUserShellCommand("echo hi"))
        assert engine.wait_for(Error).message == "internal error: RuntimeError: boom"
        stall.release.set()
        assert only(engine.until_end(task), TaskComplete)
        engine.run("and now?")
        assert any("boom" in text for text in user_texts(model.requests[-1].body))


def test_an_interrupt_ends_a_command_of_the_user(tmp_path: Path) -> None:
    with FakeModel([Reply.text("I see")]) as model, Engine(model, cwd=str(tmp_path)) as engine:
        task = engine.codex.submit(RunUserShellCommand("echo begun; sleep 60"))
        engine.wait_for(ExecCommandOutputDelta)
        engine.codex.submit(Interrupt())
        messages = engine.until_end(task)
        assert only(messages, ExecCommandEnd).exit_code == 130
        assert only(messages, TurnAborted)
        engine.run("go on")
        assert "interrupted" in user_texts(model.requests[0].body)[-2]


def test_a_command_of_the_user_joins_a_running_task(tmp_path: Path) -> None:
    stall = Stall()
    with (
        FakeModel([Reply.text("first").stall_at(0, stall), Reply.text("second")]) as model,
        Engine(model, cwd=str(tmp_path)) as engine,
    ):
        task = engine.say("begin")
        assert stall.reached.wait(30)
        command = engine.codex.submit(RunUserShellCommand("echo meanwhile"))
        end = engine.wait_for(ExecCommandEnd)
        assert end.stdout == "meanwhile\n"
        assert end.call_id == command
        stall.release.set()
        messages = engine.until_end(task)
        assert only(messages, TaskComplete).last_agent_message == "first"
        assert len(model.requests) == 1, "a note asks for no answer"
        engine.run("next")
        assert any("meanwhile" in text for text in user_texts(model.requests[1].body))


def test_an_interrupt_ends_a_command_that_runs_beside_a_task(tmp_path: Path) -> None:
    stall = Stall()
    reply = Reply.text("first").stall_at(0, stall)
    with FakeModel([reply]) as model, Engine(model, cwd=str(tmp_path)) as engine:
        engine.say("begin")
        assert stall.reached.wait(30)
        engine.codex.submit(RunUserShellCommand("echo begun; sleep 60"))
        engine.wait_for(ExecCommandOutputDelta)
        engine.codex.submit(Interrupt())
        assert engine.wait_for(ExecCommandEnd).exit_code == 130


def test_a_blank_command_is_refused(tmp_path: Path) -> None:
    with FakeModel() as model, Engine(model, cwd=str(tmp_path)) as engine:
        messages = engine.until_end(engine.codex.submit(RunUserShellCommand("  ")))
        assert "empty" in only(messages, Error).message


def listed(engine: Engine) -> ListModelsResponse:
    engine.codex.submit(ListModels())
    return engine.wait_for(ListModelsResponse)


def test_the_models_of_the_provider_are_listed_in_order(tmp_path: Path) -> None:
    with FakeModel() as model, Engine(model, cwd=str(tmp_path)) as engine:
        model.documents["/v1/models"] = {
            "data": [{"id": "b", "max_model_len": 4096}, {"id": "a"}, {"name": "no id"}]
        }
        assert listed(engine).models == (ModelEntry("a"), ModelEntry("b", 4096))
        assert model.requests[-1].method == "GET"


def test_a_server_without_a_list_says_why(tmp_path: Path) -> None:
    with FakeModel() as model, Engine(model, cwd=str(tmp_path)) as engine:
        response = listed(engine)
        assert response.models == ()
        assert "404" in (response.error or "")
        model.documents["/v1/models"] = {"data": "?"}
        assert "not a list" in (listed(engine).error or "")


@pytest.mark.parametrize(
    ("owner", "documents", "window"),
    [
        ("llamacpp", {"/props": {"default_generation_settings": {"n_ctx": 8192}}}, 8192),
        (
            "organization_owner",
            {"/api/v0/models": {"data": [{"id": "m", "loaded_context_length": 5000}]}},
            5000,
        ),
        ("library", {"/api/ps": {"models": [{"name": "m", "context_length": 4096}]}}, 4096),
        (
            "library",
            {
                "/api/ps": {"models": []},
                "/api/show": {"parameters": "stop x\nnum_ctx   2048", "model_info": {}},
            },
            2048,
        ),
        (
            "library",
            {"/api/ps": {"models": []}, "/api/show": {"model_info": {"q.context_length": 40960}}},
            40960,
        ),
        ("library", {}, None),
        ("vllm", {}, None),
    ],
)
def test_servers_on_ones_own_machine_are_asked_for_the_window(
    tmp_path: Path, owner: str, documents: dict[str, Any], window: int | None
) -> None:
    with FakeModel() as model, Engine(model, cwd=str(tmp_path)) as engine:
        model.documents = {"/v1/models": {"data": [{"id": "m", "owned_by": owner}]}, **documents}
        assert listed(engine).models == (ModelEntry("m", window),)


def test_a_window_that_the_server_tells_counts_for_the_session(tmp_path: Path) -> None:
    with FakeModel([Reply.text("a")]) as model, Engine(model, cwd=str(tmp_path)) as engine:
        model.documents["/v1/models"] = {"data": [{"id": "fake-model", "max_model_len": 30}]}
        listed(engine)
        count = only(engine.run("hi"), TokenCount)
        assert count.context_window == 30
        assert count.context_left_percent == 50


def test_closing_the_engine_does_not_wait_for_a_slow_list(tmp_path: Path) -> None:
    with FakeModel() as model:
        stall = Stall()
        model.documents["/v1/models"] = Reply.raw(b"{}", before_head=stall)
        with Engine(model, cwd=str(tmp_path)) as engine:
            engine.codex.submit(ListModels())
            assert stall.reached.wait(30)
