"""The tools of MCP servers, as the engine offers, asks about and calls them.

Three functions of ours stand beside the servers' own tools when a server has resources: to list
them and to read one.
"""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING

import msgspec

from codex.base.errors import CodexError, Interrupted
from codex.base.jsonio import dumps, loads
from codex.core.context import ToolOutput
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
    from codex.mcp.client import Tool
    from codex.mcp.progress import CallProgress
    from codex.mcp.servers import McpServers, OfferedTool
    from codex.protocol.items import FunctionCall, Json

MAX_TOOLS = 120
"""Of all servers; OpenAI takes 128 functions with a request, some of which are ours."""
MAX_DESCRIPTION_CHARS = 1024
"""The longest that OpenAI takes for a function."""

LIST_RESOURCES = ToolSpec(
    name="list_mcp_resources",
    description="List what an MCP server offers to read: URIs, and templates of URIs.",
    parameters={
        "type": "object",
        "properties": {"server": {"type": "string"}},
        "required": ["server"],
        "additionalProperties": False,
    },
)
READ_RESOURCE = ToolSpec(
    name="read_mcp_resource",
    description="Read a resource of an MCP server by its URI.",
    parameters={
        "type": "object",
        "properties": {"server": {"type": "string"}, "uri": {"type": "string"}},
        "required": ["server", "uri"],
        "additionalProperties": False,
    },
)


class _ListArguments(msgspec.Struct, frozen=True):
    server: str


class _ReadArguments(msgspec.Struct, frozen=True):
    server: str
    uri: str


def make_offer(context: TaskContext, servers: McpServers, taken: Iterable[str]) -> Offer:
    """What the servers offer now, as far as a request can carry it.

    Args: taken: names of other tools.
    Raises: CodexError, when a required server has failed. Interrupted.
    """
    servers.wait_for_required(context.cancel)
    tools = servers.tools(context.cancel, taken)
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
                f"the MCP server '{server}' offers {count:,} tools, which is more than a model "
                f"takes: {count - share:,} are left out; choose some by "
                f"mcp_servers.{server}.enabled_tools"
            )
    return Offer(servers, kept)


class Offer:
    """What the servers offer for one request: specifications, and what a name means."""

    def __init__(self, servers: McpServers, tools: Iterable[OfferedTool]) -> None:
        self._servers = servers
        self._tools = {tool.name: tool for tool in tools}
        self._has_resources = bool(servers.names_with_resources())

    def specs(self) -> tuple[ToolSpec, ...]:
        """In an order that stays the same."""
        own = (LIST_RESOURCES, READ_RESOURCE) if self._has_resources else ()
        return (*own, *(_spec(tool) for tool in self._tools.values()))

    def names(self) -> tuple[str, ...]:
        """Every name."""
        return tuple(spec.name for spec in self.specs())

    def call(self, context: TaskContext, call: FunctionCall) -> ToolOutput | None:
        """Run a call of one of these tools; None when it is none of them.

        Raises: Interrupted, after the call's end event. ValueError, for arguments that are no JSON.
        """
        if self._has_resources and call.name in (LIST_RESOURCES.name, READ_RESOURCE.name):
            return self._resources(context, call)
        if (offered := self._tools.get(call.name)) is None:
            return None
        arguments = loads(call.arguments) if call.arguments.strip() else None
        if arguments is not None and not isinstance(arguments, dict):
            raise ValueError("expected a JSON object")
        return self._tool(context, call, offered, arguments)

    def _tool(
        self, context: TaskContext, call: FunctionCall, offered: OfferedTool, arguments: Json
    ) -> ToolOutput:
        refusal = _refusal(context, call.call_id, self._servers, offered, arguments)
        if refusal is not None:
            return refusal

        def on_progress(progress: CallProgress) -> None:
            context.emit(
                McpToolCallProgress(
                    call.call_id, progress.progress, progress.total, progress.message
                )
            )

        def run() -> Json:
            return self._servers.call_tool(
                offered.server,
                offered.tool.name,
                arguments,
                cancel=context.cancel,
                on_progress=on_progress,
            )

        takes_images = context.setup.config.model.has_images
        begin = McpToolCallBegin(call.call_id, offered.server, offered.tool.name, arguments)
        return _report(context, begin, run, lambda r: tool_result(r, takes_images=takes_images))

    def _resources(self, context: TaskContext, call: FunctionCall) -> ToolOutput:
        if call.name == LIST_RESOURCES.name:
            server = msgspec.convert(loads(call.arguments or "{}"), _ListArguments).server
            begin = McpToolCallBegin(call.call_id, server, "resources/list", None)
            return _report(
                context,
                begin,
                lambda: self._servers.list_resources(server, context.cancel),
                lambda found: ToolResult(shortened(dumps(found).decode()), (), is_error=False),
            )
        wanted = msgspec.convert(loads(call.arguments or "{}"), _ReadArguments)
        begin = McpToolCallBegin(call.call_id, wanted.server, "resources/read", {"uri": wanted.uri})
        return _report(
            context,
            begin,
            lambda: self._servers.read_resource(wanted.server, wanted.uri, context.cancel),
            lambda result: ToolResult(resource_text(result), (), is_error=False),
        )


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
    """One call between its begin and its end event.

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


def must_ask(mode: ToolApproval, tool: Tool, policy: AskForApproval) -> bool:
    """Whether the user is to be asked before a call.

    Under `auto` what the server says about its tool counts: what only reads runs; what changes
    something is asked about where commands are too, and what may destroy something wherever
    anything is asked at all.
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
    """What the model reads instead, when the call is not to be made.

    Raises: Interrupted.
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
            f"rejected: '{tool.name}' of '{offered.server}' is set to be asked about "
            f"({mode.value}), and the approval policy is 'never'. The user can allow it with "
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
