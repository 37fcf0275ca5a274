"""The demo's scripted model responds to the outputs it is sent, and reports what went wrong."""

from __future__ import annotations

import json
from typing import Any

from codex.demo import project
from codex.demo.script import ScriptedReply, next_reply
from codex.demo.server import stream

PROMPT = {"role": "user", "content": "Fix it. Then write '/tmp/x/outside.txt'."}
FAILING = "Exit code: 1\nOutput:\nok    one price\nFAIL  three prices: expected 12, got 5\n"
PASSING = "Exit code: 0\nOutput:\nok    one price\nok    three prices\n"
CODE = f"Exit code: 0\nOutput:\n{project.FILES['total.sh']}"


def reply_to(*outputs: str) -> ScriptedReply:
    tools = [{"role": "tool", "tool_call_id": "c", "content": output} for output in outputs]
    return next_reply([{"role": "system", "content": "base"}, PROMPT, *tools])


def names(reply: ScriptedReply) -> list[str]:
    return [call.name for call in reply.calls]


def test_it_begins_with_the_test() -> None:
    assert reply_to().calls[0].arguments == {"command": ["/bin/sh", "test.sh"]}


def test_it_quotes_the_failure_and_reads_the_code() -> None:
    reply = reply_to(FAILING)
    assert "FAIL  three prices: expected 12, got 5" in reply.text
    assert names(reply) == ["shell", "update_plan"]


def test_a_test_that_does_not_fail_ends_the_demo() -> None:
    reply = reply_to(PASSING)
    assert (reply.calls, "did not" in reply.text) == ((), True)


def test_the_patch_is_made_of_the_code_it_read() -> None:
    (call,) = reply_to(FAILING, CODE, "Plan updated").calls
    assert call.name == "apply_patch"
    assert call.arguments["input"] == (
        "*** Begin Patch\n*** Update File: total.sh\n@@\n"
        '     for price in "$@"; do\n'
        "-        sum=$price\n"
        "+        sum=$((sum + price))\n"
        "     done\n"
        "*** End Patch\n"
    )


def test_code_it_does_not_know_ends_the_demo() -> None:
    reply = reply_to(FAILING, "Exit code: 2\nOutput:\nno such file\n", "Plan updated")
    assert (reply.calls, "cannot find" in reply.text) == ((), True)


def test_a_patch_that_failed_is_admitted() -> None:
    reply = reply_to(FAILING, CODE, "Plan updated", "error: no room on the disk")
    assert (reply.calls, "no room on the disk" in reply.text) == ((), True)


def test_after_the_patch_the_test_runs_again() -> None:
    reply = reply_to(FAILING, CODE, "Plan updated", "Success.")
    assert names(reply) == ["shell"]
    assert reply.calls[0].arguments == {"command": ["/bin/sh", "test.sh"]}


def test_a_test_that_still_fails_is_admitted() -> None:
    reply = reply_to(FAILING, CODE, "Plan updated", "Success.", FAILING)
    assert (reply.calls, "still fails" in reply.text) == ((), True)


def test_it_tries_the_file_that_the_prompt_names() -> None:
    reply = reply_to(FAILING, CODE, "Plan updated", "Success.", PASSING)
    assert names(reply) == ["update_plan", "shell"]
    command = ["/bin/sh", "-c", 'echo hello > "$1"', "sh", "/tmp/x/outside.txt"]
    assert reply.calls[1].arguments == {"command": command}


def last(attempt: str) -> ScriptedReply:
    plan = "Plan updated"
    return reply_to(FAILING, CODE, plan, "Success.", PASSING, plan, attempt)


def test_it_ends_with_the_words_of_the_refusal() -> None:
    refusal = "sh: 1: cannot create /tmp/x/outside.txt: Permission denied"
    reply = last(f"Exit code: 2\nOutput:\n{refusal}\n")
    assert reply.calls == ()
    assert refusal in reply.text


def test_a_sandbox_that_leaks_is_admitted() -> None:
    assert "let me write outside" in last("Exit code: 0\nDuration: 0.0 s\nOutput: none").text


def test_the_answer_is_streamed_in_pieces_that_add_up() -> None:
    messages = [PROMPT, {"role": "tool", "tool_call_id": "c", "content": FAILING}]
    chunks: list[Any] = [
        json.loads(event.removeprefix(b"data: ")) for event in stream({"messages": messages})
    ]
    deltas = [chunk["choices"][0]["delta"] for chunk in chunks]
    texts = [delta["content"] for delta in deltas if delta.get("content")]
    assert len(texts) > 5
    assert "".join(texts) == next_reply(messages).text
    calls = [call for delta in deltas for call in delta.get("tool_calls", ())]
    assert [call["id"] for call in calls] == ["call_1", "call_2"]
    assert [call["function"]["name"] for call in calls] == ["shell", "update_plan"]
    assert chunks[-1]["choices"][0]["finish_reason"] == "tool_calls"
