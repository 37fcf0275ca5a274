"""Approval requests to the user, and what each answer lets the engine do."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from codex.core.tools.attempt import AFTER_TRIAL
from codex.protocol.events import (
    ApplyPatchApprovalRequest,
    Error,
    ExecApprovalRequest,
    ExecCommandBegin,
    ExecCommandEnd,
    PatchApplyBegin,
    PatchApplyEnd,
    TaskComplete,
    TurnAborted,
)
from codex.protocol.ops import ExecApproval, PatchApproval
from codex.protocol.policy import READ_ONLY, AskForApproval, ReviewDecision
from tests.support.conversation import YES, converse, shell
from tests.support.engine import Engine, only, outputs
from tests.support.model.fake_model import FakeModel, Reply

PATCH = "*** Begin Patch\n*** Add File: new.txt\n+hi\n*** End Patch"
TOUCH = {"command": ["touch", "made"]}


def careful_engine(model: FakeModel, cwd: Path) -> Engine:
    """Return an engine that asks before every command that is not known to be harmless."""
    return Engine(model, cwd=str(cwd), approval_policy=AskForApproval.UNTRUSTED)


def test_an_untrusted_command_waits_for_the_answer(tmp_path: Path) -> None:
    script = [Reply.call("shell", TOUCH, "c1"), Reply.text("ok")]
    with FakeModel(script) as model, careful_engine(model, tmp_path) as engine:
        task = engine.say("go")
        request = engine.wait_for(ExecApprovalRequest)
        assert (request.call_id, request.command) == ("c1", ("touch", "made"))
        assert not (tmp_path / "made").exists()
        engine.codex.submit(ExecApproval(request.call_id, ReviewDecision.APPROVED))
        assert engine.until_end(task)[-1] == TaskComplete("ok")
    assert (tmp_path / "made").exists()


def test_a_trusted_command_runs_without_a_question(tmp_path: Path) -> None:
    script = [Reply.call("shell", {"command": ["ls"]}), Reply.text("ok")]
    with FakeModel(script) as model, careful_engine(model, tmp_path) as engine:
        messages = engine.run("go")
    assert not any(isinstance(m, ExecApprovalRequest) for m in messages)
    assert only(messages, ExecCommandEnd).exit_code == 0


def test_a_denial_reaches_the_model_with_the_users_words(tmp_path: Path) -> None:
    script = [Reply.call("shell", TOUCH), Reply.text("ok")]
    with FakeModel(script) as model, careful_engine(model, tmp_path) as engine:
        task = engine.say("go")
        request = engine.wait_for(ExecApprovalRequest)
        no = ExecApproval(request.call_id, ReviewDecision.DENIED, "use mkdir")
        engine.codex.submit(no)
        messages = engine.until_end(task)
    assert not any(isinstance(m, ExecCommandBegin) for m in messages)
    assert outputs(model.requests[1].body) == ["rejected by the user: use mkdir"]


def test_a_yes_for_the_session_is_for_the_same_words_in_the_same_place(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    elsewhere = {**TOUCH, "workdir": "sub"}
    script = [
        Reply.call("shell", TOUCH, "c1"),
        Reply.call("shell", TOUCH, "c2"),
        Reply.call("shell", elsewhere, "c3"),
        Reply.text("ok"),
    ]
    with FakeModel(script) as model, careful_engine(model, tmp_path) as engine:
        task = engine.say("go")
        first = engine.wait_for(ExecApprovalRequest)
        engine.codex.submit(ExecApproval(first.call_id, ReviewDecision.APPROVED_FOR_SESSION))
        second = engine.wait_for(ExecApprovalRequest)
        assert (second.call_id, second.cwd) == ("c3", str(tmp_path / "sub"))
        engine.codex.submit(ExecApproval(second.call_id, ReviewDecision.DENIED))
        engine.until_end(task)
    assert not (tmp_path / "sub" / "made").exists()


def test_an_abort_ends_the_task(tmp_path: Path) -> None:
    script = [Reply.call("shell", TOUCH)]
    with FakeModel(script) as model, careful_engine(model, tmp_path) as engine:
        task = engine.say("go")
        engine.wait_for(ExecApprovalRequest)
        engine.codex.submit(ExecApproval(task, ReviewDecision.ABORT))
        assert engine.until_end(task)[-1] == TurnAborted()


def test_an_answer_to_nothing_is_refused_by_name(tmp_path: Path) -> None:
    with FakeModel([]) as model, Engine(model, cwd=str(tmp_path)) as engine:
        stray = engine.codex.submit(ExecApproval("c9", ReviewDecision.APPROVED))
        assert "'c9'" in only(engine.until_end(stray), Error).message


def test_the_question_after_a_denial_shows_what_was_blocked_and_once_is_once(
    tmp_path: Path,
) -> None:
    outside = tmp_path / "outside"
    inside = tmp_path / "inside"
    outside.mkdir()
    inside.mkdir()
    # Not `touch`, which only changes the times of an existing file: Landlock ignores metadata.
    call = {"command": ["sh", "-c", f"echo x >> {outside / 'x'}"]}
    script = [Reply.call("shell", call, "c1"), Reply.call("shell", call, "c2"), Reply.text("ok")]
    with (
        FakeModel(script) as model,
        Engine(
            model,
            cwd=str(inside),
            approval_policy=AskForApproval.ON_FAILURE,
            sandbox_policy=READ_ONLY,
        ) as engine,
    ):
        task = engine.say("go")
        first = engine.wait_for(ExecApprovalRequest)
        assert str(outside / "x") in str(first.denial)
        assert not (outside / "x").exists()
        engine.codex.submit(ExecApproval(first.call_id, ReviewDecision.APPROVED))
        again = engine.wait_for(ExecApprovalRequest)
        assert (outside / "x").exists()
        assert again.call_id == "c2"
        engine.codex.submit(ExecApproval(again.call_id, ReviewDecision.DENIED))
        messages = engine.until_end(task)
    assert messages[-1] == TaskComplete("ok")
    second_output = outputs(model.requests[2].body)[1]
    assert "Exit code: 2" in second_output
    assert "rejected by the user" in second_output


def test_a_failing_command_that_the_sandbox_did_not_stop_asks_nothing(tmp_path: Path) -> None:
    script = [Reply.call("shell", {"command": ["false"]}), Reply.text("ok")]
    with (
        FakeModel(script) as model,
        Engine(model, cwd=str(tmp_path), approval_policy=AskForApproval.ON_FAILURE) as engine,
    ):
        messages = engine.run("go")
    assert not any(isinstance(m, ExecApprovalRequest) for m in messages)
    assert only(messages, ExecCommandEnd).exit_code == 1


def test_leaving_the_sandbox_is_refused_where_nobody_can_be_asked(tmp_path: Path) -> None:
    call = {**TOUCH, "with_escalated_permissions": True, "justification": "must"}
    script = [Reply.call("shell", call), Reply.text("ok")]
    with FakeModel(script) as model, Engine(model, cwd=str(tmp_path)) as engine:
        messages = engine.run("go")
    assert not any(isinstance(m, ExecCommandBegin) for m in messages)
    assert outputs(model.requests[1].body)[0].startswith("rejected: ")


def test_a_patch_asks_shows_its_changes_and_can_be_approved(tmp_path: Path) -> None:
    script = [Reply.call("apply_patch", {"input": PATCH}, "c1"), Reply.text("ok")]
    with FakeModel(script) as model, careful_engine(model, tmp_path) as engine:
        task = engine.say("go")
        request = engine.wait_for(ApplyPatchApprovalRequest)
        assert list(request.changes) == [str(tmp_path / "new.txt")]
        engine.codex.submit(PatchApproval(request.call_id, ReviewDecision.APPROVED))
        messages = engine.until_end(task)
    assert not only(messages, PatchApplyBegin).auto_approved
    assert only(messages, PatchApplyEnd).success
    assert (tmp_path / "new.txt").read_text() == "hi\n"


def test_a_patch_in_a_shell_heredoc_is_a_patch(tmp_path: Path) -> None:
    script = f"apply_patch <<'EOF'\n{PATCH}\nEOF\n"
    replies = [Reply.call("shell", {"command": ["bash", "-lc", script]}), Reply.text("ok")]
    with FakeModel(replies) as model, Engine(model, cwd=str(tmp_path)) as engine:
        messages = engine.run("go")
    assert not any(isinstance(m, ExecCommandBegin) for m in messages)
    assert only(messages, PatchApplyBegin).auto_approved
    assert (tmp_path / "new.txt").read_text() == "hi\n"


def test_a_patch_outside_is_rejected_where_nobody_can_be_asked(tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    patch = PATCH.replace("new.txt", "../new.txt")
    script = [Reply.call("apply_patch", {"input": patch}), Reply.text("ok")]
    with (
        FakeModel(script) as model,
        Engine(model, cwd=str(inside), sandbox_policy=READ_ONLY) as engine,
    ):
        engine.run("go")
    assert outputs(model.requests[1].body)[0].startswith("patch rejected: ")
    assert not (tmp_path / "new.txt").exists()


def test_a_yes_for_the_session_covers_the_same_paths_also_outside(tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    first = PATCH.replace("new.txt", "../new.txt")
    second = "*** Begin Patch\n*** Update File: ../new.txt\n-hi\n+ho\n*** End Patch"
    script = [
        Reply.call("apply_patch", {"input": first}, "c1"),
        Reply.call("apply_patch", {"input": second}, "c2"),
        Reply.text("ok"),
    ]
    with (
        FakeModel(script) as model,
        Engine(
            model,
            cwd=str(inside),
            approval_policy=AskForApproval.ON_REQUEST,
            sandbox_policy=READ_ONLY,
        ) as engine,
    ):
        task = engine.say("go")
        request = engine.wait_for(ApplyPatchApprovalRequest)
        assert str(tmp_path / "new.txt") in str(request.reason)
        yes = PatchApproval(request.call_id, ReviewDecision.APPROVED_FOR_SESSION)
        engine.codex.submit(yes)
        messages = engine.until_end(task)
    assert not any(isinstance(m, ApplyPatchApprovalRequest) for m in messages)
    assert (tmp_path / "new.txt").read_text() == "ho\n"


def test_a_patch_of_the_programs_own_settings_is_rejected_where_nobody_can_be_asked(
    tmp_path: Path,
) -> None:
    home = tmp_path / "codex-home"
    home.mkdir()
    patch = PATCH.replace("new.txt", "codex-home/config.toml")
    script = [Reply.call("apply_patch", {"input": patch}), Reply.text("ok")]
    with FakeModel(script) as model, Engine(model, cwd=str(tmp_path)) as engine:
        engine.run("go")
    assert "config.toml" in outputs(model.requests[1].body)[0]
    assert not (home / "config.toml").exists()


PROTECTED = (
    ".git/hooks/post-commit",
    "lib/.git/config",
    ".codex/config.toml",
    ".bashrc",
    ".ssh/rc",
)


@pytest.mark.parametrize("name", PROTECTED)
def test_a_patch_of_protected_files_asks_and_is_rejected_where_nobody_can_be_asked(
    tmp_path: Path, name: str
) -> None:
    calls = {"input": PATCH.replace("new.txt", name)}
    home = {"HOME": str(tmp_path)}
    out = converse(tmp_path, calls, environ=home)
    assert out.outputs[0].startswith(
        "patch rejected: it writes protected files, which other programs obey, and the approval"
        " policy is 'never'. The user can allow it with another approval policy. Paths that caused"
        f" this: {tmp_path / name}"
    )
    assert not (tmp_path / name).exists()
    out = converse(
        tmp_path, calls, answers=(YES,), environ=home, approval_policy=AskForApproval.ON_REQUEST
    )
    assert str(out.questions[0].reason).startswith("it writes protected files")
    assert (tmp_path / name).exists()


def write_to(program: Path, script: str) -> None:
    program.write_text(script)
    program.chmod(0o755)


def test_a_trusted_command_may_not_write_where_others_may(tmp_path: Path) -> None:
    # `ls` is trusted by its name; here it is a script of the workspace that writes.
    program = tmp_path / "ls"
    program.write_text(f"#!/bin/sh\necho x > {tmp_path}/made\n")
    program.chmod(0o755)
    script = [Reply.call("shell", {"command": ["ls"]}), Reply.text("ok")]
    path = f"{tmp_path}:{os.environ['PATH']}"
    with (
        FakeModel(script) as model,
        Engine(
            model,
            cwd=str(tmp_path),
            environ={"PATH": path},
            approval_policy=AskForApproval.UNTRUSTED,
        ) as engine,
    ):
        task = engine.say("go")
        request = engine.wait_for(ExecApprovalRequest)
        assert "trusted to only read" in str(request.reason)
        assert not (tmp_path / "made").exists()
        # Approval means running it as any other command: in the session's sandbox.
        engine.codex.submit(ExecApproval(request.call_id, ReviewDecision.APPROVED))
        engine.until_end(task)
        first = next(e.msg for e in engine.seen if isinstance(e.msg, ExecCommandEnd))
    assert (tmp_path / "made").exists()
    # No advice: the session has the wider sandbox already.
    assert str(first.denial).endswith(f"{tmp_path}/made (the sandbox is read-only) - {AFTER_TRIAL}")


def test_a_reader_that_a_read_only_session_stops_is_one_question_and_runs_as_it_was_shown(
    tmp_path: Path,
) -> None:
    write_to(tmp_path / "ls", f"#!/bin/sh\necho $BASH_ENV > {tmp_path}/made\n")
    env = tmp_path / "start"
    env.write_text(f"echo hello > {tmp_path}/started\n")
    out = converse(
        tmp_path,
        shell("bash", "-c", "ls"),
        answers=(YES,),
        feedback="just this once",
        environ={"PATH": f"{tmp_path}:{os.environ['PATH']}", "BASH_ENV": str(env)},
        approval_policy=AskForApproval.UNTRUSTED,
        sandbox_policy=READ_ONLY,
    )
    (question,) = out.questions
    assert isinstance(question, ExecApprovalRequest)
    assert str(question.denial).endswith("allow with -s workspace-write")
    assert len(out.statuses) == 2
    assert (tmp_path / "made").read_text() == f"{env}\n"
    assert (tmp_path / "started").exists()
    assert out.outputs[0].endswith("The user says: just this once")


def test_a_reader_that_a_read_only_session_stops_runs_once_where_nobody_is_asked(
    tmp_path: Path,
) -> None:
    write_to(tmp_path / "ls", f"#!/bin/sh\necho x > {tmp_path}/made\n")
    path = f"{tmp_path}:{os.environ['PATH']}"
    out = converse(tmp_path, shell("ls"), environ={"PATH": path}, sandbox_policy=READ_ONLY)
    assert len(out.began) == 1
    assert "allow with -s workspace-write" in out.outputs[0]


@pytest.mark.parametrize(
    "approval", [AskForApproval.ON_FAILURE, AskForApproval.ON_REQUEST, AskForApproval.NEVER]
)
def test_a_reader_that_has_to_write_is_run_as_any_other_command_where_nobody_is_asked(
    tmp_path: Path, approval: AskForApproval
) -> None:
    # As `git status` does where git-lfs filters the files.
    program = tmp_path / "ls"
    program.write_text(f"#!/bin/sh\necho x > {tmp_path}/made && echo fine\n")
    program.chmod(0o755)
    script = [Reply.call("shell", {"command": ["ls"]}), Reply.text("ok")]
    path = f"{tmp_path}:{os.environ['PATH']}"
    with (
        FakeModel(script) as model,
        Engine(
            model, cwd=str(tmp_path), environ={"PATH": path}, approval_policy=approval
        ) as engine,
    ):
        messages = engine.run("go")
    assert not any(isinstance(m, ExecApprovalRequest) for m in messages)
    assert [m.exit_code for m in messages if isinstance(m, ExecCommandEnd)] == [2, 0]
    assert outputs(model.requests[1].body)[0].endswith("Output:\nfine\n")
    assert (tmp_path / "made").exists()
