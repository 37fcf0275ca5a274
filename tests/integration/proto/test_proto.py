"""`codex proto` as a program."""

from __future__ import annotations

import json
import signal
import subprocess
from typing import Any

from tests.support.model.fake_model import FakeModel, Reply, Stall
from tests.support.program import PATIENCE_S, Program, provider_config


def said(text: str, submission_id: str = "a") -> str:
    op = {"type": "user_input", "items": [{"type": "text", "text": text}]}
    return json.dumps({"id": submission_id, "op": op}) + "\n"


def events(out: str) -> list[tuple[str, str]]:
    lines = [json.loads(line) for line in out.splitlines()]
    return [(line["id"], line["msg"]["type"]) for line in lines]


def test_the_end_of_the_input_waits_for_the_running_task(program: Program) -> None:
    script = [Reply.call("shell", {"command": ["echo", "hi"]}), Reply.text("done")]
    with FakeModel(script) as model:
        program.configure(provider_config(model.base_url))
        result = program.run("proto", text=said("go"))
    assert result.returncode == 0
    kinds = events(result.stdout)
    assert kinds[0] == ("0", "session_configured")
    assert kinds[1] == ("a", "task_started")
    assert ("a", "exec_command_end") in kinds
    assert kinds[-2:] == [("a", "task_complete"), ("", "shutdown_complete")]
    last = json.loads(result.stdout.splitlines()[-2])
    assert last["msg"]["last_agent_message"] == "done"


def test_a_bad_line_is_answered_and_the_work_goes_on(program: Program) -> None:
    bad = '{"id":"x","op":{"type":"dance"}}\n\nnot json\n'
    with FakeModel([Reply.text("done")]) as model:
        program.configure(provider_config(model.base_url))
        result = program.run("proto", text=bad + said("go"))
    assert result.returncode == 0
    kinds = events(result.stdout)
    assert ("x", "error") in kinds
    assert ("", "error") in kinds
    assert ("a", "task_complete") in kinds


def test_a_question_of_the_engine_is_answered_by_the_client(program: Program) -> None:
    script = [Reply.call("shell", {"command": ["touch", "made"]}, "c1"), Reply.text("done")]
    with FakeModel(script) as model:
        program.configure(provider_config(model.base_url))
        process = program.start("proto", "-c", "approval_policy=untrusted", stdin=subprocess.PIPE)
        send(process, said("go"))
        request = wait_for(process, "exec_approval_request")
        answer = {"type": "exec_approval", "id": request["call_id"], "decision": "approved"}
        send(process, json.dumps({"id": "b", "op": answer}) + "\n")
        out, _ = process.communicate(timeout=PATIENCE_S)
        assert (program.repo / "made").exists()
    assert process.returncode == 0
    assert ("a", "task_complete") in events(out)


ASKS = ("-c", "approval_policy=unless-allow-listed")


def test_an_interrupt_ends_a_question_and_the_next_input_works(program: Program) -> None:
    script = [Reply.call("shell", {"command": ["touch", "made"]}), Reply.text("fine")]
    with FakeModel(script) as model:
        program.configure(provider_config(model.base_url))
        process = program.start("proto", *ASKS, stdin=subprocess.PIPE)
        send(process, said("one", "a"))
        wait_for(process, "exec_approval_request")
        send(process, json.dumps({"id": "b", "op": {"type": "interrupt"}}) + "\n")
        wait_for(process, "turn_aborted")
        send(process, said("two", "c"))
        assert wait_for(process, "task_complete")["last_agent_message"] == "fine"
        process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0
    assert not (program.repo / "made").exists()


def test_control_c_ends_a_question(program: Program) -> None:
    with FakeModel([Reply.call("shell", {"command": ["touch", "made"]})]) as model:
        program.configure(provider_config(model.base_url))
        process = program.start("proto", *ASKS, stdin=subprocess.PIPE)
        send(process, said("go"))
        wait_for(process, "exec_approval_request")
        process.send_signal(signal.SIGINT)
        # Before its input ends: that would be an answer to the question, too.
        assert process.wait(PATIENCE_S) == 130
        out, _ = process.communicate(timeout=PATIENCE_S)
    assert events(out)[-2:] == [("a", "turn_aborted"), ("", "shutdown_complete")]
    assert not (program.repo / "made").exists()


def test_control_c_aborts_the_task_and_says_so(program: Program) -> None:
    stall = Stall()
    with FakeModel([Reply.text("never", before_head=stall)]) as model:
        program.configure(provider_config(model.base_url))
        process = program.start("proto", stdin=subprocess.PIPE)
        send(process, said("go"))
        assert stall.reached.wait(PATIENCE_S)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 130
    assert events(out)[-2:] == [("a", "turn_aborted"), ("", "shutdown_complete")]
    assert err == ""


def test_sigterm_ends_it_by_that_signal(program: Program) -> None:
    with FakeModel() as model:
        program.configure(provider_config(model.base_url))
        process = program.start("proto", stdin=subprocess.PIPE)
        wait_for(process, "session_configured")
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE_S) == -signal.SIGTERM


def test_a_client_that_went_away_ends_it_quietly(program: Program) -> None:
    with FakeModel([Reply.text("done")]) as model:
        program.configure(provider_config(model.base_url))
        process = program.start("proto", stdin=subprocess.PIPE)
        wait_for(process, "session_configured")
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        send(process, said("go"))
        assert process.wait(PATIENCE_S) == 1
        assert process.stderr.read() == ""


def send(process: subprocess.Popen[str], text: str) -> None:
    assert process.stdin is not None
    process.stdin.write(text)
    process.stdin.flush()


def wait_for(process: subprocess.Popen[str], kind: str) -> dict[str, Any]:
    """Read events up to the first of a kind; return its message."""
    assert process.stdout is not None
    for line in process.stdout:
        msg: dict[str, Any] = json.loads(line)["msg"]
        if msg["type"] == kind:
            return msg
    raise AssertionError(f"{kind} never came")
