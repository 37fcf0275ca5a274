"""The program that MCP's conformance suite runs as the client: codex's own client, over HTTP.

`python -m tests.support.mcp.conformance_client URL`, with the scenario's name in
MCP_CONFORMANCE_SCENARIO. It connects as a session does, calls every tool that it is offered with
the arguments of the scenario, accepts every form unchanged, and closes. Exit code 1 means that the
server was not usable.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from codex.base.cancel import Cancel
from codex.core.elicitations import Elicitations
from codex.mcp.managed import Outside
from codex.mcp.servers import McpServers
from codex.protocol.events import ElicitationRequest
from codex.protocol.ops import ElicitationAnswer
from codex.protocol.settings import McpServer

if TYPE_CHECKING:
    from codex.protocol.events import EventMsg

ARGUMENTS = {"add_numbers": {"a": 2, "b": 3}}
SERVER = "conformance"


def main() -> int:
    """Run the scenario; return the exit code."""

    def emit(msg: EventMsg) -> None:
        print(msg, file=sys.stderr)
        if isinstance(msg, ElicitationRequest):
            elicitations.answer(ElicitationAnswer(msg.id, "accept", {}))

    elicitations = Elicitations(emit, can_ask=lambda: True)
    servers = McpServers(
        {SERVER: McpServer(url=sys.argv[-1], required=True, tool_timeout_sec=20)},
        Outside(
            environ=dict(os.environ),
            cwd=os.getcwd(),
            report=emit,
            ask=elicitations.ask,
            log=lambda *words: print(*words, file=sys.stderr),
            warn=lambda text: print(text, file=sys.stderr),
        ),
    )
    cancel = Cancel()
    servers.start()
    try:
        servers.wait_for_required(cancel)
        for offered in servers.tools(cancel):
            name = offered.tool.name
            result = servers.call_tool(
                SERVER, name, ARGUMENTS.get(name, {}), cancel=cancel, on_progress=lambda _: None
            )
            print(name, result)
    finally:
        servers.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
