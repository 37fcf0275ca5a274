"""The tools of MCP servers: offer them to the model, ask the user about a call, and make the call.

If a server has resources, two tools of our own are offered, too: one lists resources, the other
reads one. mcp/results.py turns a result into what the model reads, and cuts long ones.
"""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING, Any

import msgspec

from codex.base.errors import CodexError, Interrupted
from codex.base.jsonio import dumps, loads
from codex.core.context import ToolOutput
from codex.core.tools.tool import Tool, json_arguments, object_schema
from codex.mcp.names import fair_share
from codex.mcp.results import ToolResult, capped, resource_text, shortened, tool_result
from codex.mcp.schema import parameters_of
from codex.model.prompt import ToolSpec
from codex.protocol.events import (
    McpApprovalRequest,
    McpToolCallBegin,
    McpToolCallEnd,
    McpToolCallProgress,
)
from codex.protocol.policy import AskForApproval, ReviewDecision
from codex.protocol.settings import ToolApproval

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from codex.core.approvals import Answer
    from codex.core.context import TaskContext
    from codex.mcp.client import ServerTool
    from codex.mcp.progress import CallProgress
    from codex.mcp.servers import McpServers, OfferedTool
    from codex.protocol.items import Json

MAX_TOOLS = 120
"""Most tools of all MCP servers together in a request; OpenAI accepts 128 with our own."""
MAX_DESCRIPTION_CHARS = 1024
"""Longest description that OpenAI accepts for a function; a longer one is cut."""

LIST_RESOURCES = ToolSpec(
    name="list_mcp_resources",
    description="List what an MCP server offers to read: URIs, and templates of URIs.",
    parameters=object_schema({"server": {"type": "string"}}, ["server"]),
)
READ_RESOURCE = ToolSpec(
    name="read_mcp_resource",
    description="Read a resource of an MCP server by its URI.",
    parameters=object_schema(
        {"server": {"type": "string"}, "uri": {"type": "string"}}, ["server", "uri"]
    ),
)


class _ListArguments(msgspec.Struct, frozen=True):
    server: str


class _ReadArguments(msgspec.Struct, frozen=True):
    server: str
    uri: str


def mcp_tools(
    context: TaskContext, servers: McpServers, *, taken: Iterable[str]
) -> tuple[Tool[Any], ...]:
    """Wait for the required servers; return the tools of all that are ready, in fixed order.

    If a server has resources, our own tools for them come first. Tools beyond MAX_TOOLS are left
    out, with a warning.

    Args: taken: names of other tools, which must not be used again.
    Raises: CodexError, if a required server has failed. Interrupted.
    """
    servers.wait_for_required(context.cancel)
    theirs = _kept(context, servers.tools(context.cancel, taken))
    own = (_list_tool(servers), _read_tool(servers)) if servers.names_with_resources() else ()
    return (*own, *(_server_tool(servers, offered) for offered in theirs))


def _kept(context: TaskContext, tools: Iterable[OfferedTool]) -> list[OfferedTool]:
    """Return as many tools as a request can carry, in fair shares; warn of those left out."""
    tools = tuple(tools)
    counts = Counter(tool.server for tool in tools)
    share = fair_share(tuple(counts.values()), MAX_TOOLS)
    seen: Counter[str] = Counter()
    kept: list[OfferedTool] = []
    for tool in tools:
        seen[tool.server] += 1
        if seen[tool.server] <= share:
            kept.append(tool)
    for server, count in counts.items():
        if count > share:
            context.warn_once(
                f"the MCP server '{server}' offers {count:,} tools, but all servers together may "
                f"offer {MAX_TOOLS}: {count - share:,} of them are left out; choose some with "
                f"mcp_servers.{server}.enabled_tools"
            )
    return kept


def _server_tool(servers: McpServers, offered: OfferedTool) -> Tool[Json]:
    def run(context: TaskContext, call_id: str, arguments: Json) -> ToolOutput:
        refusal = _refusal(context, call_id, servers, offered, arguments)
        if refusal is not None:
            return refusal

        def on_progress(progress: CallProgress) -> None:
            context.emit(
                McpToolCallProgress(call_id, progress.progress, progress.total, progress.message)
            )

        def request() -> Json:
            return servers.call_tool(
                offered.server,
                offered.tool.name,
                arguments,
                cancel=context.cancel,
                on_progress=on_progress,
            )

        takes_images = context.setup.config.model.has_images
        begin = McpToolCallBegin(call_id, offered.server, offered.tool.name, arguments)
        return _report(context, begin, request, lambda r: tool_result(r, takes_images=takes_images))

    return Tool(spec=_spec(offered), arguments=_json_object, run=run)


def _json_object(text: str) -> Json:
    """Parse the arguments of a call, as the MCP server receives them; return None for no text."""
    arguments: Json = loads(text) if text.strip() else None
    if arguments is not None and not isinstance(arguments, dict):
        raise ValueError("expected a JSON object")
    return arguments


def _list_tool(servers: McpServers) -> Tool[_ListArguments]:
    def run(context: TaskContext, call_id: str, arguments: _ListArguments) -> ToolOutput:
        server = arguments.server
        return _report(
            context,
            McpToolCallBegin(call_id, server, "resources/list", None),
            lambda: servers.list_resources(server, context.cancel),
            lambda found: ToolResult(shortened(dumps(found).decode()), (), is_error=False),
        )

    return Tool(spec=LIST_RESOURCES, arguments=json_arguments(_ListArguments), run=run)


def _read_tool(servers: McpServers) -> Tool[_ReadArguments]:
    def run(context: TaskContext, call_id: str, arguments: _ReadArguments) -> ToolOutput:
        server, uri = arguments.server, arguments.uri
        return _report(
            context,
            McpToolCallBegin(call_id, server, "resources/read", {"uri": uri}),
            lambda: servers.read_resource(server, uri, context.cancel),
            lambda result: ToolResult(resource_text(result), (), is_error=False),
        )

    return Tool(spec=READ_RESOURCE, arguments=json_arguments(_ReadArguments), run=run)


def _spec(offered: OfferedTool) -> ToolSpec:
    tool = offered.tool
    text = tool.description or tool.title or f"{tool.name} of {offered.server}"
    if len(text) > MAX_DESCRIPTION_CHARS:
        text = text[: MAX_DESCRIPTION_CHARS - 1] + "…"
    parameters = parameters_of(tool.input_schema)
    return ToolSpec(name=offered.name, description=text, parameters=parameters)


def _report(
    context: TaskContext,
    begin: McpToolCallBegin,
    run: Callable[[], Json],
    read: Callable[[Json], ToolResult],
) -> ToolOutput:
    """Make one call by `run`, between its begin and end events; return the output for the model.

    Args: read: converts the result of `run`.
    Raises: Interrupted, after the end event.
    """
    context.emit(begin)
    started_at = time.monotonic()

    def end(result: Json, error: str | None, *, success: bool) -> None:
        duration_ms = round((time.monotonic() - started_at) * 1000)
        context.emit(
            McpToolCallEnd(
                call_id=begin.call_id,
                success=success,
                result=result,
                error=error,
                duration_ms=duration_ms,
            )
        )

    try:
        result = run()
        answer = read(result)
    except BaseException as error:
        end(None, str(error) or type(error).__name__, success=False)
        if isinstance(error, CodexError) and not isinstance(error, Interrupted):
            return ToolOutput(f"error: {error}")
        raise
    end(capped(result), None, success=not answer.is_error)
    text = f"error: {answer.text}" if answer.is_error else answer.text
    return ToolOutput(text, answer.image_urls)


def must_ask(mode: ToolApproval, tool: ServerTool, policy: AskForApproval) -> bool:
    """Whether a call needs the user's approval, which may have been given for the session before.

    Under the policy `never`, a call that needs approval is rejected. ToolApproval explains the
    modes. Under `auto` the server's description of the tool decides. For a tool that only reads,
    the user is not asked. For a tool that changes something, the user is asked if the approval
    policy asks before commands. For a tool that may destroy something, the user is asked under
    every approval policy but `never`.
    """
    match mode:
        case ToolApproval.APPROVE:
            return False
        case ToolApproval.PROMPT:
            return True
        case ToolApproval.WRITES:
            return not tool.is_read_only
        case ToolApproval.AUTO:
            if tool.is_read_only or policy is AskForApproval.NEVER:
                return False
            asks_first = policy in (AskForApproval.UNTRUSTED, AskForApproval.AUTO_EDIT)
            return asks_first or tool.is_destructive


def _refusal(
    context: TaskContext,
    call_id: str,
    servers: McpServers,
    offered: OfferedTool,
    arguments: Json,
) -> ToolOutput | None:
    """Ask the user if necessary; return None if the call may be made, else the output instead.

    Raises: Interrupted, when the task is stopped or the user answers "abort".
    """
    session = context.session
    tool = offered.tool
    key = (offered.server, tool.name)
    policy = context.setup.config.approval_policy
    mode = servers.settings_of(offered.server).approval_of(tool.name)
    if key in session.approved_mcp_tools or not must_ask(mode, tool, policy):
        return None
    if policy is AskForApproval.NEVER:
        return context.refuse(
            f"rejected: '{tool.name}' of '{offered.server}' needs the user's approval "
            f"(approval mode '{mode.value}'), and the approval policy is 'never'. The user can "
            "allow it with "
            f'mcp_servers.{offered.server}.tools.{tool.name}.approval_mode = "approve"',
            subject=f"{offered.server}.{tool.name}",
        )
    answer: Answer = context.ask(
        McpApprovalRequest(
            call_id=call_id,
            server=offered.server,
            tool=tool.name,
            arguments=arguments,
            reason=tool.title or _first_line(tool.description),
        )
    )
    if not answer.is_approved:
        return ToolOutput(answer.rejection)
    if answer.decision is not ReviewDecision.APPROVED:
        session.approved_mcp_tools.add(key)
    return None


def _first_line(text: str) -> str | None:
    return text.strip().partition("\n")[0] or None
