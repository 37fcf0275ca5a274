"""The engine with MCP servers: settings, approvals, questions, interrupts and lists that change."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest

from codex.protocol.events import (
    BackgroundEvent,
    ElicitationRequest,
    McpApprovalRequest,
    McpToolCallBegin,
    McpToolCallEnd,
    McpToolCallProgress,
    TaskComplete,
    TurnAborted,
)
from codex.protocol.ops import (
    ElicitationAnswer,
    Interrupt,
    ListMcpTools,
    McpApproval,
)
from codex.protocol.policy import AskForApproval, ReviewDecision
from codex.protocol.replies import ListMcpToolsResponse, McpServerState
from codex.protocol.settings import McpTool, ToolApproval
from tests.support.engine import only, outputs
from tests.support.mcp.servers import engine_with, offered, scripted
from tests.support.model.fake_model import Call, FakeModel, Reply

if TYPE_CHECKING:
    from pathlib import Path

    from codex.protocol.settings import McpServer

DONE = Reply.text("done")
UNTRUSTED = AskForApproval.UNTRUSTED


def environment(tmp_path: Path, server: McpServer, environ: dict[str, str]) -> tuple[str, Any]:
    """Return the working directory and the environment that a server was started with."""
    with (
        FakeModel([Reply.call("mcp__s__environment", {}), DONE]) as model,
        engine_with(model, tmp_path, server, environ=environ) as engine,
    ):
        engine.run("go")
        cwd, variables = json.loads(outputs(model.requests[1].body)[0])
        return cwd, variables


def test_a_server_gets_a_few_variables_and_those_it_is_given(tmp_path: Path) -> None:
    environ = {"HOME": "/home/x", "OPENAI_API_KEY": "secret", "PASSED": "1", "LANG": "C"}
    server = scripted(env={"FIXED": "2", "LANG": "de"}, env_vars=("PASSED", "UNSET"))
    cwd, variables = environment(tmp_path, server, environ)
    assert cwd == str(tmp_path)
    variables.pop("LC_CTYPE", None)  # set by Python itself
    assert variables == {
        "HOME": "/home/x",
        "PATH": os.environ["PATH"],
        "PASSED": "1",
        "FIXED": "2",
        "LANG": "de",
    }


def test_a_relative_folder_of_a_server_starts_at_the_sessions(tmp_path: Path) -> None:
    (tmp_path / "below").mkdir()
    assert environment(tmp_path, scripted(cwd="below"), {})[0] == str(tmp_path / "below")


@pytest.mark.parametrize(
    ("settings", "names"),
    [
        ({"enabled_tools": ("echo", "die", "nothing")}, ["mcp__s__die", "mcp__s__echo"]),
        ({"enabled_tools": ("echo", "die"), "disabled_tools": ("die",)}, ["mcp__s__echo"]),
        ({"enabled": False}, []),
    ],
)
def test_a_model_sees_the_tools_that_are_let_through(
    tmp_path: Path, settings: dict[str, Any], names: list[str]
) -> None:
    with (
        FakeModel([DONE]) as model,
        engine_with(model, tmp_path, scripted(**settings)) as engine,
    ):
        engine.run("go")
        assert offered(model.requests[0].body) == names


def test_a_call_that_takes_too_long_ends_and_the_server_is_told(tmp_path: Path) -> None:
    script = [Reply.call("mcp__s__wait", {}), Reply.call("mcp__s__cancelled", {}), DONE]
    with (
        FakeModel(script) as model,
        engine_with(model, tmp_path, scripted(tool_timeout_sec=0.3)) as engine,
    ):
        messages = engine.run("go")
        late, told = outputs(model.requests[2].body)
    assert late == (
        "error: the MCP server 's': no response to 'tools/call' within 0.3 s; "
        "a longer tool_timeout_sec may help"
    )
    assert len(json.loads(told)) == 1
    progress = only(messages, McpToolCallProgress)
    assert (progress.progress, progress.total, progress.message) == (1, 2, "half")


def test_an_interrupt_ends_a_call_and_the_server_is_told(tmp_path: Path) -> None:
    script = [Reply.call("mcp__s__wait", {}), Reply.call("mcp__s__cancelled", {}), DONE]
    with FakeModel(script) as model, engine_with(model, tmp_path, scripted()) as engine:
        task = engine.say("go")
        engine.wait_for(McpToolCallProgress)
        engine.codex.submit(Interrupt())
        messages = engine.until_end(task)
        assert isinstance(messages[-1], TurnAborted)
        assert not only(messages, McpToolCallEnd).success
        assert isinstance(engine.run("go on")[-1], TaskComplete)
        assert len(json.loads(outputs(model.requests[2].body)[-1])) == 1


ASKS = {
    # (policy, mode, tool): whether the user is asked; None is a refusal.
    (UNTRUSTED, "auto", "echo"): False,
    (UNTRUSTED, "auto", "write"): True,
    (UNTRUSTED, "auto", "destroy"): True,
    (UNTRUSTED, "writes", "echo"): False,
    (UNTRUSTED, "writes", "write"): True,
    (UNTRUSTED, "prompt", "echo"): True,
    (UNTRUSTED, "approve", "destroy"): False,
    (AskForApproval.ON_FAILURE, "auto", "write"): False,
    (AskForApproval.ON_FAILURE, "auto", "destroy"): True,
    (AskForApproval.ON_REQUEST, "auto", "write"): False,
    (AskForApproval.ON_REQUEST, "auto", "destroy"): True,
    (AskForApproval.NEVER, "auto", "destroy"): False,
    (AskForApproval.NEVER, "prompt", "echo"): None,
    (AskForApproval.NEVER, "writes", "write"): None,
    (AskForApproval.NEVER, "writes", "echo"): False,
    (AskForApproval.NEVER, "approve", "destroy"): False,
}


@pytest.mark.parametrize(("policy", "mode", "tool"), ASKS)
def test_who_is_asked_before_which_call(
    tmp_path: Path, policy: AskForApproval, mode: str, tool: str
) -> None:
    server = scripted(default_tools_approval_mode=ToolApproval(mode))
    script = [Reply.call(f"mcp__s__{tool}", {"text": "hi"}), DONE]
    asks = ASKS[policy, mode, tool]
    with (
        FakeModel(script) as model,
        engine_with(model, tmp_path, server, approval_policy=policy) as engine,
    ):
        task = engine.say("go")
        if asks:
            question = engine.wait_for(McpApprovalRequest)
            assert (question.server, question.tool) == ("s", tool)
            assert question.arguments == {"text": "hi"}
            engine.codex.submit(McpApproval(question.call_id, ReviewDecision.APPROVED))
        messages = engine.until_end(task)
        text = outputs(model.requests[1].body)[0]
    kinds = [type(msg) for msg in messages]
    if asks is None:
        assert "approval_mode" in text
        assert BackgroundEvent in kinds
        assert McpToolCallBegin not in kinds
    else:
        assert text == f"{tool}: hi"
        assert asks or McpApprovalRequest not in kinds


def test_the_mode_of_one_tool_wins_over_that_of_its_server(tmp_path: Path) -> None:
    server = scripted(
        default_tools_approval_mode=ToolApproval.PROMPT,
        tools={"destroy": McpTool(approval_mode=ToolApproval.APPROVE)},
    )
    script = [Reply.call("mcp__s__destroy", {"text": "x"}), DONE]
    with (
        FakeModel(script) as model,
        engine_with(model, tmp_path, server, approval_policy=UNTRUSTED) as engine,
    ):
        engine.run("go")
        assert outputs(model.requests[1].body) == ["destroy: x"]


def test_a_yes_for_the_session_is_not_asked_for_again_and_a_no_has_its_reason(
    tmp_path: Path,
) -> None:
    calls = [Call("mcp__s__destroy", {}, "c1"), Call("mcp__s__destroy", {}, "c2")]
    script = [Reply.of(*calls, Call("mcp__s__write", {}, "c3")), DONE]
    with (
        FakeModel(script) as model,
        engine_with(model, tmp_path, scripted(), approval_policy=UNTRUSTED) as engine,
    ):
        task = engine.say("go")
        for decision, call_id in (
            (ReviewDecision.APPROVED_FOR_SESSION, "c1"),
            (ReviewDecision.DENIED, "c3"),
        ):
            question = engine.wait_for(McpApprovalRequest)
            assert question.call_id == call_id
            engine.codex.submit(McpApproval(call_id, decision, "not today"))
        engine.until_end(task)
        texts = outputs(model.requests[1].body)
    assert texts == ["destroy: ", "destroy: ", "rejected by the user: not today"]


@pytest.mark.parametrize(
    ("action", "content", "result"),
    [
        ("accept", {"name": "Bob"}, {"action": "accept", "content": {"name": "Bob"}}),
        ("accept", {}, {"action": "accept", "content": {"name": "Ada"}}),
        ("decline", None, {"action": "decline"}),
        ("cancel", None, {"action": "cancel"}),
    ],
)
def test_a_server_asks_and_reads_the_answer(
    tmp_path: Path, action: str, content: dict[str, Any] | None, result: dict[str, Any]
) -> None:
    script = [Reply.call("mcp__s__ask", {}), DONE]
    with (
        FakeModel(script) as model,
        engine_with(model, tmp_path, scripted(), approval_policy=UNTRUSTED) as engine,
    ):
        task = engine.say("go")
        question = engine.wait_for(ElicitationRequest)
        assert (question.server, question.message) == ("s", "Who?")
        engine.codex.submit(ElicitationAnswer(question.id, action, content))
        engine.until_end(task)
        assert json.loads(outputs(model.requests[1].body)[0]) == result


def test_a_server_that_asks_where_nobody_answers_is_declined(tmp_path: Path) -> None:
    script = [Reply.call("mcp__s__ask", {}), DONE]
    with FakeModel(script) as model, engine_with(model, tmp_path, scripted()) as engine:
        engine.run("go")
        assert json.loads(outputs(model.requests[1].body)[0]) == {"action": "decline"}


def test_a_server_cannot_ask_the_model(tmp_path: Path) -> None:
    call = Reply.call("mcp__s__ask", {"text": "sampling/createMessage"})
    with FakeModel([call, DONE]) as model, engine_with(model, tmp_path, scripted()) as engine:
        engine.run("go")
        assert json.loads(outputs(model.requests[1].body)[0])["code"] == -32601


def test_a_list_that_changes_is_new_with_the_next_request(tmp_path: Path) -> None:
    script = [Reply.call("mcp__s__grow", {}), DONE]
    with FakeModel(script) as model, engine_with(model, tmp_path, scripted()) as engine:
        engine.run("go")
        before, after = (offered(request.body) for request in model.requests)
    assert [name for name in after if name not in before] == ["mcp__s__grown"]


def test_the_status_names_every_server(tmp_path: Path) -> None:
    servers = {"off": scripted(enabled=False), "on": scripted(enabled_tools=("echo",))}
    with FakeModel([DONE]) as model, engine_with(model, tmp_path, servers) as engine:
        engine.run("go")
        engine.codex.submit(ListMcpTools())
        found = engine.wait_for(ListMcpToolsResponse).servers
    assert [(s.server, s.state, s.tools, s.transport) for s in found] == [
        ("off", McpServerState.DISABLED, (), "stdio"),
        ("on", McpServerState.READY, ("echo",), "stdio"),
    ]


def test_a_tool_nobody_has_and_arguments_that_are_no_object_are_answered(tmp_path: Path) -> None:
    calls = [Call("mcp__s__none", {}, "c1"), Call("mcp__s__echo", "[1]", "c2")]
    with (
        FakeModel([Reply.of(*calls), DONE]) as model,
        engine_with(model, tmp_path, scripted()) as engine,
    ):
        engine.run("go")
        unknown, wrong = outputs(model.requests[1].body)
    assert "there is no tool 'mcp__s__none'" in unknown
    assert "mcp__s__echo" in unknown
    assert "cannot read the arguments of 'mcp__s__echo'" in wrong
