"""`codex mcp-server` line by line: messages that the SDKs would never send, and its end."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from codex.mcp_server.sessions import MAX_IDLE
from tests.support.kernel.lifeline import HOLD, UP, Lifeline
from tests.support.mcp.client import McpClient
from tests.support.mcp.servers import PROGRAM
from tests.support.model.fake_model import FakeModel, Reply, Stall
from tests.support.program import PATIENCE_S, Program, provider_config

if TYPE_CHECKING:
    from collections.abc import Iterator

FORMS: dict[str, Any] = {"elicitation": {}}
TOUCH = Reply.call("shell", {"command": ["touch", "made"]})
HELD = Reply.call("shell", {"command": ["sh", "-c", f"{HOLD}{UP}sleep 1000"]})


@pytest.fixture
def model() -> Iterator[FakeModel]:
    with FakeModel() as model:
        yield model


def serve(program: Program, model: FakeModel, settings: str = "", *flags: str) -> McpClient:
    program.configure(provider_config(model.base_url, settings=settings))
    return McpClient(program.start("mcp-server", *flags, stdin=subprocess.PIPE))


def test_what_is_no_message_is_answered_with_its_code(program: Program, model: FakeModel) -> None:
    client = serve(program, model)
    assert client.ask("tools/list", {})["code"] == -32600  # before initialize
    assert client.ask("ping", {}) == {}
    assert client.hello()["serverInfo"]["name"] == "codex-mcp-server"
    client.write("{")
    assert client.result(None)["code"] == -32700
    client.write("[]")
    assert client.result(None)["code"] == -32600
    client.write('{"id": null, "method": "ping"}')
    assert client.result(None)["code"] == -32600
    assert client.ask("initialize", {"protocolVersion": "x"})["code"] == -32600
    assert client.ask("resources/list", {})["code"] == -32601
    assert client.ask("tools/call", {})["code"] == -32602
    assert client.ask("tools/call", {"name": "other"})["code"] == -32602
    client.write('[{"id": 7, "method": "ping"}, {"id": "b", "method": "ping"}]')
    assert (client.result(7), client.result("b")) == ({}, {})
    assert client.end() == 0


def test_a_version_nobody_knows_is_answered_with_our_newest(
    program: Program, model: FakeModel
) -> None:
    client = serve(program, model)
    hello = {"protocolVersion": "2030-01-01", "capabilities": {}}
    assert client.ask("initialize", hello)["protocolVersion"] == "2025-11-25"


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({}, "prompt"),
        ({"prompt": 1}, "prompt"),
        ({"prompt": "x", "sandbox": "all"}, 'sandbox "all": expected one of'),
        ({"prompt": "x", "approval-policy": "maybe"}, 'approval-policy "maybe"'),
        ({"prompt": "x", "sandbox-permissions": ["all"]}, 'sandbox-permissions "all"'),
        ({"prompt": "x", "profile": "none"}, "none"),
        ({"prompt": "x", "cwd": "/no/such/folder"}, "/no/such/folder"),
        ({"prompt": "x", "config": {"model": 1}}, "model"),
    ],
)
def test_wrong_arguments_are_a_result_that_says_so(
    program: Program, model: FakeModel, arguments: dict[str, Any], text: str
) -> None:
    client = serve(program, model)
    client.hello()
    result = client.call("codex", **arguments)
    assert result["isError"]
    assert text in result["content"][0]["text"]
    assert result["structuredContent"] == {"content": result["content"][0]["text"]}


def test_every_argument_has_its_effect(program: Program, model: FakeModel) -> None:
    model.add(Reply.text("done"))
    (program.repo / "below").mkdir()
    client = serve(program, model, settings="disable_response_storage = true")
    client.hello()
    arguments = {
        "prompt": "go",
        "model": "other-model",
        "cwd": "below",
        "approval-policy": "never",
        "sandbox": "read-only",
        "base-instructions": "Be brief.",
        "include-plan-tool": False,
        "disable-response-storage": False,
        "config": {"model_providers": {"fake": {"query_params": {"a": "b"}}}, "x.y": None},
    }
    assert client.call("codex", **arguments)["content"][0]["text"] == "done"
    request = model.requests[0]
    assert request.body["model"] == "other-model"
    assert request.path.endswith("?a=b")
    text = json.dumps(request.body)
    assert str(program.repo / "below") in text
    assert "Be brief." in text
    assert "read-only" in text
    assert "update_plan" not in [tool["name"] for tool in request.body["tools"]]


def test_events_name_their_request_and_their_session(program: Program, model: FakeModel) -> None:
    model.add(Reply.text("done"))
    client = serve(program, model)
    client.hello()
    client.begin("codex", "first", {"progressToken": 0}, prompt="go")
    result = client.result("first")
    thread_id = result["structuredContent"]["threadId"]
    events = [m["params"] for m in client.seen if m.get("method") == "codex/event"]
    assert {event["_meta"]["requestId"] for event in events} == {"first"}
    assert events[-1]["_meta"]["threadId"] == thread_id
    assert events[-1]["msg"]["type"] == "task_complete"
    steps = [m["params"] for m in client.seen if m.get("method") == "notifications/progress"]
    assert [step["progress"] for step in steps] == list(range(1, len(steps) + 1))
    assert {step["progressToken"] for step in steps} == {0}


def test_an_error_of_the_model_ends_the_call(program: Program, model: FakeModel) -> None:
    model.add(Reply.error(401, "no such key"))
    client = serve(program, model)
    client.hello()
    result = client.call("codex", prompt="go")
    assert result["isError"]
    assert "no such key" in result["content"][0]["text"]
    assert "threadId" in result["structuredContent"]


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        ({"result": {"action": "accept", "content": {"decision": "denied"}}}, "rejected"),
        ({"result": {"action": "decline"}}, "rejected"),
        ({"result": {"action": "accept", "content": {"decision": "perhaps"}}}, "rejected"),
        ({"error": {"code": -32601, "message": "no forms here"}}, "no forms here"),
    ],
)
def test_all_but_a_yes_is_a_no(
    program: Program, model: FakeModel, answer: dict[str, Any], text: str
) -> None:
    model.add(TOUCH, Reply.text("done"))
    client = serve(program, model)
    client.hello(**FORMS)
    client.begin("codex", 1, prompt="go", **{"approval-policy": "untrusted"})
    question = client.wait(lambda m: m.get("method") == "elicitation/create")
    assert question["params"]["codex_elicitation"] == "exec-approval"
    assert "touch made" in question["params"]["message"]
    client.send(id=question["id"], **answer)
    assert client.result(1)["content"][0]["text"] == "done"
    assert text in json.dumps(model.requests[1].body)
    assert not (program.repo / "made").exists()


def test_a_cancelled_question_stops_the_task(program: Program, model: FakeModel) -> None:
    model.add(TOUCH)
    client = serve(program, model)
    client.hello(**FORMS)
    client.begin("codex", 1, prompt="go", **{"approval-policy": "untrusted"})
    question = client.wait(lambda m: m.get("method") == "elicitation/create")
    client.send(id=question["id"], result={"action": "cancel"})
    result = client.result(1)
    assert result["isError"]
    assert "stopped" in result["content"][0]["text"]


def test_a_form_of_a_server_of_ours_is_handed_on(program: Program, model: FakeModel) -> None:
    model.add(Reply.call("mcp__s__ask", {}), Reply.text("done"))
    client = serve(program, model)
    client.hello(elicitation={"form": {}})
    server = {"command": sys.executable, "args": [PROGRAM], "required": True}
    client.begin("codex", 1, prompt="go", config={"mcp_servers": {"s": server}})
    question = client.wait(lambda m: m.get("method") == "elicitation/create")
    assert question["params"]["message"] == "Who?"
    client.send(id=question["id"], result={"action": "accept", "content": {"name": "Bob"}})
    client.result(1)
    assert "Bob" in json.dumps(model.requests[1].body)


def test_a_cancelled_call_ends_its_command_and_has_no_answer(
    program: Program, model: FakeModel
) -> None:
    client = serve(program, model)
    client.hello()
    with Lifeline(program.repo) as lifeline:
        model.add(HELD, Reply.text("after"))
        client.begin("codex", 1, prompt="go", **{"approval-policy": "never"})
        lifeline.wait_until_held()
        thread_id = client.event("exec_command_begin")["_meta"]["threadId"]
        client.tell("notifications/cancelled", {"requestId": 1, "reason": "enough"})
        client.event("turn_aborted")
        assert lifeline.is_let_go(PATIENCE_S)
    reply = client.call("codex-reply", 2, threadId=thread_id, prompt="more")
    assert reply["content"][0]["text"] == "after"
    assert [m for m in client.seen if m.get("id") == 1] == []


@pytest.mark.parametrize("request_id", [[], {}, None, 1.5, "none"])
def test_a_cancellation_of_nothing_is_ignored(
    program: Program, model: FakeModel, request_id: object
) -> None:
    model.add(Reply.text("fine"))
    client = serve(program, model)
    client.hello()
    client.tell("notifications/cancelled", {"requestId": request_id})
    assert client.call("codex", 1, prompt="go")["content"][0]["text"] == "fine"


def test_calls_run_side_by_side_and_an_id_in_use_is_refused(
    program: Program, model: FakeModel
) -> None:
    stall = Stall()
    model.add(Reply.text("slow").stall_at(0, stall), Reply.text("quick"))
    client = serve(program, model)
    client.hello()
    client.begin("codex", 1, prompt="one")
    assert stall.reached.wait(PATIENCE_S)
    assert client.call("codex", 1, prompt="again")["code"] == -32600
    assert client.call("codex", 2, prompt="two")["content"][0]["text"] == "quick"
    stall.release.set()
    assert client.result(1)["content"][0]["text"] == "slow"


def test_a_session_goes_on_in_another_server(program: Program, model: FakeModel) -> None:
    model.add(Reply.text("one"), Reply.text("two"))
    client = serve(program, model)
    client.hello()
    thread_id = client.call("codex", prompt="first words")["structuredContent"]["threadId"]
    assert client.end() == 0
    second = serve(program, model)
    second.hello()
    reply = second.call("codex-reply", conversationId=thread_id, prompt="more words")
    assert reply["structuredContent"] == {"threadId": thread_id, "content": "two"}
    assert "first words" in json.dumps(model.requests[1].body)
    first_line = next(program.home.glob("sessions/*/*/*/*.jsonl")).read_text().splitlines()[0]
    assert json.loads(first_line)["payload"]["source"] == "mcp"


def test_of_many_sessions_the_oldest_still_goes_on(program: Program, model: FakeModel) -> None:
    count = MAX_IDLE + 3
    model.add(*(Reply.text(f"answer {number}") for number in range(count + 1)))
    client = serve(program, model)
    client.hello()
    ids = [
        client.call("codex", number, prompt=f"words {number}")["structuredContent"]["threadId"]
        for number in range(count)
    ]
    reply = client.call("codex-reply", "more", threadId=ids[0], prompt="more")
    assert reply["structuredContent"] == {"threadId": ids[0], "content": f"answer {count}"}
    assert "words 0" in json.dumps(model.requests[-1].body)
    assert client.end() == 0


def test_a_session_nobody_knows_and_one_at_work_are_refused(
    program: Program, model: FakeModel
) -> None:
    stall = Stall()
    model.add(Reply.text("slow").stall_at(0, stall))
    client = serve(program, model)
    client.hello()
    unknown = "12345678-1234-1234-1234-123456789012"
    result = client.call("codex-reply", threadId=unknown, prompt="x")
    assert result["isError"]
    assert unknown in result["content"][0]["text"]
    assert "threadId" in client.call("codex-reply", prompt="x")["content"][0]["text"]
    client.begin("codex", 2, prompt="go")
    thread_id = client.event("session_configured")["msg"]["session_id"]
    assert stall.reached.wait(PATIENCE_S)
    busy = client.call("codex-reply", 3, threadId=thread_id, prompt="x")
    assert "still at work" in busy["content"][0]["text"]
    stall.release.set()
    assert client.result(2)["content"][0]["text"] == "slow"


def test_at_the_end_of_the_input_calls_are_answered_and_nothing_is_left(
    program: Program, model: FakeModel
) -> None:
    with Lifeline(program.repo) as lifeline:
        model.add(HELD)
        client = serve(program, model)
        client.hello()
        client.begin("codex", 1, prompt="go", **{"approval-policy": "never"})
        lifeline.wait_until_held()
        assert client.end() == 0
        assert lifeline.is_let_go(PATIENCE_S)
    answers = [m for m in client.rest() if m.get("id") == 1]
    assert "the server ended" in answers[0]["result"]["content"][0]["text"]


def test_sigterm_leaves_nothing_running(program: Program, model: FakeModel) -> None:
    with Lifeline(program.repo) as lifeline:
        model.add(HELD)
        client = serve(program, model)
        client.hello()
        client.begin("codex", 1, prompt="go", **{"approval-policy": "never"})
        lifeline.wait_until_held()
        client.process.send_signal(signal.SIGTERM)
        assert client.process.wait(PATIENCE_S) == -signal.SIGTERM
        assert lifeline.is_let_go(PATIENCE_S)


def test_a_client_that_reads_nothing_for_long_misses_nothing(
    program: Program, model: FakeModel
) -> None:
    words = "x" * 3_000_000  # far more than a pipe holds
    model.add(Reply.text(words))
    program.configure(provider_config(model.base_url))
    process = program.start("mcp-server", stdin=subprocess.PIPE)
    assert process.stdin is not None
    hello = {"protocolVersion": "2025-11-25", "capabilities": {}}
    for number, (method, params) in enumerate(
        [("initialize", hello), ("tools/call", {"name": "codex", "arguments": {"prompt": "go"}})]
    ):
        request = {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
        process.stdin.write(json.dumps(request) + "\n")
        process.stdin.flush()
    model.next_request()
    client = McpClient(process)  # It begins to read only now.
    assert client.result(1)["content"][0]["text"] == words


def test_a_client_that_never_reads_does_not_keep_the_server(
    program: Program, model: FakeModel
) -> None:
    model.add(Reply.text("x" * 3_000_000))
    program.configure(provider_config(model.base_url))
    process = program.start("mcp-server", stdin=subprocess.PIPE)
    assert process.stdin is not None
    for message in (
        {"id": 0, "method": "initialize", "params": {"protocolVersion": "", "capabilities": {}}},
        {
            "id": 1,
            "method": "tools/call",
            "params": {"name": "codex", "arguments": {"prompt": "x"}},
        },
    ):
        process.stdin.write(json.dumps(message) + "\n")
    process.stdin.flush()
    model.next_request()
    process.stdin.close()
    assert process.wait(PATIENCE_S) == 0
    assert process.stderr is not None
    assert process.stderr.read() == ""


def test_a_person_is_told_what_mcp_is_for(program: Program) -> None:
    import pty

    ours, theirs = pty.openpty()
    with open(theirs, encoding="utf-8") as terminal, open(ours, "rb"):
        listed = program.start("mcp", stdin=terminal)
        out, _ = listed.communicate(timeout=PATIENCE_S)
        assert "codex mcp add" in out
        assert listed.returncode == 0
        served = program.start("mcp-server", stdin=terminal)
        _, err = served.communicate(timeout=PATIENCE_S)
    assert "standard input is a terminal" in err
    assert served.returncode == 1
