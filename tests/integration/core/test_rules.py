"""The user's rules, and approvals that hold for more than one command, on the engine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from codex.protocol.events import (
    ApplyPatchApprovalRequest,
    BackgroundEvent,
    Error,
    ExecApprovalRequest,
    ExecCommandBegin,
    TaskComplete,
    Warning,
)
from codex.protocol.ops import ExecApproval
from codex.protocol.policy import (
    DANGER_FULL_ACCESS,
    READ_ONLY,
    AskForApproval,
    ReviewDecision,
    SandboxPolicy,
)
from tests.support.conversation import NO, YES, Outcome, converse, shell
from tests.support.engine import Engine, outputs
from tests.support.model.fake_model import FakeModel, Reply

UNTRUSTED = AskForApproval.UNTRUSTED
NEVER = AskForApproval.NEVER
WORKSPACE = SandboxPolicy(can_write_cwd=True)
FOR_SESSION = ReviewDecision.APPROVED_FOR_SESSION
FOR_PREFIX = ReviewDecision.APPROVED_FOR_PREFIX
ALWAYS = ReviewDecision.APPROVED_ALWAYS

RULES = """
prefix_rule(["touch", "allowed"])
prefix_rule(["touch", "asked"], decision = "prompt", justification = "look first")
prefix_rule(["touch", "forbidden"], decision = "forbidden", justification = "never this")
prefix_rule(["rm", "-f", "victim"])
define_program("cp", args = [ARG_RFILE, ARG_WFILE])
define_program("od", options = [flag("-c")], args = [ARG_RFILES])
"""


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """Make a workspace that holds the user's CODEX_HOME, as in `fake_config`."""
    work = tmp_path / "work"
    (work / "codex-home" / "rules").mkdir(parents=True)
    (work / "codex-home" / "rules" / "own.rules").write_text(RULES)
    return work


def under(work: Path, approval: AskForApproval, *calls: Any, **settings: Any) -> Outcome:
    return converse(
        work, *calls, approval_policy=approval, **{"sandbox_policy": WORKSPACE, **settings}
    )


def bash(script: str, **more: Any) -> dict[str, Any]:
    return shell("bash", "-lc", script, **more)


@pytest.mark.parametrize("approval", AskForApproval)
@pytest.mark.parametrize(
    "call", [shell("touch", "allowed"), bash("cd . && touch allowed && ls | wc -l")]
)
def test_what_is_allowed_runs_without_a_question_in_the_sandbox(
    work: Path, approval: AskForApproval, call: dict[str, Any]
) -> None:
    outcome = under(work, approval, call)
    assert outcome.questions == []
    assert (work / "allowed").exists()


def test_what_is_allowed_stays_in_the_sandbox(work: Path) -> None:
    outcome = under(work, NEVER, shell("touch", "allowed"), sandbox_policy=READ_ONLY)
    assert outcome.questions == []
    assert not (work / "allowed").exists()
    leaving = shell("touch", "allowed", with_escalated_permissions=True, justification="why")
    asked = under(work, UNTRUSTED, leaving, sandbox_policy=READ_ONLY)
    assert [question.reason for question in asked.questions] == ["why"]
    assert not (work / "allowed").exists()


@pytest.mark.parametrize(
    "script",
    [
        "touch allowed > log",
        "touch allowed; touch other",
        "touch allowed $(touch other)",
        "touch allowed &",
        "A=1 touch allowed",
        "touch other allowed",
    ],
)
def test_what_is_more_than_what_is_allowed_is_asked_about(work: Path, script: str) -> None:
    assert len(under(work, UNTRUSTED, bash(script)).questions) == 1


@pytest.mark.parametrize("approval", AskForApproval)
@pytest.mark.parametrize("policy", [WORKSPACE, DANGER_FULL_ACCESS], ids=["work", "full"])
@pytest.mark.parametrize(
    "call",
    [
        shell("touch", "forbidden"),
        shell("/usr/bin/touch", "forbidden"),
        shell("touch", "forbidden", with_escalated_permissions=True),
        shell("env", "A=1", "touch", "forbidden"),
        bash("touch forbidden"),
        bash("touch allowed && touch forbidden"),
        bash("touch forbidden > log"),
        bash("A=1 touch forbidden"),
        bash('echo "$(touch forbidden)"'),
    ],
)
def test_what_is_forbidden_never_runs_and_user_and_model_read_why(
    work: Path, approval: AskForApproval, policy: Any, call: dict[str, Any]
) -> None:
    outcome = under(work, approval, call, sandbox_policy=policy)
    assert outcome.questions == []
    assert outcome.began == []
    assert "own.rules:4 forbids 'touch forbidden': never this" in outcome.outputs[0]
    assert any("never this" in str(message) for message in outcome.messages)
    assert not (work / "forbidden").exists()


@pytest.mark.parametrize("approval", AskForApproval)
def test_what_is_to_be_asked_about_is_asked_about_each_time(
    work: Path, approval: AskForApproval
) -> None:
    call = shell("touch", "asked")
    if approval is NEVER:
        outcome = under(work, approval, call)
        assert outcome.outputs[0].startswith("rejected: ")
        assert "own.rules:3 asks about 'touch asked': look first" in outcome.outputs[0]
        assert not (work / "asked").exists()
        return
    outcome = under(work, approval, call, call, answers=(FOR_SESSION, ALWAYS))
    assert len(outcome.questions) == 2
    for question in outcome.questions:
        assert isinstance(question, ExecApprovalRequest)
        assert "look first" in str(question.reason)
        assert question.proposed_prefix is None
    assert (work / "asked").exists()
    assert not (work / "codex-home" / "rules" / "default.rules").exists()


def test_a_rule_may_allow_what_deletes_by_force(work: Path) -> None:
    (work / "victim").write_text("x")
    assert under(work, NEVER, shell("rm", "-f", "victim")).questions == []
    assert not (work / "victim").exists()


def test_a_definition_widens_by_what_the_arguments_are(work: Path) -> None:
    (work / "a").write_text("x")
    beside = work.parent / "b"
    calls = (shell("cp", "a", "b"), shell("cp", "a", str(beside)), shell("od", "-c", "a"))
    outcome = under(work, UNTRUSTED, *calls)
    assert [question.call_id for question in outcome.questions] == ["c2"]
    assert (work / "b").exists()
    assert not beside.exists()


def test_a_repository_has_no_say(work: Path) -> None:
    for folder in (".codex", ".codex/rules", "rules"):
        (work / folder).mkdir(exist_ok=True)
        (work / folder / "x.rules").write_text('prefix_rule(["touch"])\n')
        (work / folder / "x.policy").write_text('prefix_rule(["touch"])\n')
    outcome = under(work, UNTRUSTED, shell("touch", "other"))
    assert len(outcome.questions) == 1
    assert not (work / "other").exists()


def test_a_broken_file_is_named_at_the_start_and_nothing_is_permitted(work: Path) -> None:
    broken = work / "codex-home" / "more.policy"
    broken.write_text('prefix_rule(["touch"])\nprefix_rule(["ls"], decision = forbid)\n')
    calls = (shell("touch", "allowed"), shell("ls"), shell("touch", "forbidden"))
    outcome = under(work, NEVER, *calls)
    assert outcome.began == []
    (warning,) = outcome.warnings
    assert f"{broken}:2: 'forbid' is not defined" in warning
    for output in outcome.outputs[:2]:
        assert f"{broken}:2" in output
    assert "never this" in outcome.outputs[2]
    asked = under(work, UNTRUSTED, calls[0], answers=(YES,))
    assert f"{broken}:2" in str(asked.questions[0].reason)
    assert (work / "allowed").exists()


def test_a_yes_for_a_prefix_is_for_that_prefix_and_that_session(work: Path) -> None:
    outcome = under(
        work,
        UNTRUSTED,
        bash("cd . && mkdir one | tail -n 1"),
        shell("mkdir", "two"),
        bash("mkdir three && ls"),
        bash("mkdir four > log"),
        bash("mkdir five; touch five/x"),
        shell("sudo", "mkdir", "six"),
        answers=(FOR_PREFIX, NO, NO, NO),
    )
    first = outcome.questions[0]
    assert isinstance(first, ExecApprovalRequest)
    assert first.proposed_prefix == ("mkdir",)
    assert [question.call_id for question in outcome.questions] == ["c1", "c4", "c5", "c6"]
    assert sorted(path.name for path in work.iterdir() if path.is_dir()) == [
        "codex-home",
        "one",
        "three",
        "two",
    ]
    assert len(under(work, UNTRUSTED, shell("mkdir", "later")).questions) == 1


def test_a_yes_for_good_is_kept_as_a_rule_and_counts_at_once_and_later(work: Path) -> None:
    calls = (shell("git", "init", "-q", "one"), shell("git", "init", "-q", "two"))
    outcome = under(work, UNTRUSTED, *calls, answers=(ALWAYS,))
    assert outcome.questions[0].call_id == "c1"
    assert (work / "two").exists()
    file = work / "codex-home" / "rules" / "default.rules"
    assert file.read_text() == 'prefix_rule(pattern=["git", "init"], decision="allow")\n'
    (told,) = [msg.message for msg in outcome.messages if isinstance(msg, BackgroundEvent)]
    assert "begin with 'git init' now run without a question" in told
    assert told.endswith(f"delete their line in '{file}'")
    later = under(work, UNTRUSTED, shell("git", "init", "-q", "three"))
    assert later.questions == []
    assert (work / "three").exists()


def test_a_rule_that_cannot_be_kept_counts_for_the_session_and_says_so(work: Path) -> None:
    home = work / "codex-home"
    calls = (shell("mkdir", "one"), shell("mkdir", "two"))
    with (
        FakeModel([Reply.call("shell", call) for call in calls] + [Reply.text("done")]) as model,
        Engine(model, cwd=str(work), approval_policy=UNTRUSTED) as engine,
    ):
        task = engine.say("go")
        question = engine.wait_for(ExecApprovalRequest)
        (home / "rules").rename(home / "old")
        (home / "rules").write_text("in the way")
        engine.codex.submit(ExecApproval(question.call_id, ALWAYS))
        messages = engine.until_end(task)
    assert messages[-1] == TaskComplete("done")
    assert (work / "two").exists()
    (warning,) = [message for message in messages if isinstance(message, Warning)]
    assert str(home / "rules") in warning.message
    assert warning.message.endswith("The rule applies to this session only")


@pytest.mark.parametrize("decision", [FOR_PREFIX, ALWAYS])
def test_where_no_prefix_was_offered_a_yes_is_a_yes_once(
    work: Path, decision: ReviewDecision
) -> None:
    calls = (shell("python3", "-c", "open('one', 'w')"), shell("python3", "-c", "open('two', 'w')"))
    outcome = under(work, UNTRUSTED, *calls, answers=(decision, NO))
    assert len(outcome.questions) == 2
    assert (work / "one").exists()
    assert not (work / "two").exists()
    assert not (work / "codex-home" / "rules" / "default.rules").exists()


def test_a_yes_for_the_sandbox_is_no_yes_to_leaving_it(work: Path) -> None:
    beside = work.parent / "made"
    words = ("sh", "-c", f"echo x > {beside}; exit 0")
    leaving = shell(*words, with_escalated_permissions=True, justification="please")
    outcome = under(work, UNTRUSTED, shell(*words), leaving, answers=(FOR_SESSION, NO))
    assert [question.reason for question in outcome.questions] == [None, "please"]
    assert not beside.exists()


def test_a_yes_to_leaving_for_the_session_is_for_these_words_in_this_folder(work: Path) -> None:
    (work / "sub").mkdir()
    leaving = {"with_escalated_permissions": True, "justification": "please"}
    script = "echo x >> ../made; exit 0"
    calls = (
        shell("sh", "-c", script, **leaving),
        shell("sh", "-c", script),
        shell("sh", "-c", script, workdir="sub", **leaving),
    )
    outcome = under(work, UNTRUSTED, *calls, answers=(FOR_SESSION, NO))
    assert [question.call_id for question in outcome.questions] == ["c1", "c3"]
    assert (work.parent / "made").read_text() == "x\nx\n"


@pytest.mark.parametrize(
    ("decision", "text"),
    [
        (NO, "rejected by the user: use make"),
        (YES, "The user says: use make"),
    ],
)
def test_the_users_words_reach_the_model_with_a_no_and_with_a_yes(
    work: Path, decision: ReviewDecision, text: str
) -> None:
    patch = {"input": "*** Begin Patch\n*** Add File: p\n+x\n*** End Patch"}
    outcome = converse(
        work,
        shell("mkdir", "one"),
        patch,
        answers=(decision, decision),
        feedback="use make",
        approval_policy=UNTRUSTED,
    )
    assert isinstance(outcome.questions[1], ApplyPatchApprovalRequest)
    assert all(output.endswith(text) for output in outcome.outputs), outcome.outputs


def test_an_answer_given_twice_does_not_answer_the_next_question(work: Path) -> None:
    """As when a key is pressed twice; and the model uses one id for all of its calls."""
    count = 12
    replies = [Reply.call("shell", shell("mkdir", str(number)), "same") for number in range(count)]
    with (
        FakeModel([*replies, Reply.text("done")]) as model,
        Engine(model, cwd=str(work), approval_policy=UNTRUSTED) as engine,
    ):
        engine.say("go")
        number = 0
        ids: set[str] = set()
        while not isinstance(msg := engine.next().msg, TaskComplete):
            if isinstance(msg, ExecApprovalRequest):
                answer = ExecApproval(msg.call_id, NO if number % 2 else YES)
                for _ in range(3):
                    engine.codex.submit(answer)
                ids.add(msg.call_id)
                number += 1
        refused = [event for event in engine.seen if isinstance(event.msg, Error)]
        answered = outputs(model.requests[-1].body)
    assert len(ids) == count
    assert len(refused) <= 2 * count
    made = sorted(int(path.name) for path in work.iterdir() if path.name.isdigit())
    assert made == list(range(0, count, 2))
    assert [text == "rejected by the user" for text in answered] == [False, True] * (count // 2)


def test_a_second_yes_to_running_is_no_yes_to_running_without_the_sandbox(work: Path) -> None:
    beside = work.parent / "made"
    call = shell("sh", "-c", f"echo x > {beside}")
    with (
        FakeModel([Reply.call("shell", call, "c1"), Reply.text("done")]) as model,
        Engine(model, cwd=str(work), approval_policy=UNTRUSTED, sandbox_policy=WORKSPACE) as engine,
    ):
        task = engine.say("go")
        first = engine.wait_for(ExecApprovalRequest)
        engine.codex.submit(ExecApproval(first.call_id, YES))
        again = engine.wait_for(ExecApprovalRequest)
        assert again.call_id != first.call_id
        stray = engine.codex.submit(ExecApproval(first.call_id, YES))
        assert isinstance(engine.until_end(stray)[-1], Error)
        engine.codex.submit(ExecApproval(again.call_id, NO))
        messages = engine.until_end(task)
    assert not beside.exists()
    assert not any(isinstance(message, ExecCommandBegin | Warning) for message in messages)


def test_the_tool_says_the_time_out_that_is_set(work: Path) -> None:
    with (
        FakeModel([Reply.text("done")]) as model,
        Engine(model, cwd=str(work), command_timeout_ms=7000) as engine,
    ):
        engine.run("go")
        tools = {tool["name"]: tool for tool in model.requests[0].body["tools"]}
    timeout = tools["shell"]["parameters"]["properties"]["timeout"]
    assert timeout["description"] == "Milliseconds; default 7000"
