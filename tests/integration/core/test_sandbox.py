"""What the sandbox stopped or undid is reported to user and model, and in approval requests."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from codex.config.types import SandboxSettings
from codex.protocol.events import (
    ExecApprovalRequest,
    ExecCommandEnd,
    ExecCommandOutputDelta,
    SessionConfigured,
    TaskComplete,
    Warning,
)
from codex.protocol.ops import ExecApproval, Interrupt
from codex.protocol.policy import READ_ONLY, AskForApproval, ReviewDecision, SandboxPolicy
from codex.rollout.transcript import ABORTED
from codex.sandbox.machine import enforcement_for
from tests.support.conversation import converse
from tests.support.engine import Engine, only, outputs
from tests.support.model.fake_model import FakeModel, Reply

WORKSPACE = SandboxPolicy(can_write_cwd=True)
"""Policy without /tmp, where the tests' own folders are."""


def shell(script: str) -> list[Reply]:
    return [Reply.call("shell", {"command": ["sh", "-c", script]}, "c1"), Reply.text("ok")]


@pytest.fixture
def work(tmp_path: Path) -> Path:
    folder = tmp_path.resolve() / "work"
    folder.mkdir()
    return folder


def test_a_denial_is_one_line_for_user_and_model(work: Path) -> None:
    target = work.parent / "outside"
    with (
        FakeModel(shell(f"touch {target}")) as model,
        Engine(model, cwd=str(work), sandbox_policy=WORKSPACE) as engine,
    ):
        end = only(engine.run("go"), ExecCommandEnd)
        told = outputs(model.requests[1].body)[0]
    assert end.denial == (
        f"probably blocked: write {target} (outside the writable folders)"
        f" - allow with --add-dir {work.parent}"
    )
    assert end.exit_code == 1
    assert end.denial in told.splitlines()
    assert "Exit code: 1" in told


def test_the_question_whether_to_go_on_without_carries_the_denial(work: Path) -> None:
    with (
        FakeModel(shell("touch made")) as model,
        Engine(
            model,
            cwd=str(work),
            sandbox_policy=READ_ONLY,
            approval_policy=AskForApproval.ON_FAILURE,
        ) as engine,
    ):
        task = engine.say("go")
        end = engine.wait_for(ExecCommandEnd)
        request = engine.wait_for(ExecApprovalRequest)
        assert request.denial == end.denial
        assert request.denial is not None
        assert request.denial.endswith("(the sandbox is read-only) - allow with -s workspace-write")
        assert request.reason == "retry without the sandbox?"
        engine.codex.submit(ExecApproval("c1", ReviewDecision.APPROVED))
        messages = engine.until_end(task)
    assert only(messages, ExecCommandEnd).denial is None
    assert (work / "made").exists()


def test_a_command_that_fails_by_itself_is_no_denial(work: Path) -> None:
    with (
        FakeModel(shell("echo oh; exit 3")) as model,
        Engine(model, cwd=str(work), sandbox_policy=WORKSPACE) as engine,
    ):
        end = only(engine.run("go"), ExecCommandEnd)
    assert (end.exit_code, end.denial) == (3, None)


def test_what_was_undone_is_told_to_user_and_model(work: Path) -> None:
    hooks = work / ".git" / "hooks"
    hooks.mkdir(parents=True)
    (work / ".git" / "config").write_text("[core]\n")
    with (
        FakeModel(shell("echo evil > .mcp.json; echo fine > made")) as model,
        Engine(model, cwd=str(work), sandbox_policy=WORKSPACE) as engine,
    ):
        messages = engine.run("go")
        told = outputs(model.requests[1].body)[0]
    line = only(messages, Warning).message
    assert line.startswith(f"protected: '{work}/.mcp.json' was made by the command; it is now ")
    assert line in told.splitlines()
    assert not (work / ".mcp.json").exists()
    assert (work / "made").read_text() == "fine\n"
    end = next(i for i, msg in enumerate(messages) if isinstance(msg, ExecCommandEnd))
    assert messages.index(Warning(line)) > end


def test_a_protected_file_stays_as_it_is_and_somebody_says_why(work: Path) -> None:
    (work / ".git").mkdir()
    config = work / ".git" / "config"
    config.write_text("[core]\n")
    with (
        FakeModel(shell("echo evil > .git/config")) as model,
        Engine(model, cwd=str(work), sandbox_policy=WORKSPACE) as engine,
    ):
        messages = engine.run("go")
        told = outputs(model.requests[1].body)[0]
    assert config.read_text() == "[core]\n"
    if enforcement_for(WORKSPACE).has_namespaces:  # mounts: it failed at once
        denial = only(messages, ExecCommandEnd).denial
        assert denial is not None
        assert denial.startswith(f"probably blocked: write {config} ({config} is protected")
        assert denial in told
    else:
        line = only(messages, Warning).message
        assert line.startswith(f"protected: '{config}' was changed by the command; put back")
        assert line in told


def test_a_workspace_in_another_writable_folder_is_not_exchanged(work: Path) -> None:
    hooks = work / ".git" / "hooks"
    hooks.mkdir(parents=True)
    (hooks / "pre-push").write_text("mine\n")
    policy = SandboxPolicy(can_write_cwd=True, writable_roots=(str(work.parent),))
    script = "cd ..; mv work moved; cp -r moved work; echo evil >> work/.git/hooks/pre-push"
    with (
        FakeModel(shell(script)) as model,
        Engine(model, cwd=str(work), sandbox_policy=policy) as it,
    ):
        it.run("go")
    assert (hooks / "pre-push").read_text() == "mine\n"


def test_it_is_undone_when_the_command_runs_out_of_time(work: Path) -> None:
    arguments = {"command": ["sh", "-c", "echo > .mcp.json; sleep 60"], "timeout": 300}
    script = [Reply.call("shell", arguments, "c1"), Reply.text("ok")]
    with (
        FakeModel(script) as model,
        Engine(model, cwd=str(work), sandbox_policy=WORKSPACE) as engine,
    ):
        messages = engine.run("go")
    assert only(messages, ExecCommandEnd).exit_code == 124
    assert "'.mcp.json" in only(messages, Warning).message.replace(f"{work}/", "")
    assert not (work / ".mcp.json").exists()


def test_it_is_told_to_the_model_also_when_the_command_is_interrupted(work: Path) -> None:
    script = "echo > .mcp.json; echo ready; sleep 60"
    with (
        FakeModel([*shell(script), Reply.text("fine")]) as model,
        Engine(model, cwd=str(work), sandbox_policy=WORKSPACE) as engine,
    ):
        task = engine.say("go")
        engine.wait_for(ExecCommandOutputDelta)
        engine.codex.submit(Interrupt())
        messages = engine.until_end(task)
        engine.run("go on")
        told = outputs(model.requests[1].body)[0]
    assert told == f"{ABORTED}\n{only(messages, Warning).message}"
    assert "'.mcp.json.quarantined'" in told.replace(f"{work}/", "")


def test_what_a_first_attempt_did_is_told_with_the_second(work: Path) -> None:
    target = work.parent / "outside"
    out = converse(
        work,
        {"command": ["sh", "-c", f"echo > .mcp.json; touch {target}"]},
        answers=(ReviewDecision.APPROVED,),
        approval_policy=AskForApproval.ON_FAILURE,
        sandbox_policy=WORKSPACE,
    )
    assert target.exists()
    (line,) = out.warnings
    assert line in out.outputs[0].splitlines()


def test_the_agents_own_folder_is_held(work: Path) -> None:
    home = work / "codex-home"
    home.mkdir()
    (home / "config.toml").write_text("x = 1\n")
    with (
        FakeModel(shell("echo evil > codex-home/config.toml; echo > codex-home/rules")) as model,
        Engine(model, cwd=str(work), sandbox_policy=WORKSPACE) as engine,
    ):
        engine.run("go")
    assert (home / "config.toml").read_text() == "x = 1\n"
    assert not (home / "rules").exists()


def test_what_the_user_lets_run_outside_the_sandbox_is_not_undone(work: Path) -> None:
    (work / ".git").mkdir()
    arguments = {
        "command": ["sh", "-c", "echo > .git/config"],
        "with_escalated_permissions": True,
    }
    script = [
        Reply.call("shell", arguments, "c1"),
        Reply.call("shell", {"command": ["true"]}, "c2"),
        Reply.text("ok"),
    ]
    with (
        FakeModel(script) as model,
        Engine(
            model,
            cwd=str(work),
            sandbox_policy=WORKSPACE,
            approval_policy=AskForApproval.ON_REQUEST,
        ) as engine,
    ):
        task = engine.say("go")
        engine.wait_for(ExecApprovalRequest)
        engine.codex.submit(ExecApproval("c1", ReviewDecision.APPROVED))
        messages = engine.until_end(task)
    assert messages[-1] == TaskComplete("ok")
    assert not any(isinstance(msg, Warning) for msg in messages)
    assert (work / ".git" / "config").exists()


def test_in_a_container_nothing_is_enforced_and_names_are_still_held(work: Path) -> None:
    outside = work.parent / "outside"
    with (
        FakeModel(shell(f"touch {outside}; echo > .mcp.json")) as model,
        Engine(
            model,
            cwd=str(work),
            sandbox_policy=WORKSPACE,
            sandbox=SandboxSettings(container=True),
        ) as engine,
    ):
        messages = engine.run("go")
    assert only(messages, ExecCommandEnd).exit_code == 0
    assert outside.exists()
    assert not (work / ".mcp.json").exists()


def test_what_is_weaker_here_is_said_once_with_the_first_command(work: Path) -> None:
    with (
        FakeModel([*shell("true"), *shell("true")]) as model,
        Engine(model, cwd=str(work), sandbox_policy=WORKSPACE) as engine,
    ):
        assert isinstance(engine.next().msg, SessionConfigured)
        engine.run("one")
        engine.run("two")
        said = [event.msg.message for event in engine.seen if isinstance(event.msg, Warning)]
    assert len(said) <= 1
    assert all("weaker" in text for text in said)
    assert os.path.isdir(work)
