from __future__ import annotations

import pytest

from codex.protocol.events import (
    Add,
    ApplyPatchApprovalRequest,
    ElicitationRequest,
    ExecApprovalRequest,
    McpApprovalRequest,
    Update,
)
from codex.protocol.policy import ReviewDecision
from codex.protocol.questions import Question
from codex.tui.dialogs.approval_view import (
    choice_lines,
    choices,
    question,
    short_choice_lines,
    title,
)
from codex.tui.drawing.text import line_width, plain

HOME = "/home/ann"
CWD = f"{HOME}/repo"


def asked(request: Question, width: int = 40) -> list[str]:
    rows = question(request, width, cwd=CWD, home=HOME)
    assert all(line_width(row) <= width for row in rows)
    return [plain(row) for row in rows]


def run(*command: str, **more: object) -> ExecApprovalRequest:
    return ExecApprovalRequest(call_id="c", command=command, cwd=CWD, **more)  # type: ignore[arg-type]


PATCH = ApplyPatchApprovalRequest(
    call_id="p",
    changes={f"{CWD}/a": Add("x\n" * 200), "/b": Update("@@ -1 +1 @@\n-a\n+b\n", None)},
    reason="outside",
)
TOOL = McpApprovalRequest(
    call_id="m", server="docs", tool="search", arguments={"q": "a\nb", "n": [1]}, reason="it asks"
)
FORM = ElicitationRequest(
    id="e",
    server="docs",
    message="Who are you?",
    schema={
        "properties": {"name": {"type": "string", "description": "your name"}, "age": 1},
        "required": ["name"],
    },
)


def test_a_command_is_shown_whole_with_its_folder_and_reason() -> None:
    assert asked(run("bash", "-lc", "cd src\nmake install", reason="not trusted")) == [
        "$ cd src",
        "  make install",
        "",
        "in ~/repo",
        "",
        "not trusted",
    ]


def test_a_long_command_is_never_cut() -> None:
    words = [f"--option-{number}=value" for number in range(100)]
    shown = " ".join(row.strip() for row in asked(run("make", *words), 50))
    assert all(word in shown for word in words)


def test_what_the_sandbox_blocked_is_told_once() -> None:
    denial = "writing to /etc"
    request = run("x", denial=denial, reason=f"{denial}\nRetry?")
    assert asked(request) == ["$ x", "", "in ~/repo", "", denial]
    assert asked(run("x", denial=denial, reason="again?"))[-2:] == ["", denial]
    assert title(request) == "Run without the sandbox?"
    assert title(run("x")) == "Run this command?"


def test_a_patch_is_shown_whole() -> None:
    rows = asked(PATCH)
    assert rows[:3] == ["outside", "A a (+200 -0)", "  1 +x"]
    assert rows[201] == "200 +x"
    assert rows[-3:] == ["M /b (+1 -1)", "1 -a", "1 +b"]
    assert title(PATCH) == "Change these 2 files?"
    one = ApplyPatchApprovalRequest(call_id="p", changes={"/b": Add("")})
    assert title(one) == "Change this file?"
    assert asked(one) == ["A /b"]


def test_a_tool_is_shown_with_its_arguments() -> None:
    assert asked(TOOL) == ["it asks", "docs.search", "q: a", "  b", "n: [1]"]
    assert title(TOOL) == "Call this tool?"
    for arguments, rows in ((None, []), ([1, 2], ["[1,2]"]), ({"a": ""}, ["a: "])):
        request = McpApprovalRequest(call_id="m", server="s", tool="t", arguments=arguments)
        assert asked(request) == ["s.t", *rows]


def test_an_elicitation_shows_what_is_wanted() -> None:
    assert asked(FORM) == ["Who are you?", "", "name (string): your name", "age (optional)"]
    assert title(FORM) == "docs asks"
    for schema in (None, {}, {"properties": 3}):
        request = ElicitationRequest(id="e", server="s", message="m", schema=schema)
        assert asked(request) == ["m"]


@pytest.mark.parametrize(
    ("request_", "keys", "decisions"),
    [
        (
            run("x"),
            "y s n escape",
            ("approved", "approved_for_session", "denied", "abort"),
        ),
        (
            run("git", "commit", "-m", "x", proposed_prefix=("git", "commit")),
            "y s p a n escape",
            (
                *("approved", "approved_for_session", "approved_for_prefix", "approved_always"),
                *("denied", "abort"),
            ),
        ),
        (PATCH, "y s n escape", ("approved", "approved_for_session", "denied", "abort")),
        (TOOL, "y s n escape", ("approved", "approved_for_session", "denied", "abort")),
    ],
)
def test_every_answer_has_a_key(request_: Question, keys: str, decisions: tuple[str, ...]) -> None:
    offered = choices(request_)
    assert " ".join(choice.key for choice in offered) == keys
    assert tuple(choice.decision.value for choice in offered if choice.decision) == decisions
    assert [choice.decision for choice in offered if choice.wants_feedback] == [
        ReviewDecision.DENIED
    ]


def test_an_elicitation_is_answered_by_actions() -> None:
    assert [choice.action for choice in choices(FORM)] == ["accept", "decline", "cancel"]
    assert not any(choice.decision for choice in choices(FORM))


def test_the_prefix_is_named_in_its_choices() -> None:
    offered = choices(run("git", "commit", proposed_prefix=("git", "commit")))
    assert sum("`git commit`" in choice.label for choice in offered) == 2


def test_answers_are_listed_with_the_chosen_one_marked() -> None:
    rows = choice_lines(choices(run("x")), 1, 24)
    assert [plain(row).rstrip() for row in rows] == [
        "  y   yes",
        "> s   yes, and allow",
        "      this command for",
        "      this session",
        "  n   no, and tell the",
        "      model why",
        "  Esc no, and stop here",
    ]
    assert all(span.style.reverse for span in rows[1])
    assert not any(span.style.reverse for span in rows[0])


def test_where_there_is_little_room_the_answers_stand_side_by_side() -> None:
    rows = short_choice_lines(choices(run("x", proposed_prefix=("x",))), 1, 60)
    assert [plain(row) for row in rows] == ["y yes  s session  p prefix  a always  n no  Esc stop"]
    assert [span.text for span in rows[0] if span.style.reverse] == ["s", " session"]


@pytest.mark.parametrize("width", range(2, 30))
def test_every_request_fits_into_every_window(width: int) -> None:
    prefixed = run("git", "commit", denial="it said no", proposed_prefix=("git", "commit"))
    for request in (run("bash", "-lc", "a\nb" * 30), prefixed, PATCH, TOOL, FORM):
        rows = question(request, width, cwd=CWD, home=HOME)
        rows += choice_lines(choices(request), 0, width)
        rows += short_choice_lines(choices(request), 0, width)
        assert all(line_width(row) <= width for row in rows)
