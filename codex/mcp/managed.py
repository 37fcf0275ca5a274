"""One MCP server of a session: started in the background, watched, and started again once.

Whoever needs it waits until no start is under way. Must not know of the others.
"""

from __future__ import annotations

import logging
import os
import threading
from typing import TYPE_CHECKING, NamedTuple

from codex.base.cancel import Cancel
from codex.base.errors import CodexError, Interrupted
from codex.mcp.client import Client
from codex.protocol.events import McpServerState, McpServerStatus

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from codex.mcp.client import ServerQuestion, Tool, Transport
    from codex.protocol.items import Json
    from codex.protocol.settings import McpServer

logger = logging.getLogger(__name__)

MAX_RESTARTS = 1
"""A server that ends again is broken."""
REFRESH_S = 5.0
"""How long a turn waits for a list of tools that has changed."""


class Outside(NamedTuple):
    """What servers are started with, and who hears of them."""

    environ: Mapping[str, str]
    cwd: str
    """Absolute."""
    report: Callable[[McpServerStatus], None]
    ask: Callable[[str, ServerQuestion], None]
    """A server's name and what it asks the user; must not block."""
    log: Callable[[str, str, str], None]
    """A server's name, a level and a text."""
    warn: Callable[[str], None]
    """What the user is to know besides."""


class ManagedServer:
    """One server: its settings, its client while it runs, and how it is.

    A start, the first or another, is a thread of its own; whoever needs the server waits for it.
    """

    def __init__(self, name: str, settings: McpServer, outside: Outside) -> None:
        self.name = name
        self.settings = settings
        self._outside = outside
        self._lock = threading.Lock()
        """Held for a change of the members below, never over I/O."""
        self._state = McpServerState.STARTING if settings.enabled else McpServerState.DISABLED
        self._message: str | None = None
        self._client: Client | None = None
        self._restart_count = 0
        self._cancel = Cancel()
        """Set when the session closes."""
        self._starter: threading.Thread | None = None
        """The last start."""
        self._is_starting = settings.enabled
        """True from the beginning: a start that is to come is waited for too."""
        self._waiting: list[threading.Event] = []
        """Who wants to know when no start is under way any more."""

    def start(self) -> None:
        with self._lock:
            if not self.settings.enabled or self._cancel.is_set():
                return  # Who waits now has a Cancel that ends with the session.
            self._is_starting = True
            self._starter = threading.Thread(
                target=self._start, name=f"mcp-{self.name}-start", daemon=True
            )
            self._starter.start()

    def wait(self, cancel: Cancel) -> None:
        """Wait until it is ready.

        Raises: CodexError, when it has failed. Interrupted.
        """
        self._settled(cancel)
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
                self.warn(f"its tools, which have changed, cannot be listed: {error}")
        return [tool for tool in client.tools if self.settings.offers(tool.name)]

    @property
    def has_resources(self) -> bool:
        client = self._client
        return self._state is McpServerState.READY and client is not None and client.has_resources

    def use(self, cancel: Cancel, action: Callable[[Client, float], Json]) -> Json:
        """Do something with the running server.

        Raises: CodexError, which names the server. Interrupted.
        """
        try:
            return action(self._running(cancel), self.settings.tool_timeout_sec)
        except Interrupted:
            raise
        except CodexError as error:
            raise CodexError(f"the MCP server '{self.name}': {error}") from error

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
        with self._lock:  # No further start begins.
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
        """Wait while a start is under way. Raises: Interrupted."""
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
        """Make a client and start it.

        Raises: CodexError. Interrupted.
        """
        self._report(McpServerState.STARTING)
        transport = make_transport(self.name, self.settings, self._outside)
        client = Client(self.name, transport, roots=(self._outside.cwd,), wishes=_Wishes(self))
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
        """The running server is gone: report it, and start it again if that was not done before."""
        with self._lock:
            if self._state is not McpServerState.READY or self._cancel.is_set():
                return
            is_restarted = self._restart_count < MAX_RESTARTS
            self._restart_count += 1
            self._state = McpServerState.FAILED
            then = "it is started again" if is_restarted else "it was started again once already"
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


class _Wishes:
    """What a client hears of its server, handed on."""

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
    """How a server is reached.

    Raises: CodexError.
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
