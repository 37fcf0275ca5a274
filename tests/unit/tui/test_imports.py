"""Which modules may be imported before the first frame, for which the user waits."""

from __future__ import annotations

import subprocess
import sys

FIRST_FRAME = """
import sys
from codex.tui.transcript.chat import Chat, ChatSettings
from codex.tui.transcript.window import Window
from codex.tui.transcript.status import StatusState, status
from codex.protocol.events import SessionConfigured, TaskStarted

chat = Chat(ChatSettings(cwd="/repo"), lambda: 0.0)
chat.handle(
    SessionConfigured(
        session_id="a", model="m", cwd="/repo", provider="p", approval_policy="never", sandbox="s"
    ),
    "0",
)
chat.user_prompt("hello")
chat.handle(TaskStarted(), "1")
assert Window(chat.cells).view(80, 24)
assert status(StatusState(model="m", approval="never", sandbox="s"), 80)
print(sorted(name for name in sys.modules if "." not in name))
"""


def test_the_first_frame_loads_no_parser_of_markdown_or_code() -> None:
    run = subprocess.run(
        [sys.executable, "-c", FIRST_FRAME], capture_output=True, text=True, check=True
    )
    assert "'msgspec'" in run.stdout
    for heavy in ("markdown_it", "pygments", "asyncio", "prompt_toolkit"):
        assert f"'{heavy}'" not in run.stdout
