"""All MCP servers of a session: each starts by itself, and none can hurt another.

A server that fails is reported, and the others go on. One that ends later is reported, and started
again once, when it is next needed. Must not know what a session is: what happens leaves through the
callbacks that it was given.
"""

from __future__ import annotations

import logging
import os
import threading
from typing import TYPE_CHECKING, NamedTuple

from codex.cancel import Cancel
from codex.errors import CodexError, Interrupted
from codex.mcp.client import Client
from codex.mcp.names import ToolKey, qualified_names
from codex.protocol.events import McpServerState, McpServerStatus

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from codex.mcp.client import Question, Tool, Transport
    from codex.mcp.peer import Progress
    from codex.protocol.items import Json
    from codex.protocol.settings import McpServer

logger = logging.getLogger(__name__)

MAX_RESTARTS = 1
REFRESH_S = 5.0
"""How long a turn waits for a list of tools that has changed."""


class OfferedTool(NamedTuple):
    """A tool under the name that the model sees."""

    name: str
    server: str
    tool: Tool


class Outside(NamedTuple):
    """What servers are started with, and who hears of them."""

    environ: Mapping[str, str]
    cwd: str
    """Absolute."""
    report: Callable[[McpServerStatus], None]
    ask: Callable[[str, Question], None]
    """A server's name and what it asks the user; must not block."""
    log: Callable[[str, str, str], None]
    """A server's name, a level and a text."""


class McpServers:
    """The servers of one session. Every method may be called from any thread."""

    def __init__(self, settings: Mapping[str, McpServer], outside: Outside) -> None:
        self._servers = {
            name: _Server(name, server, outside) for name, server in sorted(settings.items())
        }

    def start(self) -> None:
        """Start every enabled server in the background; returns at once."""
        for server in self._servers.values():
            server.start()

    def wait_for_required(self, cancel: Cancel) -> None:
        """Wait until every server marked as required is ready.

        Raises: CodexError, when one is not. Interrupted.
        """
        for server in self._servers.values():
            if server.settings.required and server.settings.enabled:
                server.wait(cancel)

    def tools(self, cancel: Cancel, taken: Iterable[str] = ()) -> tuple[OfferedTool, ...]:
        """What the servers that are ready offer now, always in the same order.

        Args: taken: names of other tools, which these must not have.
        """
        found: dict[ToolKey, Tool] = {}
        for name, server in self._servers.items():
            for tool in server.tools(cancel):
                found.setdefault(ToolKey(name, tool.name), tool)
        return tuple(
            OfferedTool(name, key.server, found[key])
            for name, key in qualified_names(found, taken).items()
        )

    def settings_of(self, server: str) -> McpServer:
        """A server's settings. Raises: CodexError, when there is no such server."""
        return self._server(server).settings

    def names_with_resources(self) -> tuple[str, ...]:
        """The servers that are ready and have resources."""
        return tuple(name for name, server in self._servers.items() if server.has_resources)

    def call_tool(
        self,
        server: str,
        tool: str,
        arguments: Json,
        *,
        cancel: Cancel,
        on_progress: Callable[[Progress], None],
    ) -> Json:
        """Call a tool; its CallToolResult.

        Raises: CodexError, which names the server. Interrupted.
        """
        return self._server(server).use(
            cancel,
            lambda client, timeout_s: client.call_tool(
                tool, arguments, cancel=cancel, timeout_s=timeout_s, on_progress=on_progress
            ),
        )

    def list_resources(self, server: str, cancel: Cancel) -> list[Json]:
        """What a server offers to read. Raises: CodexError. Interrupted."""
        found: list[Json] = self._server(server).use(
            cancel, lambda client, s: client.list_resources(cancel, s)
        )
        return found

    def read_resource(self, server: str, uri: str, cancel: Cancel) -> Json:
        """Read a resource. Raises: CodexError. Interrupted."""
        return self._server(server).use(
            cancel, lambda client, s: client.read_resource(uri, cancel, s)
        )

    def status(self) -> tuple[McpServerStatus, ...]:
        """How each server is."""
        return tuple(server.status() for server in self._servers.values())

    def close(self) -> None:
        """End them all, side by side."""
        for server in self._servers.values():
            server.begin_close()
        for server in self._servers.values():
            server.close()

    def _server(self, name: str) -> _Server:
        if name not in self._servers:
            known = ", ".join(self._servers) or "none"
            raise CodexError(f"there is no MCP server '{name}'; there are: {known}")
        return self._servers[name]


class _Server:
    """One server: its settings, its client while it runs, and how it is."""

    def __init__(self, name: str, settings: McpServer, outside: Outside) -> None:
        self.name = name
        self.settings = settings
        self._outside = outside
        self._lock = threading.Lock()
        self._state = McpServerState.STARTING if settings.enabled else McpServerState.DISABLED
        self._message: str | None = None
        self._client: Client | None = None
        self._restart_count = 0
        self._cancel = Cancel()
        """Set when the session closes."""
        self._is_settled = threading.Event()
        """It is ready, or has failed."""

    def start(self) -> None:
        if self.settings.enabled:
            thread = threading.Thread(
                target=self._start, name=f"mcp-{self.name}-start", daemon=True
            )
            thread.start()

    def wait(self, cancel: Cancel) -> None:
        """Raises: CodexError, when it has failed. Interrupted."""
        forget = cancel.on_set(self._is_settled.set)
        try:
            self._is_settled.wait()
        finally:
            forget()
        cancel.check()
        if self._state is not McpServerState.READY:
            raise CodexError(
                f"the MCP server '{self.name}', which is required, has failed: {self._message}"
            )

    def tools(self, cancel: Cancel) -> list[Tool]:
        """Those the user lets the model see; none while it is not ready."""
        client = self._client
        if client is None or self._state is not McpServerState.READY:
            return []
        if client.is_stale:
            try:
                client.refresh(cancel, REFRESH_S)
                self._report(McpServerState.READY)
            except Interrupted:
                raise
            except CodexError as error:
                self._outside.log(self.name, "warning", f"its tools cannot be listed: {error}")
        return [tool for tool in client.tools if self.settings.offers(tool.name)]

    @property
    def has_resources(self) -> bool:
        client = self._client
        return self._state is McpServerState.READY and client is not None and client.has_resources

    def use(self, cancel: Cancel, action: Callable[[Client, float], Json]) -> Json:
        """Do something with the running server, started again if it has ended.

        Raises: CodexError, which names the server. Interrupted.
        """
        try:
            client = self._running(cancel)
            return action(client, self.settings.tool_timeout_sec)
        except Interrupted:
            raise
        except CodexError as error:
            raise CodexError(f"the MCP server '{self.name}': {error}") from error

    def status(self) -> McpServerStatus:
        client = self._client
        is_ready = self._state is McpServerState.READY and client is not None
        offered = [tool.name for tool in client.tools] if is_ready and client is not None else []
        return McpServerStatus(
            server=self.name,
            state=self._state,
            message=self._message,
            tools=tuple(name for name in offered if self.settings.offers(name)),
            transport="stdio" if self.settings.command is not None else "http",
        )

    def begin_close(self) -> None:
        self._cancel.set()
        if self._client is not None:
            self._client.begin_close()

    def close(self) -> None:
        self._cancel.set()
        with self._lock:
            client = self._client
        if client is not None:
            client.close()
        self._cancel.close()

    def _running(self, cancel: Cancel) -> Client:
        with self._lock:
            client = self._client
            if client is not None and not client.is_gone:
                return client
            if self._state is not McpServerState.FAILED or client is None:
                raise CodexError(self._message or f"it is {self._state.value}")
            if self._restart_count >= MAX_RESTARTS:
                raise CodexError(f"{self._message} (it was started again once already)")
            self._restart_count += 1
            return self._connect(cancel)

    def _start(self) -> None:
        try:
            with self._lock:
                self._connect(self._cancel)
        except Interrupted:
            pass  # The session is closing.
        except CodexError as error:
            self._report(McpServerState.FAILED, str(error))
        except Exception as error:
            logger.debug("starting %s failed", self.name, exc_info=True)
            self._report(McpServerState.FAILED, f"{type(error).__name__}: {error}")
        finally:
            self._is_settled.set()

    def _connect(self, cancel: Cancel) -> Client:
        """Make a client and start it; the caller holds the lock.

        Raises: CodexError. Interrupted.
        """
        self._state = McpServerState.STARTING
        self._outside.report(self.status())
        client = Client(
            self.name,
            make_transport(self.name, self.settings, self._outside),
            roots=(self._outside.cwd,),
            wishes=_Wishes(self),
        )
        self._client = client
        client.start(cancel, self.settings.startup_timeout_sec)
        self._report(McpServerState.READY)
        return client

    def _report(self, state: McpServerState, message: str | None = None) -> None:
        self._state, self._message = state, message
        if not self._cancel.is_set():
            self._outside.report(self.status())

    def ended(self, reason: str) -> None:
        """The running server is gone."""
        if self._state is McpServerState.READY and not self._cancel.is_set():
            self._report(McpServerState.FAILED, reason)

    def ask(self, question: Question) -> None:
        self._outside.ask(self.name, question)

    def log(self, level: str, text: str) -> None:
        self._outside.log(self.name, level, text)


class _Wishes:
    """What a client hears of its server, handed on."""

    def __init__(self, server: _Server) -> None:
        self._server = server

    def on_question(self, question: Question) -> None:
        self._server.ask(question)

    def on_log(self, level: str, text: str) -> None:
        self._server.log(level, text)

    def on_end(self, reason: str) -> None:
        self._server.ended(reason)


def make_transport(name: str, settings: McpServer, outside: Outside) -> Transport:
    """How a server is reached.

    Raises: CodexError.
    """
    if settings.command is None:
        from codex.mcp.http import HttpTransport

        return HttpTransport(
            name,
            settings,
            outside.environ,
            answer_timeout_s=max(settings.startup_timeout_sec, settings.tool_timeout_sec),
        )
    from codex.mcp.stdio import StdioTransport, server_environment

    return StdioTransport(
        name,
        (settings.command, *settings.args),
        cwd=os.path.join(outside.cwd, settings.cwd or ""),
        environ=server_environment(outside.environ, passed=settings.env_vars, fixed=settings.env),
    )
