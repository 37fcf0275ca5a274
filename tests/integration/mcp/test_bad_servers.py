"""Whatever an MCP server does, the session continues and the user is told."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING, NamedTuple

from codex.protocol.events import McpToolCallEnd, TaskComplete, Warning
from codex.protocol.replies import McpServerState, McpServerStatus
from tests.support.engine import Engine, only, outputs
from tests.support.mcp.servers import engine_with, offered, scripted
from tests.support.model.fake_model import FakeModel, Reply
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from pathlib import Path

    from codex.protocol.events import EventMsg

DONE = Reply.text("done")


def state(engine: Engine, server: str, wanted: McpServerState) -> McpServerStatus:
    """Wait until a server is in a state."""
    while True:
        status = engine.wait_for(McpServerStatus)
        if (status.server, status.state) == (server, wanted):
            return status


def warnings(engine: Engine) -> list[str]:
    """Return the warnings so far."""
    return [event.msg.message for event in engine.seen if isinstance(event.msg, Warning)]


def is_done(messages: list[EventMsg]) -> bool:
    return isinstance(messages[-1], TaskComplete)


def test_a_server_that_hangs_at_its_start_costs_only_itself(tmp_path: Path) -> None:
    servers = {
        "bad": scripted("hang", required=False, startup_timeout_sec=0.3),
        "good": scripted(),
    }
    script = [Reply.call("mcp__good__echo", {"text": "hi"}), DONE]
    with FakeModel(script) as model, engine_with(model, tmp_path, servers) as engine:
        messages = engine.run("go")
        assert outputs(model.requests[1].body) == ["echo: hi"]
        failed = state(engine, "bad", McpServerState.FAILED)
    assert is_done(messages)
    assert failed.message is not None
    assert "no response to 'initialize' within 0.3 s" in failed.message
    assert "startup_timeout_sec" in failed.message


def test_a_server_that_ends_at_its_start_is_reported_with_its_last_words(tmp_path: Path) -> None:
    servers = {"bad": scripted("last-words", required=False), "worse": scripted(required=False)}
    servers["worse"] = type(servers["bad"])(command="/no/such/program")
    with FakeModel([DONE]) as model, engine_with(model, tmp_path, servers) as engine:
        statuses = [engine.wait_for(McpServerStatus) for _ in range(4)]
        assert is_done(engine.run("go"))
    found = {s.server: s.message or "" for s in statuses if s.state is McpServerState.FAILED}
    assert found["bad"] == "it exited with status 3; the end of its stderr:\nno such database"
    assert "cannot run '/no/such/program': No such file" in found["worse"]


def test_a_required_server_that_fails_ends_the_task_and_not_the_session(tmp_path: Path) -> None:
    with FakeModel([DONE]) as model, engine_with(model, tmp_path, scripted("last-words")) as engine:
        end = str(engine.run("go")[-1])
        assert "the MCP server 's', which is required, has failed" in end
        assert "no such database" in end
        assert model.requests == []
        assert "has failed" in str(engine.run("again")[-1])


def test_a_server_that_dies_in_a_call_is_reported_and_started_again_once(tmp_path: Path) -> None:
    die, echo = Reply.call("mcp__s__die", {}), Reply.call("mcp__s__echo", {"text": "hi"})
    script = [die, DONE, echo, DONE, die, DONE, DONE]
    with FakeModel(script) as model, engine_with(model, tmp_path, scripted()) as engine:
        messages = engine.run("go")
        assert is_done(messages)
        text = outputs(model.requests[1].body)[0]
        assert text.startswith("error: the MCP server 's': it exited with status 3")
        assert "something broke" in text
        end = only(messages, McpToolCallEnd)
        assert end.error is not None
        assert not end.success
        engine.run("use it again")
        assert outputs(model.requests[3].body)[-1] == "echo: hi"
        engine.run("and a last time")
        # The last turn would wait for a required server that has ended for good.
        assert "has been restarted once already" in str(engine.run("no more")[-1])
    failures = [
        event.msg.message
        for event in engine.seen
        if isinstance(event.msg, McpServerStatus) and event.msg.state is McpServerState.FAILED
    ]
    assert failures[0] is not None
    assert failures[0].endswith("it is being restarted")


def test_a_server_that_cannot_be_started_again_says_why(tmp_path: Path) -> None:
    server = scripted(f"once={tmp_path / 'was-here'}", required=False)
    with (
        FakeModel([Reply.call("mcp__s__die", {}), DONE, DONE]) as model,
        engine_with(model, tmp_path, server) as engine,
    ):
        state(engine, "s", McpServerState.READY)
        engine.run("go")
        while "I was here before" not in str(state(engine, "s", McpServerState.FAILED).message):
            pass
        assert is_done(engine.run("more"))
        assert offered(model.requests[-1].body) == []


def test_a_flood_of_lines_that_are_no_messages_ends_the_server(tmp_path: Path) -> None:
    servers = {"bad": scripted("flood", required=False), "good": scripted()}
    script = [Reply.call("mcp__good__echo", {"text": "hi"}), DONE]
    with FakeModel(script) as model, engine_with(model, tmp_path, servers) as engine:
        failed = state(engine, "bad", McpServerState.FAILED)
        assert is_done(engine.run("go"))
        assert outputs(model.requests[1].body) == ["echo: hi"]
    assert failed.message is not None
    assert "it sent 1,000 invalid messages" in failed.message
    told = [text for text in warnings(engine) if "'bad'" in text]
    assert len(told) == 1
    assert "not a message" in told[0]


def test_a_greeting_on_stdout_is_left_out_and_told_once(tmp_path: Path) -> None:
    script = [Reply.call("mcp__s__echo", {"text": "hi"}), DONE]
    with FakeModel(script) as model, engine_with(model, tmp_path, scripted("greet")) as engine:
        engine.run("go")
        assert outputs(model.requests[1].body) == ["echo: hi"]
    assert len(warnings(engine)) == 1
    assert "the MCP server 's': it sent an invalid message" in warnings(engine)[0]
    assert "Welcome to the server!" in warnings(engine)[0]


def test_ten_megabytes_become_their_head_and_tail(tmp_path: Path) -> None:
    size = 10_000_000
    script = [Reply.call("mcp__s__big", {"text": str(size)}), DONE]
    with FakeModel(script) as model, engine_with(model, tmp_path, scripted()) as engine:
        messages = engine.run("go")
        text = outputs(model.requests[1].body)[0]
    assert len(text) < 50_000
    assert "cut" in text
    assert len(str(only(messages, McpToolCallEnd).result)) < 64_000
    assert sum(path.stat().st_size for path in tmp_path.rglob("rollout-*")) < 300_000


def test_of_two_thousand_tools_a_model_gets_as_many_as_it_takes(tmp_path: Path) -> None:
    servers = {"many": scripted("many=2000"), "few": scripted()}
    with FakeModel([DONE, DONE]) as model, engine_with(model, tmp_path, servers) as engine:
        assert is_done(engine.run("go"))
        assert is_done(engine.run("again"))
        names = offered(model.requests[0].body)
        assert offered(model.requests[1].body) == names
    assert len(names) == 120
    assert "mcp__few__echo" in names
    assert warnings(engine) == [
        "the MCP server 'many' offers 2,000 tools, but all servers together may offer 120: 1,890 "
        "of them are left out; choose some with mcp_servers.many.enabled_tools"
    ]


def test_colliding_names_stay_apart(tmp_path: Path) -> None:
    with (
        FakeModel([DONE]) as model,
        engine_with(model, tmp_path, scripted("collide")) as engine,
    ):
        engine.run("go")
        names = offered(model.requests[0].body)
    assert len(set(names)) == len(names) == 6
    assert all(len(name) <= 64 for name in names)
    assert [text for text in warnings(engine) if "lists the tool 'same' twice" in text]


def test_the_end_of_the_session_leaves_nothing_of_stubborn_servers(tmp_path: Path) -> None:
    servers = {f"s{number}": scripted("stubborn") for number in range(4)}
    others = {seen.group for seen in processes()}
    own_session = os.getsid(0)
    with FakeModel([DONE]) as model, engine_with(model, tmp_path, servers) as engine:
        engine.run("go")
        ours = [seen for seen in processes() if seen.parent == os.getpid()]
        groups = {seen.group for seen in ours if seen.session == own_session} - others
        assert len(groups) == 4
        assert len([seen for seen in processes() if seen.group in groups]) >= 8
    # What was killed may take a moment to be gone; what was not would stay for good.
    wait_until(lambda: not [seen for seen in processes() if seen.group in groups], "their end")


class Seen(NamedTuple):
    """A process that is not a zombie."""

    parent: int
    group: int
    session: int


def processes() -> list[Seen]:
    """Return all processes except zombies."""
    found = []
    for name in filter(str.isdecimal, os.listdir("/proc")):
        with contextlib.suppress(OSError), open(f"/proc/{name}/stat", encoding="utf-8") as file:
            state, parent, group, session, *_ = file.read().rpartition(")")[2].split()
            if state not in "ZX":
                found.append(Seen(int(parent), int(group), int(session)))
    return found
