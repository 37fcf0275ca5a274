"""The engine against a scripted model server: tasks, turns, tools, and what is sent again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from codex.protocol.events import (
    AgentMessage,
    AgentMessageDelta,
    BackgroundEvent,
    Error,
    ExecCommandBegin,
    ExecCommandEnd,
    PatchApplyBegin,
    PatchApplyEnd,
    PlanUpdate,
    SessionConfigured,
    StreamError,
    TaskComplete,
    TaskStarted,
    TokenCount,
    ViewImage,
    Warning,
)
from codex.protocol.ops import ConfigureSession, ExecApproval, Interrupt, UserImageFile, UserInput
from codex.protocol.policy import (
    DANGER_FULL_ACCESS,
    WORKSPACE_WRITE,
    AskForApproval,
    ReviewDecision,
    SandboxPolicy,
)
from codex.protocol.settings import ModelSettings, WireApi
from tests.support.engine import Engine, only, outputs
from tests.support.model.fake_model import Call, Cut, FakeModel, Reply, Stall, Text, Usage

PATCH = """*** Begin Patch
*** Update File: greeting.txt
-hello
+goodbye
*** End Patch
"""


@pytest.mark.parametrize("wire_api", list(WireApi))
def test_a_chat_is_started_streamed_and_completed(tmp_path: Path, wire_api: WireApi) -> None:
    with (
        FakeModel([Reply.text("hello there", usage=Usage(input=30, output=12))]) as model,
        Engine(
            model,
            cwd=str(tmp_path),
            wire_api=wire_api,
            model=ModelSettings(model="m", context_window=84),
        ) as engine,
    ):
        configured = engine.next()
        assert configured.id == "0"
        assert isinstance(configured.msg, SessionConfigured)
        messages = engine.run("hi")
    assert isinstance(messages[0], TaskStarted)
    assert "".join(m.delta for m in messages if isinstance(m, AgentMessageDelta)) == "hello there"
    assert only(messages, AgentMessage).message == "hello there"
    count = only(messages, TokenCount)
    assert (count.last.total_tokens, count.context_left_percent) == (42, 50)
    assert messages[-1] == TaskComplete("hello there")


@pytest.mark.parametrize("wire_api", list(WireApi))
def test_a_task_of_many_turns_uses_every_tool(tmp_path: Path, wire_api: WireApi) -> None:
    (tmp_path / "greeting.txt").write_text("hello\n")
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\nrest")
    plan = [{"step": "greet", "status": "in_progress"}]
    script = [
        Reply.call("update_plan", {"plan": plan}, "c1"),
        Reply.of(
            Text("Looking."),
            Call("shell", {"command": ["cat", "greeting.txt"]}, "c2"),
            Call("view_image", {"path": "a.png"}, "c3"),
        ),
        Reply.call("apply_patch", {"input": PATCH}, "c4"),
        Reply.call("shell", {"command": ["sh", "-c", "cat greeting.txt >&2; exit 3"]}, "c5"),
        Reply.text("done"),
    ]
    with FakeModel(script) as model, Engine(model, cwd=str(tmp_path), wire_api=wire_api) as engine:
        messages = engine.run("say goodbye")
    assert only(messages, PlanUpdate).plan[0].step == "greet"
    assert only(messages, ViewImage).path == str(tmp_path / "a.png")
    assert only(messages, PatchApplyEnd).success
    ends = [m for m in messages if isinstance(m, ExecCommandEnd)]
    assert [(end.call_id, end.aggregated_output, end.exit_code) for end in ends] == [
        ("c2", "hello\n", 0),
        ("c5", "goodbye\n", 3),
    ]
    assert (tmp_path / "greeting.txt").read_text() == "goodbye\n"
    assert messages[-1] == TaskComplete("done")
    last = outputs(model.requests[-1].body)
    assert len(last) == 5
    assert "Exit code: 3" in last[-1]
    assert "goodbye" in last[-1]
    assert "data:image/png;base64," in model.requests[2].raw.decode()


def test_every_begin_has_its_end_when_a_program_does_not_exist(tmp_path: Path) -> None:
    script = [Reply.call("shell", {"command": ["no-such-program"]}), Reply.text("sorry")]
    with FakeModel(script) as model, Engine(model, cwd=str(tmp_path)) as engine:
        messages = engine.run("go")
    assert only(messages, ExecCommandBegin).command == ("no-such-program",)
    assert only(messages, ExecCommandEnd).exit_code == -1
    assert "no-such-program" in outputs(model.requests[1].body)[0]


def test_a_failed_patch_is_reported_as_failed_to_both(tmp_path: Path) -> None:
    (tmp_path / "greeting.txt").write_text("something else\n")
    script = [Reply.call("apply_patch", {"input": PATCH}), Reply.text("sorry")]
    with FakeModel(script) as model, Engine(model, cwd=str(tmp_path)) as engine:
        messages = engine.run("go")
    assert not any(isinstance(m, PatchApplyBegin) for m in messages)
    assert "greeting.txt" in outputs(model.requests[1].body)[0]
    assert outputs(model.requests[1].body)[0].startswith("error: ")


@pytest.mark.parametrize(
    ("name", "arguments", "told"),
    [
        ("shell", "{broken", "cannot read the arguments"),
        ("shell", {"command": 5}, "$.command"),
        ("shell", {"command": []}, "empty"),
        ("apply_patch", {"path": "x"}, "Begin Patch"),
        ("update_plan", {"plan": [{"step": "a", "status": "begun"}]}, "status"),
        ("view_image", {"path": "missing.png"}, "missing.png"),
        ("browse", {}, "shell, apply_patch"),
    ],
)
def test_a_call_that_cannot_be_read_is_answered_not_fatal(
    tmp_path: Path, name: str, arguments: dict[str, Any] | str, told: str
) -> None:
    script = [Reply.call(name, arguments), Reply.text("ok")]
    with FakeModel(script) as model, Engine(model, cwd=str(tmp_path)) as engine:
        messages = engine.run("go")
    assert messages[-1] == TaskComplete("ok")
    assert told in outputs(model.requests[1].body)[0]


@pytest.mark.parametrize("wire_api", list(WireApi))
def test_broken_arguments_go_back_as_an_empty_object(tmp_path: Path, wire_api: WireApi) -> None:
    script = [Reply.call("shell", "{broken"), Reply.text("ok")]
    with FakeModel(script) as model, Engine(model, cwd=str(tmp_path), wire_api=wire_api) as engine:
        engine.run("go")
    assert "{broken" not in model.requests[1].raw.decode()


def test_a_broken_stream_is_asked_for_again_and_no_tool_runs_twice(tmp_path: Path) -> None:
    call = Reply.call("shell", {"command": ["sh", "-c", "echo x >> log"]})
    script = [call.cut_at(200, Cut()), call, Reply.text("ok")]
    with FakeModel(script) as model, Engine(model, cwd=str(tmp_path)) as engine:
        messages = engine.run("go")
    assert "retrying 1/2" in only(messages, StreamError).message
    assert messages[-1] == TaskComplete("ok")
    assert (tmp_path / "log").read_text() == "x\n"
    assert model.requests[0].body == model.requests[1].body


def test_a_request_that_cannot_succeed_fails_the_task_at_once(tmp_path: Path) -> None:
    with (
        FakeModel([Reply.error(400, "no such model")]) as model,
        Engine(model, cwd=str(tmp_path)) as engine,
    ):
        messages = engine.run("go")
    assert len(model.requests) == 1
    assert isinstance(messages[-1], Error)
    assert "no such model" in messages[-1].message


def test_after_a_failed_task_the_next_input_works(tmp_path: Path) -> None:
    script = [Reply.error(400, "refused"), Reply.text("fine")]
    with FakeModel(script) as model, Engine(model, cwd=str(tmp_path)) as engine:
        assert isinstance(engine.run("one")[-1], Error)
        assert engine.run("two")[-1] == TaskComplete("fine")
    texts = [item["content"][0]["text"] for item in model.requests[1].body["input"]]
    assert texts == ["one", "two"]


def join(engine: Engine, text: str) -> None:
    """Submit input to a running task; return once it was taken."""
    engine.say(text)
    # An answer without a question: its error comes after everything submitted before.
    engine.codex.submit(ExecApproval("none", ReviewDecision.DENIED))
    engine.wait_for(Error)


def test_input_during_a_task_joins_it_at_the_next_turn(tmp_path: Path) -> None:
    stall = Stall()
    first = Reply.call("shell", {"command": ["true"]})
    script = [Reply(output=first.output, before_head=stall), Reply.text("both")]
    with FakeModel(script) as model, Engine(model, cwd=str(tmp_path)) as engine:
        task = engine.say("one")
        assert stall.reached.wait(30)
        join(engine, "two")
        stall.release.set()
        assert engine.until_end(task)[-1] == TaskComplete("both")
    kinds = [item["type"] for item in model.requests[1].body["input"]]
    assert kinds == ["message", "function_call", "function_call_output", "message"]


def test_input_during_the_last_turn_is_answered_by_a_further_turn(tmp_path: Path) -> None:
    stall = Stall()
    script = [Reply(output=(Text("first"),), before_head=stall), Reply.text("second")]
    with FakeModel(script) as model, Engine(model, cwd=str(tmp_path)) as engine:
        task = engine.say("one")
        assert stall.reached.wait(30)
        join(engine, "two")
        stall.release.set()
        assert engine.until_end(task)[-1] == TaskComplete("second")
    assert len(model.requests) == 2


def test_an_empty_input_is_refused_and_the_session_goes_on(tmp_path: Path) -> None:
    with FakeModel([Reply.text("fine")]) as model, Engine(model, cwd=str(tmp_path)) as engine:
        empty = engine.codex.submit(UserInput(()))
        assert isinstance(engine.until_end(empty)[-1], Error)
        assert engine.run("hi")[-1] == TaskComplete("fine")


def test_an_interrupt_without_a_task_does_nothing(tmp_path: Path) -> None:
    with FakeModel([Reply.text("fine")]) as model, Engine(model, cwd=str(tmp_path)) as engine:
        engine.codex.submit(Interrupt())
        assert engine.run("hi")[-1] == TaskComplete("fine")


def test_instructions_and_project_documents_go_with_every_request(tmp_path: Path) -> None:
    (tmp_path / "AGENTS.md").write_text("Speak like a sailor.")
    script = [Reply.call("shell", {"command": ["true"]}), Reply.text("aye"), Reply.text("aye")]
    with (
        FakeModel(script) as model,
        Engine(model, cwd=str(tmp_path), instructions="Be brief.") as engine,
    ):
        engine.run("hi")
        engine.run("again")
    assert len(model.requests) == 3
    for request in model.requests:
        text = request.body["instructions"]
        assert text.index("You are codex") < text.index("Be brief.") < text.index("sailor")


def test_an_unreadable_image_is_named_and_the_words_still_go(tmp_path: Path) -> None:
    with FakeModel([Reply.text("ok")]) as model, Engine(model, cwd=str(tmp_path)) as engine:
        messages = engine.run("look", UserImageFile(str(tmp_path / "gone.png")))
    assert "gone.png" in only(messages, Warning).message
    assert "gone.png" in model.requests[0].raw.decode()
    assert messages[-1] == TaskComplete("ok")


def test_a_relative_image_is_one_of_the_sessions_folder(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\nrest")
    with FakeModel([Reply.text("ok")]) as model, Engine(model, cwd=str(tmp_path)) as engine:
        engine.run("look", UserImageFile("a.png"))
    assert "data:image/png;base64," in model.requests[0].raw.decode()


def test_with_server_state_only_new_items_are_sent_and_a_lost_id_is_survived(
    tmp_path: Path,
) -> None:
    script = [
        Reply.call("shell", {"command": ["true"]}, response_id="r1"),
        Reply.error(
            400, "Previous response with id 'r1' not found.", code="previous_response_not_found"
        ),
        Reply.text("fine", response_id="r2"),
        Reply.text("more", response_id="r3"),
    ]
    with FakeModel(script) as model, Engine(model, cwd=str(tmp_path)) as probe:
        provider = probe.config.provider
        stored = msgspec.structs.replace(provider, is_openai=True, experimental_bearer_token="k")
        with Engine(model, cwd=str(tmp_path), provider=stored) as engine:
            assert engine.run("hi")[-1] == TaskComplete("fine")
            engine.run("again")
    bodies = [request.body for request in model.requests]
    assert [body["store"] for body in bodies] == [True] * 4
    assert "previous_response_id" not in bodies[0]
    assert bodies[1]["previous_response_id"] == "r1"
    assert [item["type"] for item in bodies[1]["input"]] == ["function_call_output"]
    assert "previous_response_id" not in bodies[2]
    assert len(bodies[2]["input"]) == 3
    assert bodies[3]["previous_response_id"] == "r2"
    assert len(bodies[3]["input"]) == 1


def configuration(engine: Engine, **changes: Any) -> ConfigureSession:
    """Return the op that changes the model to o3, and what else is given."""
    op = ConfigureSession(
        provider=engine.config.provider,
        model="o3",
        approval_policy=AskForApproval.NEVER,
        sandbox_policy=WORKSPACE_WRITE,
        cwd=engine.config.cwd,
    )
    return msgspec.structs.replace(op, **changes)


def test_a_session_can_be_reconfigured_and_keeps_its_conversation(tmp_path: Path) -> None:
    script = [Reply.text("one"), Reply.text("two")]
    with FakeModel(script) as model, Engine(model, cwd=str(tmp_path)) as engine:
        first = engine.wait_for(SessionConfigured)
        engine.run("hi")
        engine.codex.submit(configuration(engine))
        second = engine.wait_for(SessionConfigured)
        assert engine.run("again")[-1] == TaskComplete("two")
    assert second.session_id == first.session_id
    assert second.model == "o3"
    assert model.requests[1].body["model"] == "o3"
    windows = [
        event.msg.context_window for event in engine.seen if isinstance(event.msg, TokenCount)
    ]
    assert windows == [None, 200_000]
    assert len(model.requests[1].body["input"]) == 3


@pytest.mark.parametrize(
    ("instructions", "has_sailor", "has_pirate"), [(None, True, False), ("pirate", False, True)]
)
def test_a_reconfigured_session_keeps_the_users_instructions_unless_it_gets_others(
    tmp_path: Path, instructions: str | None, *, has_sailor: bool, has_pirate: bool
) -> None:
    (tmp_path / "AGENTS.md").write_text("Speak like a sailor.")
    with FakeModel([Reply.text("aye")]) as model, Engine(model, cwd=str(tmp_path)) as engine:
        engine.codex.submit(configuration(engine, instructions=instructions))
        engine.run("hi")
    text = model.requests[0].body["instructions"]
    assert ("sailor" in text, "pirate" in text) == (has_sailor, has_pirate)


def test_a_relative_cwd_is_refused_and_the_session_goes_on(tmp_path: Path) -> None:
    with FakeModel([Reply.text("fine")]) as model, Engine(model, cwd=str(tmp_path)) as engine:
        refused = engine.codex.submit(configuration(engine, cwd="relative"))
        assert "not absolute" in only(engine.until_end(refused), Error).message
        assert engine.run("hi")[-1] == TaskComplete("fine")


def test_a_command_outside_the_sandbox_is_not_told_that_it_has_no_network(tmp_path: Path) -> None:
    script = 'test -z "$CODEX_SANDBOX_NETWORK_DISABLED" && echo free || echo held'
    call = {"command": ["sh", "-c", script]}
    for policy, told in ((WORKSPACE_WRITE, "held"), (DANGER_FULL_ACCESS, "free")):
        with (
            FakeModel([Reply.call("shell", call), Reply.text("ok")]) as model,
            Engine(model, cwd=str(tmp_path), sandbox_policy=policy) as engine,
        ):
            messages = engine.run("go")
        assert only(messages, ExecCommandEnd).stdout == f"{told}\n"


def test_a_writable_folder_that_is_refused_is_told_once(tmp_path: Path) -> None:
    outer = tmp_path / "outer"
    cwd = tmp_path / "cwd"
    outer.mkdir()
    cwd.mkdir()
    (cwd / "link").symlink_to(outer)
    policy = SandboxPolicy(can_write_cwd=True, writable_roots=(str(cwd / "link"),))
    call = {"command": ["touch", "made"]}
    script = [Reply.call("shell", call, "c1"), Reply.call("shell", call, "c2"), Reply.text("ok")]
    with (
        FakeModel(script) as model,
        Engine(model, cwd=str(cwd), sandbox_policy=policy) as engine,
    ):
        messages = engine.run("go")
    assert str(cwd / "link") in only(messages, Warning).message


def test_what_began_ends_even_when_the_run_itself_is_broken(tmp_path: Path) -> None:
    # A NUL in an argument passes every check but cannot be passed to a program.
    call = {"command": ["sh", "-c", "echo \0"]}
    script = [Reply.call("shell", call), Reply.text("ok")]
    with FakeModel(script) as model, Engine(model, cwd=str(tmp_path)) as engine:
        messages = engine.run("go")
        assert only(messages, ExecCommandEnd).exit_code == -1
        assert isinstance(messages[-1], TaskComplete | Error)


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (Call("frobnicate", {}), "there is no tool 'frobnicate'"),
        (Call("shell", '{"command":'), "cannot read the arguments of 'shell'"),
        (Call("shell", {"command": []}), "shell: error: `command` is empty"),
        (
            Call("shell", {"command": ["rm", "x"], "with_escalated_permissions": True}),
            "rm x: rejected: ",
        ),
        (
            Call("apply_patch", {"input": PATCH.replace("greeting", "no-such")}),
            "no-such.txt",
        ),
        (
            Call("apply_patch", {"input": PATCH.replace("greeting.txt", "/etc/hostname")}),
            "patch: error: ",
        ),
        (Call("view_image", {"path": "none.png"}), "none.png"),
    ],
)
def test_the_user_reads_of_a_call_that_nothing_came_of(
    tmp_path: Path, call: Call, told: str
) -> None:
    with (
        FakeModel([Reply.of(call), Reply.text("ok")]) as model,
        Engine(model, cwd=str(tmp_path)) as engine,
    ):
        messages = engine.run("go")
    notice = only(messages, BackgroundEvent).message
    assert told in notice
    assert notice.endswith(outputs(model.requests[1].body)[0])


def test_numbers_and_booleans_may_come_as_strings(tmp_path: Path) -> None:
    call = Call(
        "shell",
        {"command": ["echo", "hi"], "timeout": "5000", "with_escalated_permissions": "false"},
    )
    with (
        FakeModel([Reply.of(call), Reply.text("ok")]) as model,
        Engine(model, cwd=str(tmp_path)) as engine,
    ):
        engine.run("go")
    assert "Exit code: 0" in outputs(model.requests[1].body)[0]
