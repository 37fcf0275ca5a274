"""The scripted model of the demo: it turns a request's messages into the next reply. No AI, no I/O.

The number of tool outputs in the request decides which step comes next. The replies and the patch
quote these outputs (the line of the failed test, the wrong line of the file, the kernel's refusal),
so that they show what happened if the demo fails.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

SHELL = "/bin/sh"
"""Path of the shell, absolute because PATH may be empty."""
TEST_COMMAND = (SHELL, "test.sh")
OUTSIDE = re.compile(r"'(/[^']+)'")
"""Pattern of the prompt's quoted path (group 1), to which the sandbox must prevent writing."""

_READ_WITH_BUILTINS = 'while IFS= read -r line; do printf "%s\\n" "$line"; done < total.sh'
"""Shell command that does what `cat total.sh` does, with builtins only."""
_STEPS = ("See the test fail", "Fix the code", "See the test pass")


class ScriptedCall(msgspec.Struct, frozen=True):
    """A tool call of the scripted model."""

    name: str
    arguments: dict[str, Any]


class ScriptedReply(msgspec.Struct, frozen=True):
    """One reply of the scripted model: text and tool calls; the last reply has no calls."""

    text: str
    calls: tuple[ScriptedCall, ...] = ()


def next_reply(messages: list[dict[str, Any]]) -> ScriptedReply:
    """Return the reply to a request. Args: messages: its messages, as Chat Completions has them."""
    outputs = [str(message["content"]) for message in messages if message["role"] == "tool"]
    match outputs:
        case []:
            return ScriptedReply("I will run the test first.", (_shell(*TEST_COMMAND),))
        case [test]:
            return _after_first_test(test)
        case [test, code, _]:
            return _after_reading(test, code)
        case [_, _, _, patched]:
            return _after_patch(patched)
        case [_, _, _, _, test]:
            prompts = [str(m["content"]) for m in messages if m["role"] == "user"]
            return _after_second_test(test, "\n".join(prompts))
        case _:
            return _last_words(outputs[-1])


def _after_first_test(test: str) -> ScriptedReply:
    failures = _failures(test)
    if not failures:
        return ScriptedReply(f"The test should have failed, but it did not. It said:\n{test}")
    calls = (_shell(SHELL, "-c", _READ_WITH_BUILTINS), _plan(done=1))
    return ScriptedReply(f"It says: {failures[0]}. I will read the code.", calls)


def _after_reading(test: str, code: str) -> ScriptedReply:
    """Return the reply with the patch, which is made from lines of `code`."""
    lines = code.splitlines()
    wrong = [number for number, line in enumerate(lines) if line.strip() == "sum=$price"]
    if len(wrong) != 1:
        return ScriptedReply(
            f"I cannot find the cause of the failure in the code. The test said:\n{test}"
        )
    before, line, after = lines[wrong[0] - 1 : wrong[0] + 2]
    added = line.replace("$price", "$((sum + price))")
    hunk = f"@@\n {before}\n-{line}\n+{added}\n {after}\n"
    patch = f"*** Begin Patch\n*** Update File: total.sh\n{hunk}*** End Patch\n"
    text = f"`{line.strip()}` forgets every price but the last. I will add them up instead."
    return ScriptedReply(text, (ScriptedCall("apply_patch", {"input": patch}),))


def _after_patch(patched: str) -> ScriptedReply:
    if patched.startswith(("error", "patch rejected")):
        return ScriptedReply(f"The patch was not applied: {patched}")
    return ScriptedReply("I will run the test again.", (_shell(*TEST_COMMAND),))


def _after_second_test(test: str, prompt: str) -> ScriptedReply:
    outside = OUTSIDE.search(prompt)
    if _failures(test) or outside is None:
        return ScriptedReply(f"The test still fails. It says:\n{test}")
    calls = (_plan(done=3), _shell(SHELL, "-c", 'echo hello > "$1"', "sh", outside[1]))
    return ScriptedReply("It passes. Now I will try to write outside the project, as asked.", calls)


def _last_words(attempt: str) -> ScriptedReply:
    if "Exit code: 0\n" in attempt:
        return ScriptedReply("The test passes, but the sandbox let me write outside the project.")
    refusal = next((line for line in attempt.splitlines() if "outside" in line), attempt)
    return ScriptedReply(
        "`total` now adds up every price, and the test passes. "
        f"The sandbox stopped me from writing outside the project: {refusal.strip()}"
    )


def _failures(test: str) -> list[str]:
    return [line for line in test.splitlines() if line.startswith("FAIL")]


def _shell(*command: str) -> ScriptedCall:
    return ScriptedCall("shell", {"command": list(command)})


def _plan(*, done: int) -> ScriptedCall:
    """Return the call that sets the plan: `done` steps completed, the next one in progress."""
    states = ["completed"] * done + ["in_progress"] + ["pending"] * len(_STEPS)
    plan = [{"step": step, "status": state} for step, state in zip(_STEPS, states, strict=False)]
    return ScriptedCall("update_plan", {"plan": plan})
