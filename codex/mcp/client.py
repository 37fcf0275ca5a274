"""Client: the conversation with one MCP server, from the handshake to the end, over any transport.

Methods may be called from any thread, and run concurrently. Requests from the server - ping, roots,
a question to the user - are answered in the transport's thread, which therefore must never wait.
Source: the MCP specification, 2024-11-05 to 2025-11-25.
"""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, NamedTuple, Protocol

from codex import __version__
from codex.base.errors import CodexError
from codex.jsonrpc.messages import INVALID_PARAMS, METHOD_NOT_FOUND, InvalidMessage, RpcError
from codex.jsonrpc.peer import Peer, PeerTimeoutError
from codex.mcp.progress import CallProgress, asking_for_progress, read_progress

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from codex.base.cancel import Cancel
    from codex.jsonrpc.messages import RpcId, RpcMessage, RpcNotification, RpcRequest
    from codex.protocol.items import Json

logger = logging.getLogger(__name__)

PROTOCOL_VERSIONS = ("2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05")
"""Versions of the protocol that the client speaks, newest first."""
MAX_PAGES = 200
"""Largest number of pages that are read of one list, which a faulty server may never end."""
_MAX_TOOLS = 5000
MAX_INVALID = 1000
"""Number of invalid messages after which the connection is ended: the program is no MCP server."""


class Transport(Protocol):
    """Carries the messages to and from one server."""

    name: str

    def start(
        self, receive: Callable[[RpcMessage | InvalidMessage], None], ended: Callable[[str], None]
    ) -> None:
        """Get ready to send; from now on, call `receive` with each message from the server.

        Args: ended: called at most once, with the reason why the connection has ended.
        Raises: CodexError.
        """

    def send(self, message: RpcMessage) -> None:
        """Send a message, perhaps later. Raises: CodexError, if the connection is closed."""

    def agreed(self, protocol_version: str) -> None:
        """Note the protocol version that the handshake agreed on."""

    def begin_close(self) -> None:
        """Start to close the connection, without waiting for its end."""

    def close(self) -> None:
        """Close the connection, and wait until it is closed."""


class ServerTool(NamedTuple):
    """One tool, as its server describes it."""

    name: str
    description: str
    input_schema: Json
    is_read_only: bool
    """Whether the server says that the tool changes nothing."""
    is_destructive: bool
    """Whether the server does not deny that the tool may destroy something; False if read-only."""
    title: str | None = None
    """Name to show to the user; None if the server gives none."""


class ServerQuestion(NamedTuple):
    """A server's question to the user; call `answer` with the result of `elicitation/create`.

    `answer` raises CodexError if the connection is closed.
    """

    message: str
    schema: Json
    """JSON Schema of the form to fill in."""
    answer: Callable[[Json], None]


class ServerListener(Protocol):
    """Receives what a server asks and logs, its protocol violations, and the reason for its end."""

    def on_question(self, question: ServerQuestion) -> None:
        """Ask the user a question of the server, to be answered later; must not block."""

    def on_log(self, level: str, text: str) -> None:
        """Handle a message that the server logs."""

    def on_defect(self, text: str) -> None:
        """Tell the user that the server violates the protocol."""

    def on_end(self, reason: str) -> None:
        """Handle the end of the connection, whichever side ended it."""


class Client:
    """The client of one MCP server."""

    def __init__(
        self, server: str, transport: Transport, *, roots: tuple[str, ...], listener: ServerListener
    ) -> None:
        """Args: server: the MCP server's name. roots: absolute paths of folders that it may use."""
        self._server = server
        self._transport = transport
        self._roots = roots
        self._listener = listener
        self._peer = Peer(transport.send, self)
        self._capabilities: dict[str, Json] = {}
        self._tools: tuple[ServerTool, ...] = ()
        self._is_stale = False
        self._invalid_count = 0
        self.end: str | None = None
        """Reason why the connection is over; None while it is open."""

    @property
    def tools(self) -> tuple[ServerTool, ...]:
        """Tools of the server's latest list, in its order; empty before `start`."""
        return self._tools

    @property
    def transport_name(self) -> str:
        """`stdio`, `http` or `sse`."""
        return self._transport.name

    @property
    def has_resources(self) -> bool:
        """Whether the server offers resources."""
        return "resources" in self._capabilities

    def start(self, cancel: Cancel, timeout_s: float) -> None:
        """Connect, perform the handshake and list the tools, all within `timeout_s`.

        Raises: CodexError, with the connection closed. Interrupted.
        """
        deadline = time.monotonic() + timeout_s
        try:
            self._transport.start(self._receive, self._ended)
            self._initialize(cancel, timeout_s)
            self.refresh(cancel, max(0.0, deadline - time.monotonic()))
        except PeerTimeoutError as error:
            self.close()
            raise CodexError(f"{error.message}; a longer startup_timeout_sec may help") from error
        except BaseException:
            self.close()
            raise

    def _initialize(self, cancel: Cancel, timeout_s: float) -> None:
        result = self._peer.request(
            "initialize",
            {
                "protocolVersion": PROTOCOL_VERSIONS[0],
                "capabilities": {"roots": {"listChanged": False}, "elicitation": {}},
                "clientInfo": {"name": "codex", "title": "Codex", "version": __version__},
            },
            cancel=cancel,
            timeout_s=timeout_s,
        )
        if not isinstance(result, dict):
            raise CodexError("its response to 'initialize' is not an object")
        version = result.get("protocolVersion")
        if version not in PROTOCOL_VERSIONS:
            known = ", ".join(PROTOCOL_VERSIONS)
            raise CodexError(f"it uses version {version!r} of MCP, but codex supports only {known}")
        capabilities = result.get("capabilities")
        self._capabilities = capabilities if isinstance(capabilities, dict) else {}
        self._transport.agreed(version)
        self._peer.notify("notifications/initialized")

    def refresh(self, cancel: Cancel, timeout_s: float) -> None:
        """Request the list of tools; to be called again after the server has reported a change.

        Raises: CodexError. Interrupted.
        """
        self._is_stale = False
        if "tools" in self._capabilities:
            listed = self._list("tools/list", "tools", cancel, timeout_s)
            self._tools = self._distinct(tool for item in listed if (tool := read_tool(item)))

    def _distinct(self, tools: Iterable[ServerTool]) -> tuple[ServerTool, ...]:
        """Return the first tool of each name, and report the others as defects."""
        found: dict[str, ServerTool] = {}
        for tool in tools:
            if found.setdefault(tool.name, tool) is not tool:
                self._listener.on_defect(
                    f"it lists the tool '{tool.name}' twice; the second is ignored"
                )
        return tuple(found.values())

    @property
    def is_stale(self) -> bool:
        """Whether the server has reported a change of its tools since the last `refresh`."""
        return self._is_stale

    def call_tool(
        self,
        tool: str,
        arguments: Json,
        *,
        cancel: Cancel,
        timeout_s: float,
        on_progress: Callable[[CallProgress], None],
    ) -> Json:
        """Call a tool by the server's own name for it; return its CallToolResult.

        Raises: CodexError. Interrupted, after cancelling the call on the server.
        """
        params: dict[str, Json] = {"name": tool}
        if arguments is not None:
            params["arguments"] = arguments
        request_id = self._peer.new_id()

        def on_news(news: object) -> None:
            if isinstance(news, CallProgress):
                on_progress(news)

        return self._peer.request(
            "tools/call",
            asking_for_progress(params, request_id),
            cancel=cancel,
            timeout_s=timeout_s,
            request_id=request_id,
            on_news=on_news,
        )

    def list_resources(self, cancel: Cancel, timeout_s: float) -> list[Json]:
        """Return the server's resources, followed by its resource templates.

        Raises: CodexError. Interrupted.
        """
        found = self._list("resources/list", "resources", cancel, timeout_s)
        try:
            found += self._list("resources/templates/list", "resourceTemplates", cancel, timeout_s)
        except RpcError as error:
            logger.debug("%s has no resource templates: %s", self._server, error)
        return found

    def read_resource(self, uri: str, cancel: Cancel, timeout_s: float) -> Json:
        """Read a resource; return its ReadResourceResult.

        Raises: CodexError. Interrupted.
        """
        return self._peer.request(
            "resources/read", {"uri": uri}, cancel=cancel, timeout_s=timeout_s
        )

    def begin_close(self) -> None:
        """Start to close the connection, without waiting for its end."""
        self._transport.begin_close()

    def close(self) -> None:
        """Close the connection, and wait until it is closed."""
        self._transport.close()
        self._ended("it was stopped")

    def _list(self, method: str, member: str, cancel: Cancel, timeout_s: float) -> list[Json]:
        """Return the items of every page of a list, up to MAX_PAGES pages and _MAX_TOOLS items."""
        deadline = time.monotonic() + timeout_s
        found: list[Json] = []
        cursor: str | None = None
        for _ in range(MAX_PAGES):
            page = self._peer.request(
                method,
                None if cursor is None else {"cursor": cursor},
                cancel=cancel,
                timeout_s=max(0.001, deadline - time.monotonic()),
            )
            items = page.get(member) if isinstance(page, dict) else None
            if not isinstance(items, list):
                raise CodexError(f"its response to '{method}' has no list of {member}")
            found += items
            last, cursor = cursor, page.get("nextCursor")
            if not isinstance(cursor, str) or cursor == last or len(found) >= _MAX_TOOLS:
                break
        return found[:_MAX_TOOLS]

    def _receive(self, message: RpcMessage | InvalidMessage) -> None:
        if isinstance(message, InvalidMessage):
            self._count_invalid(message)
        else:
            self._peer.receive(message)

    def _count_invalid(self, message: InvalidMessage) -> None:
        """Report the first invalid message, perhaps a greeting; after MAX_INVALID, close."""
        self._invalid_count += 1
        if self._invalid_count == 1:
            self._listener.on_defect(f"it sent an invalid message ({message.message}); ignored")
        elif self._invalid_count == MAX_INVALID:
            self._transport.begin_close()
            self._ended(f"it sent {MAX_INVALID:,} invalid messages ({message.message})")

    def _ended(self, reason: str) -> None:
        if self.end is None:
            self.end = reason
            self._peer.close(reason)
            self._listener.on_end(reason)

    # The Handler of the Peer

    def on_request(self, request: RpcRequest) -> None:
        """Answer a request of the server."""
        match request.method:
            case "ping":
                self._peer.answer(request.id, {})
            case "roots/list":
                roots = [{"uri": file_url(path), "name": path} for path in self._roots]
                self._peer.answer(request.id, {"roots": roots})
            case "elicitation/create":
                self._ask(request.id, request.params)
            case method:
                raise RpcError(METHOD_NOT_FOUND, f"this client has no method '{method}'")

    def _ask(self, request_id: RpcId, params: Json) -> None:
        message = params.get("message") if isinstance(params, dict) else None
        if not isinstance(message, str) or params.get("mode", "form") != "form":
            raise RpcError(INVALID_PARAMS, "only questions of mode `form` can be answered")
        self._listener.on_question(
            ServerQuestion(
                message,
                params.get("requestedSchema"),
                lambda result: self._peer.answer(request_id, result),
            )
        )

    def on_notification(self, notification: RpcNotification) -> None:
        """Act on a notification of the server."""
        match notification.method, notification.params:
            case "notifications/tools/list_changed", _:
                self._is_stale = True
            case "notifications/progress", dict(params):
                if (found := read_progress(params)) is not None:
                    self._peer.report(*found)
            case "notifications/message", dict(params):
                data = params.get("data")
                text = data if isinstance(data, str) else repr(data)
                self._listener.on_log(str(params.get("level", "info")), text)
            case method, _:
                logger.debug("%s: %s", self._server, method)

    def on_abandoned(self, request_id: RpcId, method: str, reason: str) -> None:
        """Tell the server to cancel a request, unless it is `initialize`, as MCP demands."""
        if method != "initialize":
            self._peer.notify(
                "notifications/cancelled", {"requestId": request_id, "reason": reason}
            )


def read_tool(item: Json) -> ServerTool | None:
    """Decode a listed tool; None if it has no name, or can only be called as a background task."""
    if not isinstance(item, dict) or not isinstance(item.get("name"), str) or not item["name"]:
        return None
    execution = item.get("execution")
    if isinstance(execution, dict) and execution.get("taskSupport") == "required":
        return None
    annotations = item.get("annotations")
    hints = annotations if isinstance(annotations, dict) else {}
    is_read_only = hints.get("readOnlyHint") is True
    title = item.get("title") or hints.get("title")
    description = item.get("description")
    return ServerTool(
        item["name"],
        description if isinstance(description, str) else "",
        item.get("inputSchema"),
        is_read_only=is_read_only,
        # The specification's default: without a hint, a tool may destroy something.
        is_destructive=not is_read_only and hints.get("destructiveHint") is not False,
        title=title if isinstance(title, str) else None,
    )


def file_url(path: str) -> str:
    """Return the `file://` URL of an absolute path."""
    from urllib.parse import quote

    return "file://" + quote(path)
