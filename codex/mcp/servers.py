"""All MCP servers of a session, each independent of the others.

Servers do not delay the first request to the model: they start when it has been sent, or after half
a second, and their tools are offered from the next request on. Only a server marked `required` is
waited for.

A server that fails is reported, and the others continue. One that ends later is reported and
restarted once. Must not know what a session is: it reports through the callbacks it was given.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, NamedTuple

from codex.base.errors import CodexError
from codex.mcp.managed import ManagedServer
from codex.mcp.names import ToolKey, qualified_names

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from codex.base.cancel import Cancel
    from codex.mcp.client import ServerTool
    from codex.mcp.managed import Outside
    from codex.mcp.progress import CallProgress
    from codex.protocol.items import Json
    from codex.protocol.replies import McpServerStatus
    from codex.protocol.settings import McpServer


START_DELAY_S = 0.5
"""Longest wait before the servers that are not required start; a person takes longer to type."""


class OfferedTool(NamedTuple):
    """A tool under the name that the model sees."""

    name: str
    server: str
    tool: ServerTool


class McpServers:
    """The servers of one session. Every method may be called from any thread."""

    def __init__(self, settings: Mapping[str, McpServer], outside: Outside) -> None:
        self._servers = {
            name: ManagedServer(name, server, outside) for name, server in sorted(settings.items())
        }
        self._may_start = threading.Event()
        self._starter = threading.Thread(target=self._start_others, name="mcp-start", daemon=True)

    def start(self) -> None:
        """Start every enabled server in the background; return immediately.

        Servers that are not required start after the first request has been sent, or after
        START_DELAY_S: a dozen programs that start together would slow it down.
        """
        for server in self._servers.values():
            if server.settings.required:
                server.start()
        self._starter.start()

    def request_sent(self) -> None:
        """Start the servers that wait until the first request to the model has been sent."""
        self._may_start.set()

    def _start_others(self) -> None:
        self._may_start.wait(START_DELAY_S)
        for server in self._servers.values():
            if not server.settings.required:
                server.start()

    def wait_for_required(self, cancel: Cancel) -> None:
        """Wait until every server marked as required is ready.

        Raises: CodexError, if one has failed. Interrupted.
        """
        for server in self._servers.values():
            if server.settings.required and server.settings.enabled:
                server.wait(cancel)

    def tools(self, cancel: Cancel, taken: Iterable[str] = ()) -> tuple[OfferedTool, ...]:
        """Return the tools of the servers that are ready, sorted by server, then tool.

        Waits up to REFRESH_S for each server whose tools have changed.
        Args: taken: names of other tools, which must not be used.
        Raises: Interrupted.
        """
        found: dict[ToolKey, ServerTool] = {}
        for name, server in self._servers.items():
            for tool in server.tools(cancel):
                found.setdefault(ToolKey(name, tool.name), tool)
        return tuple(
            OfferedTool(name, key.server, found[key])
            for name, key in qualified_names(found, taken).items()
        )

    def settings_of(self, server: str) -> McpServer:
        """Return a server's settings. Raises: CodexError, if there is no such server."""
        return self._server(server).settings

    def names_with_resources(self) -> tuple[str, ...]:
        """Return the names of the servers that are ready and have resources."""
        return tuple(name for name, server in self._servers.items() if server.has_resources)

    def call_tool(
        self,
        server: str,
        tool: str,
        arguments: Json,
        *,
        cancel: Cancel,
        on_progress: Callable[[CallProgress], None],
    ) -> Json:
        """Call a tool; return its CallToolResult.

        Raises: CodexError, which names the server. Interrupted.
        """
        return self._server(server).use(
            cancel,
            lambda client, timeout_s: client.call_tool(
                tool, arguments, cancel=cancel, timeout_s=timeout_s, on_progress=on_progress
            ),
        )

    def list_resources(self, server: str, cancel: Cancel) -> list[Json]:
        """Return a server's resources and resource templates. Raises: CodexError. Interrupted."""
        found: list[Json] = self._server(server).use(
            cancel, lambda client, s: client.list_resources(cancel, s)
        )
        return found

    def read_resource(self, server: str, uri: str, cancel: Cancel) -> Json:
        """Read a resource; return its ReadResourceResult. Raises: CodexError. Interrupted."""
        return self._server(server).use(
            cancel, lambda client, s: client.read_resource(uri, cancel, s)
        )

    def status(self) -> tuple[McpServerStatus, ...]:
        """Return the status of every server."""
        return tuple(server.status() for server in self._servers.values())

    def close(self) -> None:
        """End all servers concurrently, and wait until they have ended."""
        for server in self._servers.values():
            server.begin_close()
        self._may_start.set()
        self._starter.join()
        threads = [
            threading.Thread(target=server.close, name=f"mcp-{name}-close", daemon=True)
            for name, server in self._servers.items()
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _server(self, name: str) -> ManagedServer:
        if name not in self._servers:
            known = ", ".join(self._servers) or "none"
            raise CodexError(f"there is no MCP server '{name}'; there are: {known}")
        return self._servers[name]
