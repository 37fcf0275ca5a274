"""All MCP servers of a session: waiting for them, their failures and their end."""

from __future__ import annotations

import os
import threading
from queue import SimpleQueue
from typing import TYPE_CHECKING

import pytest

from codex.base.cancel import Cancel
from codex.base.errors import CodexError, Interrupted
from codex.mcp.managed import Outside
from codex.mcp.servers import McpServers
from codex.protocol.replies import McpServerState, McpServerStatus
from tests.support.mcp.servers import scripted

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from codex.protocol.settings import McpServer

PATIENCE_S = 30.0


class Session:
    """Servers, with a record of their reports; a context manager."""

    def __init__(self, cwd: Path, **settings: McpServer) -> None:
        self.statuses: SimpleQueue[McpServerStatus] = SimpleQueue()
        self.servers = McpServers(
            settings,
            Outside(
                environ={"PATH": os.environ["PATH"]},
                cwd=str(cwd),
                report=self.statuses.put,
                ask=lambda _, question: question.answer({"action": "decline"}),
                log=lambda *_: None,
                warn=lambda _: None,
            ),
        )
        self.servers.start()

    def wait_for(self, state: McpServerState) -> McpServerStatus:
        """Return the next report of a state."""
        while True:
            status = self.statuses.get(timeout=PATIENCE_S)
            if status.state is state:
                return status

    def call(self, tool: str, cancel: Cancel | None = None) -> object:
        return self.servers.call_tool(
            "s", tool, {"text": "hi"}, cancel=cancel or Cancel(), on_progress=lambda _: None
        )

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: object) -> None:
        self.servers.close()


@pytest.fixture
def cancels() -> Iterator[Cancel]:
    cancel = Cancel()
    yield cancel
    cancel.close()


def test_a_wait_for_a_start_ends_with_its_cancel(tmp_path: Path, cancels: Cancel) -> None:
    with Session(tmp_path, s=scripted("hang")) as session:
        session.wait_for(McpServerState.STARTING)
        threading.Timer(0.0, cancels.set).start()
        with pytest.raises(Interrupted):
            session.servers.wait_for_required(cancels)


def test_a_call_during_a_restart_ends_with_its_cancel(tmp_path: Path, cancels: Cancel) -> None:
    server = scripted(f"once={tmp_path / 'was-here'}", "again")
    with Session(tmp_path, s=server) as session:
        session.wait_for(McpServerState.READY)
        with pytest.raises(CodexError, match="it exited with status 3"):
            session.call("die")
        session.wait_for(McpServerState.FAILED)
        session.wait_for(McpServerState.STARTING)
        threading.Timer(0.0, cancels.set).start()
        with pytest.raises(Interrupted):
            session.call("echo", cancels)


def test_a_call_after_a_death_waits_for_the_new_server(tmp_path: Path) -> None:
    with Session(tmp_path, s=scripted()) as session:
        session.servers.wait_for_required(Cancel())
        with pytest.raises(CodexError, match="something broke"):
            session.call("die")
        assert session.call("echo") == {"content": [{"type": "text", "text": "echo: hi"}]}
        with pytest.raises(CodexError, match="something broke"):
            session.call("die")
        with pytest.raises(CodexError, match="has been restarted once already"):
            session.call("echo")


def test_servers_that_are_off_or_unknown_are_named(tmp_path: Path) -> None:
    with Session(tmp_path, s=scripted(enabled=False)) as session:
        session.servers.wait_for_required(Cancel())
        assert session.servers.tools(Cancel()) == ()
        with pytest.raises(CodexError, match="the MCP server 's': it is disabled"):
            session.call("echo")
        with pytest.raises(CodexError, match="there is no MCP server 'x'; there are: s"):
            session.servers.settings_of("x")


def test_a_close_during_a_start_reports_nothing_and_leaves_nothing(tmp_path: Path) -> None:
    with Session(tmp_path, s=scripted("hang"), t=scripted("hang")) as session:
        for _ in range(2):
            assert session.statuses.get(timeout=PATIENCE_S).state is McpServerState.STARTING
    assert session.statuses.empty()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("mcp-")]
