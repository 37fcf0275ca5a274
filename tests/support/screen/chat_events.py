"""A whole session as its events, with one of everything that the transcript shows."""

from __future__ import annotations

from codex.protocol import events as ev
from codex.protocol.items import TokenUsage
from codex.protocol.policy import ReviewDecision
from codex.tui.transcript.chat import Chat, ChatSettings

CWD = "/home/ann/repo"
SETTINGS = ChatSettings(cwd=CWD, home="/home/ann", file_opener="vscode")

ANSWER = """\
# Done

The test **fails** because of `parse`, see 【F:src/parse.py†L10-L20】 and
[the docs](https://example.org/a). Steps:

1. read the *file*
2. change ~~nothing~~ one line
   - [x] with a nested list
   - [ ] of tasks

| file | lines | what |
|:-----|------:|:----:|
| src/parse.py | 12 | 漢字 stays wide |
| a | 1 | b |

> quoted <b>text</b>

```python
def parse(text: str) -> int:
\treturn int(text)  # 🎉
```

---

![a picture](shot.png)
"""


class Clock:
    """A clock that advances only on request."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        """Return the time, in seconds."""
        return self.now


def configured(**changes: str) -> ev.SessionConfigured:
    """Return the first event of every session."""
    values = {
        "session_id": "5973b6c0-94b8-487b-a530-2aeb6098ae0e",
        "model": "qwen3-coder",
        "cwd": CWD,
        "provider": "Ollama",
        "approval_policy": "untrusted",
        "sandbox": "workspace-write [/home/ann/repo, /tmp]",
    }
    return ev.SessionConfigured(**{**values, **changes})  # type: ignore[arg-type]


def ended(call_id: str, output: str = "", **changes: object) -> ev.ExecCommandEnd:
    """Return the end of a command that succeeded."""
    values: dict[str, object] = {
        "call_id": call_id,
        "stdout": output,
        "stderr": "",
        "aggregated_output": output,
        "exit_code": 0,
        "duration_ms": 1234,
    }
    return ev.ExecCommandEnd(**{**values, **changes})  # type: ignore[arg-type]


def counted(total: int, *, left: int | None = 87) -> ev.TokenCount:
    """Return the token counts after a response."""
    usage = TokenUsage(
        input_tokens=total, cached_input_tokens=total // 2, output_tokens=total // 10
    )
    return ev.TokenCount(last=usage, total=usage, context_window=32768, context_left_percent=left)


PATCH: dict[str, ev.FileChange] = {
    f"{CWD}/src/parse.py": ev.Update(
        "@@ -9,3 +9,4 @@\n def parse(text):\n"
        "-    return text\n+    # as a number\n+    return int(text)\n"
        "@@ -40 +41 @@\n-old\n+new\n\\ No newline at end of file\n",
        None,
    ),
    f"{CWD}/README.md": ev.Add("# Title\n\n\ta tab\n"),
    f"{CWD}/old.txt": ev.Delete("gone\n"),
    f"{CWD}/a.txt": ev.Update("@@ -1 +1 @@\n-x\n+y\n", f"{CWD}/b.txt"),
}


def whole_session() -> Chat:
    """Return a Chat that has handled all events, with a prompt that is still waiting."""
    clock = Clock()
    chat = Chat(SETTINGS, clock)
    chat.handle(configured(), "0")
    chat.user_prompt("fix the failing test\nplease", ["shot.png"])
    chat.handle(ev.TaskStarted(), "1")
    chat.handle(ev.UserMessage("fix the failing test\nplease", 1), "1")
    _look(chat)
    _work(chat)
    chat.handle(ev.AgentMessageDelta("# Do"), "1")
    chat.handle(ev.AgentMessage(ANSWER), "1")
    chat.handle(counted(12345), "1")
    clock.now += 75
    chat.handle(ev.TaskComplete(ANSWER), "1")
    _second(chat)
    return chat


def _look(chat: Chat) -> None:
    """Handle events of reasoning, a plan and commands."""
    chat.handle(ev.AgentReasoning("**Looking** at the tests first."), "1")
    steps = (
        ev.PlanStep("read the code", ev.StepStatus.COMPLETED),
        ev.PlanStep("fix the parser, which is in a file of its own", ev.StepStatus.IN_PROGRESS),
        ev.PlanStep("run the tests", ev.StepStatus.PENDING),
    )
    chat.handle(ev.PlanUpdate("The bug is small.", steps), "1")
    chat.handle(ev.ExecCommandBegin("c1", ("bash", "-lc", "grep -rn parse src | head"), CWD), "1")
    for number in range(30):
        chunk = f"src/parse.py:{number}:\tdef \x1b[31mparse\x1b[0m(text): ...\n"
        chat.handle(ev.ExecCommandOutputDelta("c1", ev.OutputStream.STDOUT, chunk), "1")
    chat.handle(ended("c1"), "1")
    script = "set -e\ncd src\npython -m pytest --maxfail=1 -q -k 'parse and not slow' test_parse.py"
    chat.handle(ev.ExecCommandBegin("c2", ("bash", "-lc", script), CWD), "1")
    failed = "10%\r50%\r100%\nE   ValueError\n1 failed\n"
    chat.handle(ended("c2", failed, exit_code=1, duration_ms=61000), "1")
    chat.handle(ev.ExecCommandBegin("c3", ("touch", "/etc/my file"), CWD), "1")
    denial = "the sandbox blocked writing to '/etc': it is outside the writable folders"
    chat.handle(ended("c3", "touch: cannot touch\n", exit_code=1, denial=denial), "1")


def _work(chat: Chat) -> None:
    """Handle events of patches, MCP and the rest of a task."""
    request = ev.ApplyPatchApprovalRequest(call_id="p1", changes=PATCH, reason="it is outside")
    chat.handle(request, "1")
    chat.handle(ev.PatchApplyBegin("p1", auto_approved=False, changes=PATCH), "1")
    chat.handle(ev.PatchApplyEnd("p1", "Done\n", "", success=True), "1")
    one: dict[str, ev.FileChange] = {"/etc/x": ev.Add("1\n")}
    chat.handle(ev.PatchApplyBegin("p2", auto_approved=True, changes=one), "1")
    chat.handle(ev.PatchApplyEnd("p2", "", "no permission to write '/etc/x'\n", success=False), "1")
    chat.handle(ev.ApplyPatchApprovalRequest(call_id="p3", changes=one), "1")
    chat.calls.decided("p3", ReviewDecision.DENIED)
    chat.handle(ev.McpToolCallBegin("m1", "docs", "search", {"query": "parse", "limit": 3}), "1")
    content = [
        {"type": "text", "text": "one\ntwo"},
        {"type": "image", "data": "AAAA", "mimeType": "image/png"},
    ]
    end = ev.McpToolCallEnd(call_id="m1", success=True, result={"content": content}, duration_ms=42)
    chat.handle(end, "1")
    chat.handle(ev.ViewImage("v1", f"{CWD}/shot.png"), "1")
    chat.handle(ev.Warning("AGENTS.md was cut at 32 KiB"), "1")
    chat.handle(ev.BackgroundEvent("waiting for the server"), "1")
    chat.handle(ev.AgentMessageDelta("void"), "1")
    chat.handle(ev.StreamError("the stream broke off; sending again (1 of 5)"), "1")


def _second(chat: Chat) -> None:
    """Handle events of later tasks, of which one fails, and of the user's own actions."""
    chat.handle(ev.ExecCommandBegin("u1", ("bash", "-lc", "ls"), CWD, is_from_user=True), "2")
    chat.handle(ended("u1", "README.md\nsrc\n"), "2")
    chat.handle(ev.TaskStarted(), "3")
    chat.handle(ev.UserMessage("go on"), "3")
    chat.handle(ev.ExecCommandBegin("c4", ("sleep", "100"), CWD), "3")
    chat.handle(ev.TurnAborted(), "3")
    chat.handle(ev.TaskStarted(), "4")
    chat.handle(ev.Error("the model 'qwen3-coder' is not there\nstart it with `ollama run`"), "4")
    chat.handle(configured(model="llama3", sandbox="read-only"), "5")
    chat.notice("the answer was copied")
    chat.user_prompt("and then the documentation")
