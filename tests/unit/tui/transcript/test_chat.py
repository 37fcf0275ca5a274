from __future__ import annotations

from codex.protocol import events as ev
from codex.protocol.policy import ReviewDecision
from codex.protocol.replies import (
    GetHistoryEntriesResponse,
    GetHistoryEntryResponse,
    HistoryReloaded,
    ListMcpToolsResponse,
    ListModelsResponse,
    McpServerState,
    McpServerStatus,
    SearchHistoryResponse,
)
from codex.tui.drawing.text import plain
from codex.tui.transcript.chat import NO_MESSAGE, Chat, ChatSettings
from codex.tui.transcript.window import Window
from tests.support.screen.chat_events import (
    CWD,
    SETTINGS,
    Clock,
    configured,
    counted,
    ended,
    whole_session,
)


def made() -> Chat:
    return Chat(SETTINGS, Clock())


def shown(chat: Chat, *, is_full: bool = False) -> list[str]:
    rows = Window(chat.cells, is_full=is_full).view(60, 1000)
    return [text for row in rows if (text := plain(row).rstrip())]


def send(chat: Chat, *msgs: ev.EventMsg, event_id: str = "1") -> None:
    for msg in msgs:
        chat.handle(msg, event_id)


def test_an_answer_grows_and_the_whole_replaces_it() -> None:
    chat = made()
    send(chat, ev.AgentMessageDelta("one"), ev.AgentMessageDelta(" tw"))
    assert shown(chat) == ["codex", "one tw"]
    send(chat, ev.AgentMessage("one two three"))
    assert shown(chat) == ["codex", "one two three"]
    assert chat.last_answer == "one two three"
    send(chat, ev.AgentMessage("four"))
    assert shown(chat)[2:] == ["codex", "four"]


def test_reasoning_grows_too() -> None:
    chat = made()
    send(chat, ev.AgentReasoningDelta("hm"), ev.AgentReasoningDelta("m"), ev.AgentReasoning("hmm."))
    assert shown(chat) == ["thinking", "hmm."]


def test_hidden_reasoning_is_in_the_full_form_only() -> None:
    chat = Chat(ChatSettings(cwd=CWD, hide_agent_reasoning=True), Clock())
    send(chat, ev.AgentReasoning("secret"))
    assert shown(chat) == ["thinking (Ctrl+T shows all)"]
    assert shown(chat, is_full=True) == ["thinking", "secret"]


def test_a_broken_stream_takes_its_pieces_back() -> None:
    chat = made()
    send(chat, ev.AgentReasoningDelta("a"), ev.AgentMessageDelta("b"), ev.StreamError("again"))
    assert shown(chat) == ["again"]
    send(chat, ev.AgentMessageDelta("c"))
    assert shown(chat) == ["again", "codex", "c"]
    send(chat, ev.StreamError("again"), ev.StreamError("and again"))
    assert shown(chat) == ["again", "again", "and again"]


def test_what_arrived_of_a_stopped_answer_stays() -> None:
    chat = made()
    send(chat, ev.TaskStarted(), ev.AgentMessageDelta("half"), ev.TurnAborted("stopped"))
    assert shown(chat) == ["codex", "half", "stopped"]
    send(chat, ev.AgentMessage("another"))
    assert shown(chat)[3:] == ["codex", "another"]


def test_a_prompt_waits_below_everything_until_it_is_read() -> None:
    chat = made()
    chat.user_prompt("first")
    chat.user_prompt("second", ["a.png"])
    send(chat, ev.TaskStarted(), ev.UserMessage("first"), ev.AgentMessage("ok"))
    assert shown(chat) == ["> first", "codex", "ok", "> second", "  [image] a.png", "  queued"]
    assert [cell.message for cell in chat.queued] == ["second"]
    send(chat, ev.UserMessage("second", 1), ev.AgentMessage("yes"))
    assert shown(chat)[3:] == ["> second", "  [image] a.png", "codex", "yes"]
    assert chat.queued == ()


def test_a_queued_prompt_can_be_taken_back() -> None:
    chat = made()
    cell = chat.user_prompt("no")
    chat.withdraw(cell)
    chat.withdraw(cell)
    assert shown(chat) == []


def test_a_prompt_from_elsewhere_is_shown() -> None:
    chat = made()
    chat.user_prompt("mine")
    send(chat, ev.UserMessage("theirs", 2))
    assert shown(chat)[:3] == ["> theirs", "  [image] image 1", "  [image] image 2"]


def test_a_command_is_shown_from_begin_to_end() -> None:
    chat = made()
    send(chat, ev.ExecCommandBegin("c", ("bash", "-lc", "make"), CWD))
    assert shown(chat) == ["$ make", "  running"]
    for number in range(8):
        send(chat, ev.ExecCommandOutputDelta("c", ev.OutputStream.STDERR, f"line {number}\n"))
    assert shown(chat) == ["$ make", *(f"  line {number}" for number in range(3, 8)), "  running"]
    send(chat, ended("c", exit_code=2))
    assert shown(chat) == [
        "$ make",
        *(f"  line {number}" for number in range(8)),
        "  exit 2 · 1.23s",
    ]


def test_ends_and_output_of_nothing_known_are_left_out() -> None:
    chat = made()
    send(
        chat,
        ended("x"),
        ev.ExecCommandOutputDelta("x", ev.OutputStream.STDOUT, "a"),
        ev.PatchApplyEnd("x", "", "", success=True),
        ev.McpToolCallEnd(call_id="x", success=True, result=None),
        ev.McpToolCallProgress("x", 1.0),
    )
    assert shown(chat) == []


def test_an_approved_command_runs_in_its_cell_and_a_refused_one_says_so() -> None:
    chat = made()
    request = ev.ExecApprovalRequest(call_id="c", command=("make",), cwd=CWD)
    send(chat, request)
    assert shown(chat) == ["$ make", "  waits for approval"]
    chat.calls.decided("c", ReviewDecision.APPROVED)
    send(chat, ev.ExecCommandBegin("c", ("make",), CWD))
    assert shown(chat) == ["$ make", "  running"]
    send(chat, ended("c", denial="the sandbox said no"), request)
    chat.calls.decided("c", ReviewDecision.ABORT)
    assert shown(chat)[1:] == [
        "  the sandbox said no",
        "  exit 0 · 1.23s",
        "$ make",
        "  not run",
    ]


def test_patches_tell_what_became_of_them() -> None:
    changes: dict[str, ev.FileChange] = {f"{CWD}/a": ev.Add("x\n")}
    chat = made()
    send(chat, ev.ApplyPatchApprovalRequest(call_id="p", changes=changes, reason="why"))
    assert shown(chat) == ["proposed patch", "why", "A a (+1 -0)"]
    assert shown(chat, is_full=True)[-1] == "1 +x"
    send(chat, ev.PatchApplyBegin("p", auto_approved=False, changes=changes))
    assert shown(chat) == ["applying patch", "why", "A a (+1 -0)", "1 +x"]
    send(chat, ev.PatchApplyEnd("p", "", "disk full\n", success=False))
    assert [shown(chat)[0], shown(chat)[-1]] == ["patch failed", "disk full"]


def test_a_tool_of_mcp_asks_runs_and_ends() -> None:
    chat = made()
    send(chat, ev.McpApprovalRequest(call_id="m", server="s", tool="t", arguments=None))
    assert shown(chat) == ["tool s.t()", "  waits for approval"]
    send(chat, ev.McpToolCallBegin("m", "s", "t", None), ev.McpToolCallProgress("m", 1, 4, "half"))
    assert shown(chat) == ["tool s.t()", "  1 of 4 · half", "  running"]
    send(chat, ev.McpToolCallProgress("m", 2.5))
    assert shown(chat)[1] == "  2.5"
    end = ev.McpToolCallEnd(call_id="m", success=False, result=None, error="gone", duration_ms=5)
    send(chat, end)
    assert shown(chat) == ["tool s.t()", "  gone", "  failed · 5ms"]


def test_a_refused_tool_was_not_called() -> None:
    chat = made()
    send(chat, ev.McpApprovalRequest(call_id="m", server="s", tool="t", arguments={}))
    chat.calls.decided("m", ReviewDecision.DENIED)
    assert shown(chat) == ["tool s.t({})", "  not called: you denied it"]


def test_nothing_stays_running_when_the_task_is_over() -> None:
    changes: dict[str, ev.FileChange] = {"/a": ev.Delete("x")}
    chat = made()
    send(
        chat,
        ev.TaskStarted(),
        ev.ExecCommandBegin("c", ("make",), CWD),
        ev.ExecApprovalRequest(call_id="d", command=("rm",), cwd=CWD),
        ev.ApplyPatchApprovalRequest(call_id="p", changes=changes),
        ev.McpToolCallBegin("m", "s", "t", None),
        ev.Error("it broke"),
    )
    assert not chat.is_running
    assert not any(cell.is_live for cell in chat.cells)
    assert [row for row in shown(chat) if row.startswith(("  ", "patch"))] == [
        "  interrupted",
        "  not run",
        "patch not applied",
        "  interrupted",
    ]


def test_a_refused_submission_ends_no_task() -> None:
    chat = made()
    send(chat, ev.TaskStarted())
    send(chat, ev.Error("bad input\nsee there"), event_id="2")
    assert chat.is_running
    assert shown(chat) == ["error: bad input", "see there"]


def test_time_and_tokens_are_summed_up_at_the_end() -> None:
    clock = Clock()
    chat = Chat(SETTINGS, clock)
    send(chat, counted(1000), ev.TaskStarted())
    clock.now += 2.5
    assert chat.elapsed_s() == 2.5
    send(chat, counted(1500, left=None), ev.AgentMessage("x"), ev.TaskComplete("x"))
    assert shown(chat)[-1] == "2.50s · 500 tokens in (250 cached) · 50 out"
    assert chat.elapsed_s() == 0
    send(chat, ev.TaskStarted(), ev.TaskComplete("x"))
    assert len(shown(chat)) == 3


def test_an_answer_is_missed_where_the_model_was_asked() -> None:
    chat = made()
    send(chat, ev.TaskStarted(), ev.UserMessage("well?"), ev.TaskComplete(None))
    assert shown(chat)[-1] == f"warning: {NO_MESSAGE}"
    # In a conversation of the past, nobody says that a task begins.
    before = shown(chat)
    send(chat, ev.TaskComplete(None))
    assert shown(chat) == before


def test_a_session_that_changes_says_what() -> None:
    chat = made()
    send(chat, configured(), configured(model="other"), configured(model="other"))
    assert shown(chat)[-1] == "the model is now other"
    send(chat, configured(session_id="new"))
    assert "session   new" in shown(chat)


def test_servers_are_reported_when_they_fail_and_when_asked_for() -> None:
    chat = made()
    ready = McpServerStatus(server="a", state=McpServerState.READY, tools=("x", "y"))
    failed = McpServerStatus(server="b", state=McpServerState.FAILED)
    send(chat, ready, failed)
    assert shown(chat) == ["warning: MCP server 'b': it has ended"]
    assert set(chat.mcp_servers) == {"a", "b"}
    told = McpServerStatus(server="b", state=McpServerState.FAILED, message="no file")
    send(chat, ListMcpToolsResponse((ready, told)))
    assert shown(chat)[1:] == [
        "MCP servers",
        "a (stdio) ready",
        "  x, y",
        "b (stdio) failed",
        "  no file",
    ]
    send(chat, ListMcpToolsResponse(()))
    assert shown(chat)[-1].startswith("none")


def test_answers_to_the_composer_show_nothing() -> None:
    chat = made()
    send(
        chat,
        GetHistoryEntryResponse(0, 0),
        GetHistoryEntriesResponse(0, 0, ()),
        SearchHistoryResponse(0, "", (), is_complete=True),
        HistoryReloaded(0, 0),
        ListModelsResponse(()),
        ev.ShutdownComplete(),
    )
    assert shown(chat) == []


def test_the_front_ends_own_words() -> None:
    chat = made()
    chat.notice("copied")
    chat.notice("cannot copy", is_error=True)
    chat.report([(), ()])
    send(chat, ev.ElicitationRequest(id="e", server="s", message="your name", schema={}))
    assert shown(chat) == ["copied", "error: cannot copy", "s asks: your name"]


def test_the_plan_is_kept() -> None:
    chat = made()
    steps = (ev.PlanStep("a", ev.StepStatus.PENDING),)
    send(chat, ev.PlanUpdate(None, steps))
    assert chat.plan == steps


def test_the_text_of_everything_can_be_exported() -> None:
    text = whole_session().text()
    for part in ("model: qwen3-coder", "[image] shot.png", "$ touch", "[x] read the code"):
        assert part in text
    assert "src/parse.py:29:" in text
    assert "+    return int(text)" in text
    assert "| file | lines | what |" in text


def test_clearing_forgets_what_is_shown() -> None:
    chat = whole_session()
    chat.clear()
    assert shown(chat) == []
    assert chat.queued == ()
    send(chat, configured())
    assert shown(chat)[0].startswith("codex")


def test_a_second_question_about_a_call_is_about_the_cell_that_runs() -> None:
    chat = made()
    send(chat, ev.ExecCommandBegin("c", ("make",), CWD), ended("c", denial="blocked"))
    send(chat, ev.ExecApprovalRequest(call_id="c#2", command=("make",), cwd=CWD, denial="blocked"))
    chat.calls.decided("c#2", ReviewDecision.APPROVED)
    send(chat, ev.ExecCommandBegin("c", ("make",), CWD), ended("c"))
    assert shown(chat) == ["$ make", "  blocked", "  exit 0 · 1.23s", "$ make", "  exit 0 · 1.23s"]
    changes: dict[str, ev.FileChange] = {f"{CWD}/a": ev.Add("x\n")}
    chat = made()
    send(chat, ev.ApplyPatchApprovalRequest(call_id="c#2", changes=changes))
    send(chat, ev.PatchApplyBegin("c", auto_approved=False, changes=changes))
    send(chat, ev.PatchApplyEnd("c", "", "", success=True))
    assert shown(chat)[0] == "patch applied"
    chat = made()
    send(chat, ev.McpApprovalRequest(call_id="c#3", server="s", tool="t", arguments=None))
    send(chat, ev.McpToolCallBegin("c", "s", "t", None))
    assert shown(chat) == ["tool s.t()", "  running"]


def test_the_end_of_a_command_of_the_users_is_told_once() -> None:
    chat = made()
    begin = ev.ExecCommandBegin("c", ("make",), CWD, is_from_user=True)
    send(chat, ev.TaskStarted(), begin, ended("c"), ev.TaskComplete(None))
    assert shown(chat) == ["! make", "  exit 0 · 1.23s"]
    send(chat, ev.TaskStarted(), begin, ended("c", exit_code=130), ev.TurnAborted("interrupted"))
    assert shown(chat)[2:] == ["! make", "  interrupted after 1.23s"]
    send(chat, ev.TaskStarted(), begin, ended("c"), ev.UserMessage("go on"), ev.TaskComplete(None))
    assert shown(chat)[-1] == "warning: the model returned no message"
