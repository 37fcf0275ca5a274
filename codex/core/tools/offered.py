"""The tools of a request: which are offered to the model, and which one a call names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from codex.core.tools.apply_patch import APPLY_PATCH_TOOL
from codex.core.tools.plan import UPDATE_PLAN_TOOL
from codex.core.tools.shell import shell_tool
from codex.core.tools.view_image import VIEW_IMAGE_TOOL

if TYPE_CHECKING:
    from codex.config.types import Config
    from codex.core.context import TaskContext, ToolOutput
    from codex.core.tools.tool import Tool
    from codex.protocol.items import FunctionCall


def own_tools(config: Config) -> tuple[Tool[Any], ...]:
    """Return every tool except those of MCP servers, whether offered or not, in fixed order."""
    return (
        shell_tool(config.command_timeout_ms),
        APPLY_PATCH_TOOL,
        UPDATE_PLAN_TOOL,
        VIEW_IMAGE_TOOL,
    )


def offered_tools(context: TaskContext) -> Toolset:
    """Return the tools to send with the next request, after waiting for required MCP servers.

    Raises: CodexError, if a required MCP server has failed. Interrupted.
    """
    config = context.setup.config
    own = own_tools(config)
    offered = tuple(tool for tool in own if tool.is_offered(config))
    servers = context.session.mcp
    if servers is None:
        return Toolset(offered, own)
    from codex.core.tools.mcp import mcp_tools

    theirs = mcp_tools(context, servers, taken=[tool.spec.name for tool in offered])
    return Toolset(offered + theirs, own + theirs)


class Toolset:
    """The tools of one request."""

    def __init__(self, offered: tuple[Tool[Any], ...], known: tuple[Tool[Any], ...]) -> None:
        """Args: offered: the tools that the request carries. known: every tool that a call may
        name, offered or not; if two share a name, the first is used.
        """
        self.specs = tuple(tool.spec for tool in offered)
        self._by_name: dict[str, Tool[Any]] = {
            name: tool for tool in reversed(known) for name in tool.names
        }

    def call(self, context: TaskContext, call: FunctionCall) -> ToolOutput:
        """Run one call and return its output; if it is wrong, return an error for the model.

        Raises: Interrupted, if the task is stopped meanwhile.
        """
        tool = self._by_name.get(call.name)
        if tool is None:
            known = ", ".join(spec.name for spec in self.specs)
            return context.refuse(f"error: there is no tool '{call.name}'; there are: {known}")
        try:
            return tool.call(context, call.call_id, call.arguments)
        except (msgspec.ValidationError, ValueError) as error:
            return context.refuse(f"error: cannot read the arguments of '{call.name}': {error}")
