"""What `codex exec` prints for each event."""

from __future__ import annotations

import re

import msgspec
import pytest
from hypothesis import given

from codex import __version__
from codex.exec.printer import MAX_LINE_CHARS, Printer, clipped
from codex.exec.style import Painter
from codex.protocol.events import (
    Add,
    AgentMessage,
    AgentMessageDelta,
    AgentReasoning,
    BackgroundEvent,
    Delete,
    Error,
    Event,
    EventMsg,
    ExecCommandBegin,
    ExecCommandEnd,
    FileChange,
    PatchApplyBegin,
    PatchApplyEnd,
    PlanStep,
    PlanUpdate,
    StepStatus,
    StreamError,
    TaskComplete,
    TaskStarted,
    TokenCount,
    TurnAborted,
    Update,
    ViewImage,
    Warning,
)
from codex.protocol.items import TokenUsage
from codex.sandbox.output import CappedOutput
from tests.support.fake_codex import CONFIGURED
from tests.support.protocol_values import events

PLAIN, COLORED = Painter(has_color=False), Painter(has_color=True)


def shown(*msgs: EventMsg, style: Painter = PLAIN) -> str:
    printer = Printer(style)
    return "".join(printer.text(msg) for msg in msgs)


def ended(output: str, exit_code: int) -> ExecCommandEnd:
    return ExecCommandEnd(
        call_id="c",
        stdout=output,
        stderr="",
        aggregated_output=output,
        exit_code=exit_code,
        duration_ms=1500,
    )


def test_the_header_says_what_runs_where() -> None:
    assert shown(CONFIGURED) == (
        f"codex {__version__}\n--------\nworkdir: /repo\nmodel: m\nprovider: Local\n"
        "approval: never\nsandbox: read-only\nsession: 01234567-0000-7000-8000-000000000000\n"
        "--------\n"
    )


def test_a_command_shows_its_words_and_its_output() -> None:
    begin = ExecCommandBegin("c", ("bash", "-lc", "ls | wc"), "/repo")
    assert shown(begin, ended("a\nb\n", 0)) == (
        "exec bash -lc 'ls | wc' in /repo\nsucceeded in 1.50s:\na\nb\n\n"
    )


@pytest.mark.parametrize(
    ("output", "exit_code", "expected"),
    [
        ("", 0, "succeeded in 1.50s\n\n"),
        ("out\nerr\n", 3, "exited 3 in 1.50s:\nout\nerr\n\n"),
        ("no such program\n", -1, "did not start:\nno such program\n\n"),
    ],
)
def test_the_end_of_a_command_says_how_it_ended(output: str, exit_code: int, expected: str) -> None:
    assert shown(ended(output, exit_code)) == expected


def test_what_the_sandbox_stopped_stands_below_the_output() -> None:
    end = msgspec.structs.replace(ended("no\n", 1), denial="blocked: x (y) - allow with z\x1b[2J")
    assert shown(end).endswith("\nno\nblocked: x (y) - allow with z\n\n")
    assert "blocked" not in shown(ended("no\n", 1))


def test_a_styled_title_is_not_cut_short_by_an_inner_style() -> None:
    begin = ExecCommandBegin("c", ("true",), "/")
    assert shown(begin, ended("x", 1), style=COLORED) == (
        "\x1b[35mexec\x1b[0m \x1b[1mtrue\x1b[0m in /\n"
        "\x1b[31mexited 1 in 1.50s:\x1b[0m\n\x1b[2mx\x1b[0m\n\n"
    )


def test_long_output_keeps_its_ends_and_counts_the_rest() -> None:
    lines = clipped("".join(f"{number}\n" for number in range(152))).split("\n")
    assert lines[9:12] == ["9", "… 132 more lines", "142"]
    assert lines[-1] == "151"


def test_lines_that_the_engine_did_not_keep_are_counted_too() -> None:
    output = CappedOutput()
    output.add(b"".join(b"%d\n" % number for number in range(10_000)))
    lines = clipped(output.text()).split("\n")
    assert lines[9:12] == ["9", "… 9,980 more lines", "9990"]


@pytest.mark.parametrize("count", [20, 21])
def test_output_is_not_cut_where_the_marker_would_save_nothing(count: int) -> None:
    text = "\n".join(str(number) for number in range(count))
    assert clipped(text) == text


def test_a_very_long_line_is_cut_visibly() -> None:
    assert (
        clipped("x" * (MAX_LINE_CHARS + 5000)) == "x" * MAX_LINE_CHARS + "… 5,000 more characters"
    )


def test_the_answer_is_left_to_the_caller_and_shown_once() -> None:
    assert shown(AgentMessage("done"), TaskComplete("done")) == "codex\n"


def test_a_message_before_other_work_is_shown_with_it() -> None:
    begin = ExecCommandBegin("c", ("ls",), "/")
    assert shown(AgentMessage("I look."), begin) == "codex\nI look.\n\nexec ls in /\n"
    assert shown(AgentMessage("one"), AgentMessage("two"), TaskComplete("two")) == (
        "codex\none\n\ncodex\n"
    )


def test_a_count_of_tokens_does_not_release_the_answer() -> None:
    printer = Printer(PLAIN)
    usage = TokenUsage(1200, 1000, 56, 7, 1256)
    count = TokenCount(last=usage, total=usage, context_window=None, context_left_percent=97)
    msgs = (AgentMessage("done"), count, TaskComplete("done"))
    assert [printer.text(msg) for msg in msgs] == ["", "", "codex\n"]
    assert not printer.is_answer_shown
    assert printer.usage() == "tokens: 1,200 in (1,000 cached), 56 out; 97% of the context left\n"


def test_usage_says_nothing_that_is_not_known() -> None:
    printer = Printer(PLAIN)
    assert printer.usage() == ""
    usage = TokenUsage(5, 0, 6, 0, 11)
    count = TokenCount(last=usage, total=usage, context_window=None, context_left_percent=None)
    printer.text(count)
    assert printer.usage() == "tokens: 5 in, 6 out\n"


def test_an_answer_with_work_after_it_counts_as_shown() -> None:
    printer = Printer(PLAIN)
    for msg in (AgentMessage("done"), BackgroundEvent("tidying"), TaskComplete("done")):
        printer.text(msg)
    assert printer.is_answer_shown


def test_an_end_without_any_answer_is_said() -> None:
    assert shown(TaskComplete(None)) == "warning: the model returned no message\n"


def test_a_message_held_back_survives_a_failure() -> None:
    assert shown(AgentMessage("half"), Error("broken")) == "codex\nhalf\n\nError: broken\n"


@pytest.mark.parametrize(
    ("msg", "expected"),
    [
        (AgentReasoning("a\nb"), "thinking\na\nb\n\n"),
        (BackgroundEvent("starting"), "starting\n"),
        (StreamError("cut; retrying 1/5"), "cut; retrying 1/5\n"),
        (Warning("odd"), "warning: odd\n"),
        (TurnAborted(), "interrupted\n"),
        (ViewImage("c", "/a.png"), "view image /a.png\n\n"),
        (PatchApplyEnd("c", "ok", "", success=True), "applied\n\n"),
        (PatchApplyEnd("c", "", "no room\n", success=False), "failed:\nno room\n\n"),
        (
            PlanUpdate(
                "why",
                (
                    PlanStep("a", StepStatus.COMPLETED),
                    PlanStep("b", StepStatus.IN_PROGRESS),
                    PlanStep("c", StepStatus.PENDING),
                ),
            ),
            "plan\nwhy\n[x] a\n[>] b\n[ ] c\n\n",
        ),
        (TaskStarted(), ""),
        (AgentMessageDelta("x"), ""),
    ],
)
def test_every_other_event_has_its_words(msg: EventMsg, expected: str) -> None:
    assert shown(msg) == expected


def test_a_patch_shows_its_files_in_order() -> None:
    changes: dict[str, FileChange] = {
        "/b": Add("one\ntwo\n"),
        "/a": Delete("gone"),
        "/d": Update("@@ -1 +1 @@\n-x\n++++y\n z\n", None),
        "/c": Update("@@ -1 +1 @@\n-x\n+y\n", "/e"),
    }
    begin = PatchApplyBegin("c", auto_approved=True, changes=changes)
    assert shown(begin) == (
        "patch\nA /b\none\ntwo\nD /a\nM /d\n@@ -1 +1 @@\n-x\n++++y\n z\n"
        "R /c -> /e\n@@ -1 +1 @@\n-x\n+y\n"
    )
    colored = shown(begin, style=COLORED)
    assert "\x1b[32mone\x1b[0m" in colored
    assert "\x1b[31m-x\x1b[0m" in colored
    assert "\x1b[32m++++y\x1b[0m" in colored


@given(events)
def test_every_event_gives_whole_harmless_lines(event: Event) -> None:
    text = shown(event.msg, style=COLORED)
    assert text == "" or text.endswith("\n")
    assert "\x1b" not in re.sub(r"\x1b\[[0-9;]+m", "", text)
