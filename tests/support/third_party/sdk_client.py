"""A client of codex's MCP server on the official Python SDK; run by the interpreter that has it.

`python sdk_client.py SCENARIO CWD WORD...`: starts the server WORD..., plays the scenario, and
prints one JSON object with what it received.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

import anyio
from mcp import ClientSession, StdioServerParameters, types
from mcp.client.stdio import stdio_client

CALL: dict[str, Any] = {"approval-policy": "untrusted", "prompt": "go"}
seen: dict[str, Any] = {"questions": [], "progress": []}


async def approve(_context: Any, params: types.ElicitRequestParams) -> types.ElicitResult:
    """Answer every question with yes."""
    seen["questions"].append(params.message)
    return types.ElicitResult(action="accept", content={"decision": "approved"})


async def progress(done: float, _total: float | None, message: str | None) -> None:
    """Record the server's messages."""
    seen["progress"].append(message)


async def main(scenario: str, cwd: str, argv: list[str]) -> None:
    """Play one scenario."""
    server = StdioServerParameters(command=argv[0], args=argv[1:], env=dict(os.environ), cwd=cwd)
    can_ask = {"elicitation_callback": approve} if scenario != "unasked" else {}
    async with (
        stdio_client(server) as (read, write),
        ClientSession(read, write, **can_ask) as session,
    ):
        hello = await session.initialize()
        seen["version"] = hello.protocol_version
        seen["tools"] = [tool.name for tool in (await session.list_tools()).tools]
        await PLAYS[scenario](session)
    print(json.dumps(seen))


async def run(session: ClientSession) -> None:
    """Make one call, and a second one to the same session."""
    result = await session.call_tool("codex", CALL, progress_callback=progress)
    seen["result"] = result.model_dump(mode="json", by_alias=True)
    structured = result.structured_content or {}
    if "threadId" in structured:
        more = {"threadId": structured["threadId"], "prompt": "more"}
        reply = await session.call_tool("codex-reply", more)
        seen["reply"] = reply.model_dump(mode="json", by_alias=True)


async def cancel(session: ClientSession) -> None:
    """Cancel a call once it has begun, and check that the server continues."""
    with anyio.CancelScope() as scope:

        async def begun(_done: float, _total: float | None, message: str | None) -> None:
            seen["progress"].append(message)
            if message is not None and message.startswith("running"):
                scope.cancel()

        await session.call_tool("codex", CALL, progress_callback=begun)
    seen["cancelled"] = scope.cancelled_caught
    await session.send_ping()


PLAYS = {"run": run, "unasked": run, "cancel": cancel}

if __name__ == "__main__":
    anyio.run(main, sys.argv[1], sys.argv[2], sys.argv[3:])
