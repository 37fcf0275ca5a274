"""Settings of scripted MCP servers, and engines that have one."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from codex.protocol.settings import McpServer
from tests.support.engine import Engine

if TYPE_CHECKING:
    from tests.support.model.fake_model import FakeModel

PROGRAM = str(Path(__file__).with_name("scripted.py"))


def scripted(*manners: str, **settings: Any) -> McpServer:
    """Return settings for scripted.py; the first turn waits for it unless told otherwise."""
    settings.setdefault("required", True)
    return McpServer(command=sys.executable, args=(PROGRAM, *manners), **settings)


def engine_with(
    model: FakeModel, cwd: Path, servers: dict[str, McpServer] | McpServer, **settings: Any
) -> Engine:
    """Return an engine with these servers; a single one is named `s`."""
    if isinstance(servers, McpServer):
        servers = {"s": servers}
    return Engine(model, cwd=str(cwd), mcp_servers=servers, **settings)


def offered(body: Any) -> list[str]:
    """Return the names of the MCP tools in a request of the wire `responses`."""
    names = [str(tool["name"]) for tool in body["tools"]]
    return [name for name in names if name.startswith("mcp__")]
