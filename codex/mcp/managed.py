"""One MCP server of a session: started in the background, watched, and restarted once.

A server's defect is confined to that server: it has threads of its own, and everything it sends is
bounded (a line, a list, the number of invalid messages, the result in an event). If it ends, it is
restarted once; if it ends again, it has failed. Callers that need it wait while it is starting.
Must not know of other servers.
"""

from __future__ import annotations

import logging
import os
import threading
from typing import TYPE_CHECKING, NamedTuple

from codex.base.cancel import Cancel
from codex.base.errors import CodexError, Interrupted
from codex.jsonrpc.peer import PeerTimeoutError
from codex.mcp.client import Client
from codex.protocol.replies import McpServerState, McpServerStatus

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from codex.mcp.client import ServerQuestion, ServerTool, Transport
    from codex.protocol.items import Json
    from codex.protocol.settings import McpServer

logger = logging.getLogger(__name__)

MAX_RESTARTS = 1
"""Number of times that a server is restarted; if it ends again, it has failed."""
REFRESH_S = 5.0
"""Longest wait of a turn for one server's list of tools that has changed."""


class Outside(NamedTuple):
    """The environment that MCP servers are started in, and the callbacks for what they report."""

    environ: Mapping[str, str]
    """The user's environment variables; a server's process gets only some of them."""
    cwd: str
    """Working directory, absolute."""
    report: Callable[[McpServerStatus], None]
    """Callback with a server's new status."""
    ask: Callable[[str, ServerQuestion], None]
    """Callback with a server's name and its question to the user; must not block."""
    log: Callable[[str, str, str], None]
    """Callback with a server's name, and the level and text of a log message."""
    warn: Callable[[str], None]
    """Callback with a warning for the user."""


class ManagedServer:
    """One MCP server: its settings, its client while it runs, and its state.

    Every start runs in a thread of its own; callers that need the server wait for that to end.
    """

    def __init__(self, name: str, settings: McpServer, outside: Outside) -> None:
        self.name = name
        self.settings = settings
        self._outside = outside
        self._lock = threading.Lock()
        """Lock for changes of the members below; never held over I/O."""
        self._state = McpServerState.STARTING if settings.enabled else McpServerState.DISABLED
        self._message: str | None = None
        self._client: Client | None = None
        self._restart_count = 0
        self._cancel = Cancel()
        """Set when the session closes."""
        self._starter: threading.Thread | None = None
        """Thread of the latest start."""
        self._is_starting = settings.enabled
        """Whether a start is in progress or expected; True from the beginning if it is enabled."""
        self._waiting: list[threading.Event] = []
        """Events to set when no start is in progress any more."""

    def start(self) -> None:
        with self._lock:
            if not self.settings.enabled or self._cancel.is_set():
                return  # While the session ends, callers that wait are woken by their own Cancel.
            self._is_starting = True
            self._starter = threading.Thread(
                target=self._start, name=f"mcp-{self.name}-start", daemon=True
            )
            self._starter.start()

    def wait(self, cancel: Cancel) -> None:
        """Wait until the server is ready.

        Raises: CodexError, if the server is not ready after its start. Interrupted.
        """
        self._settled(cancel)
        if self._state is not McpServerState.READY:
            raise CodexError(
                f"the MCP server '{self.name}', which is required, has failed: {self._message}"
            )

    def tools(self, cancel: Cancel) -> list[ServerTool]:
        """Return the tools that the user lets the model see; [] unless the server is ready.

        Request the list again if the server has reported a change. Raises: Interrupted.
        """
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
                self.warn(
                    f"its tools have changed, but the new list cannot be read, so the model keeps "
                    f"the old one: {error}"
                )
        return [tool for tool in client.tools if self.settings.offers(tool.name)]

    @property
    def has_resources(self) -> bool:
        client = self._client
        return self._state is McpServerState.READY and client is not None and client.has_resources

    def use(self, cancel: Cancel, action: Callable[[Client, float], Json]) -> Json:
        """Wait until the server is ready; return the result of `action`.

        Args: action: gets the client and the time-out for a tool call, in seconds.
        Raises: CodexError, which names the server. Interrupted.
        """
        try:
            return action(self._running(cancel), self.settings.tool_timeout_sec)
        except Interrupted:
            raise
        except CodexError as error:
            text = f"the MCP server '{self.name}': {error}"
            if isinstance(error, PeerTimeoutError):
                text += "; a longer tool_timeout_sec may help"
            raise CodexError(text) from error

    def status(self) -> McpServerStatus:
        client = self._client
        is_ready = self._state is McpServerState.READY and client is not None
        offered = [tool.name for tool in client.tools] if is_ready and client is not None else []
        transport = "stdio" if self.settings.command is not None else "http"
        return McpServerStatus(
            server=self.name,
            state=self._state,
            message=self._message,
            tools=tuple(name for name in offered if self.settings.offers(name)),
            transport=transport if client is None else client.transport_name,
        )

    def begin_close(self) -> None:
        with self._lock:  # Prevents another start.
            self._cancel.set()
        if (client := self._client) is not None:
            client.begin_close()

    def close(self) -> None:
        self.begin_close()
        if (starter := self._starter) is not None:
            starter.join()
        if (client := self._client) is not None:
            client.close()
        self._cancel.close()

    def _settled(self, cancel: Cancel) -> None:
        """Wait while a start is in progress. Raises: Interrupted."""
        woken = threading.Event()
        with self._lock:
            if self._is_starting:
                self._waiting.append(woken)
            else:
                woken.set()
        forget = cancel.on_set(woken.set)
        try:
            woken.wait()
        finally:
            forget()
        cancel.check()

    def _running(self, cancel: Cancel) -> Client:
        self._settled(cancel)
        client = self._client
        if self._state is not McpServerState.READY or client is None:
            raise CodexError(self._message or f"it is {self._state.value}")
        return client

    def _start(self) -> None:
        try:
            self._connect()
        except Interrupted:
            pass  # The session is closing.
        except CodexError as error:
            self._report(McpServerState.FAILED, str(error))
        except Exception as error:
            logger.debug("starting %s failed", self.name, exc_info=True)
            self._report(McpServerState.FAILED, f"{type(error).__name__}: {error}")
        finally:
            with self._lock:
                self._is_starting = False
                waiting, self._waiting = self._waiting, []
            for woken in waiting:
                woken.set()

    def _connect(self) -> None:
        """Create a client and start it.

        Raises: CodexError. Interrupted.
        """
        self._report(McpServerState.STARTING)
        transport = make_transport(self.name, self.settings, self._outside)
        client = Client(self.name, transport, roots=(self._outside.cwd,), listener=_Listener(self))
        self._client = client
        client.start(self._cancel, self.settings.startup_timeout_sec)
        with self._lock:
            if client.end is None:
                self._state, self._message = McpServerState.READY, None
        if client.end is not None:
            raise CodexError(client.end)
        self._tell()

    def _report(self, state: McpServerState, message: str | None = None) -> None:
        with self._lock:
            self._state, self._message = state, message
        self._tell()

    def _tell(self) -> None:
        if not self._cancel.is_set():
            self._outside.report(self.status())

    def ended(self, reason: str) -> None:
        """Report that the running server has ended, and restart it unless that was done before."""
        with self._lock:
            if self._state is not McpServerState.READY or self._cancel.is_set():
                return
            is_restarted = self._restart_count < MAX_RESTARTS
            self._restart_count += 1
            self._state = McpServerState.FAILED
            then = "it is being restarted" if is_restarted else "it has been restarted once already"
            self._message = f"{reason}\n{then}"
        self._tell()
        if is_restarted:
            self.start()

    def ask(self, question: ServerQuestion) -> None:
        self._outside.ask(self.name, question)

    def log(self, level: str, text: str) -> None:
        self._outside.log(self.name, level, text)

    def warn(self, text: str) -> None:
        self._outside.warn(f"the MCP server '{self.name}': {text}")


class _Listener:
    """Passes what a client reports about its server to the ManagedServer."""

    def __init__(self, server: ManagedServer) -> None:
        self._server = server

    def on_question(self, question: ServerQuestion) -> None:
        self._server.ask(question)

    def on_log(self, level: str, text: str) -> None:
        self._server.log(level, text)

    def on_defect(self, text: str) -> None:
        self._server.warn(text)

    def on_end(self, reason: str) -> None:
        self._server.ended(reason)


def make_transport(name: str, settings: McpServer, outside: Outside) -> Transport:
    """Return the transport that a server's settings ask for: HTTP for a URL, stdio for a command.

    Raises: CodexError, if the URL, the token or a header cannot be used.
    """
    if settings.command is None:
        from codex.mcp.http import HttpTransport

        return HttpTransport(name, settings, outside.environ)
    from codex.mcp.stdio import StdioTransport, server_environment

    return StdioTransport(
        name,
        (settings.command, *settings.args),
        cwd=os.path.join(outside.cwd, settings.cwd or ""),
        environ=server_environment(outside.environ, passed=settings.env_vars, fixed=settings.env),
    )
