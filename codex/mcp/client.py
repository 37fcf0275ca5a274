"""Client: the conversation with one MCP server, from its handshake to its end, over any transport.

Calls come from any thread and are answered side by side. What the server wants of us - ping, roots,
a question to the user - is answered in the transport's thread, which therefore never waits.
Source: the MCP specification, 2024-11-05 to 2025-11-25; spec/mcp.md, sections 3 and 12.
"""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, NamedTuple, Protocol

from codex import __version__
from codex.base.errors import CodexError
from codex.jsonrpc.messages import INVALID_PARAMS, METHOD_NOT_FOUND, InvalidMessage, RpcError
from codex.jsonrpc.peer import Peer, PeerTimeoutError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from codex.base.cancel import Cancel
    from codex.jsonrpc.messages import RpcId, RpcMessage, RpcNotification, RpcRequest
    from codex.jsonrpc.peer import RpcProgress
    from codex.protocol.items import Json

logger = logging.getLogger(__name__)

PROTOCOL_VERSIONS = ("2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05")
"""What we speak, newest first."""
MAX_PAGES = 200
"""Of one list; a server that never ends it is cut off."""
_MAX_TOOLS = 5000
MAX_INVALID = 1000
"""Messages that are none, after which a server is taken for something else."""


class Transport(Protocol):
    """What carries the messages."""

    name: str

    def start(
        self, receive: Callable[[RpcMessage | InvalidMessage], None], ended: Callable[[str], None]
    ) -> None:
        """Connect; from then on `receive` is called for what comes, and `ended` once."""

    def send(self, message: RpcMessage) -> None:
        """Hand a message on. Raises: CodexError, when that is impossible."""

    def agreed(self, protocol_version: str) -> None:
        """The handshake came to this version."""

    def begin_close(self) -> None:
        """Start to end it, without waiting."""

    def close(self) -> None:
        """End it, and wait until it is gone."""


class Tool(NamedTuple):
    """One tool, as its server describes it."""

    name: str
    description: str
    input_schema: Json
    is_read_only: bool
    is_destructive: bool
    """The server says, or does not deny, that it may destroy something."""
    title: str | None = None


class ServerQuestion(NamedTuple):
    """What a server asks the user; `answer` takes the result of `elicitation/create`."""

    message: str
    schema: Json
    answer: Callable[[Json], None]


class Wishes(Protocol):
    """Who hears what a server wants."""

    def on_question(self, question: ServerQuestion) -> None:
        """Ask the user, and answer later; must not block."""

    def on_log(self, level: str, text: str) -> None:
        """The server logs something."""

    def on_defect(self, text: str) -> None:
        """The server does what it should not; the user is to know."""

    def on_end(self, reason: str) -> None:
        """The connection is over, whether we ended it or not."""


class Client:
    """One server that is, or was, running."""

    def __init__(
        self, server: str, transport: Transport, *, roots: tuple[str, ...], wishes: Wishes
    ) -> None:
        """Args: server: its name, for messages. roots: folders that it may work in, absolute."""
        self._server = server
        self._transport = transport
        self._roots = roots
        self._wishes = wishes
        self._peer = Peer(transport.send, self)
        self._capabilities: dict[str, Json] = {}
        self._tools: tuple[Tool, ...] = ()
        self._is_stale = False
        self._invalid_count = 0
        self.end: str | None = None
        """Why the connection is over; None while it is not."""

    @property
    def tools(self) -> tuple[Tool, ...]:
        """As last listed, in the server's order."""
        return self._tools

    @property
    def transport_name(self) -> str:
        """`stdio`, `http` or `sse`."""
        return self._transport.name

    @property
    def has_resources(self) -> bool:
        """Whether it offers things to read."""
        return "resources" in self._capabilities

    def start(self, cancel: Cancel, timeout_s: float) -> None:
        """Connect, shake hands and list the tools, all within the time.

        Raises: CodexError, after which the connection is closed. Interrupted.
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
            raise CodexError("its answer to 'initialize' is no object")
        version = result.get("protocolVersion")
        if version not in PROTOCOL_VERSIONS:
            known = ", ".join(PROTOCOL_VERSIONS)
            raise CodexError(f"it speaks version {version!r} of the protocol; known are {known}")
        capabilities = result.get("capabilities")
        self._capabilities = capabilities if isinstance(capabilities, dict) else {}
        self._transport.agreed(version)
        self._peer.notify("notifications/initialized")

    def refresh(self, cancel: Cancel, timeout_s: float) -> None:
        """List the tools, anew when the server has said that they changed.

        Raises: CodexError. Interrupted.
        """
        self._is_stale = False
        if "tools" in self._capabilities:
            listed = self._list("tools/list", "tools", cancel, timeout_s)
            self._tools = self._distinct(tool for item in listed if (tool := read_tool(item)))

    def _distinct(self, tools: Iterable[Tool]) -> tuple[Tool, ...]:
        """The first of each name."""
        found: dict[str, Tool] = {}
        for tool in tools:
            if found.setdefault(tool.name, tool) is not tool:
                self._wishes.on_defect(f"it lists the tool '{tool.name}' twice; the first counts")
        return tuple(found.values())

    @property
    def is_stale(self) -> bool:
        """The server has said that its tools changed."""
        return self._is_stale

    def call_tool(
        self,
        tool: str,
        arguments: Json,
        *,
        cancel: Cancel,
        timeout_s: float,
        on_progress: Callable[[RpcProgress], None],
    ) -> Json:
        """Call a tool; its CallToolResult.

        Raises: CodexError. Interrupted, after the server was told.
        """
        params: dict[str, Json] = {"name": tool}
        if arguments is not None:
            params["arguments"] = arguments
        return self._peer.request(
            "tools/call", params, cancel=cancel, timeout_s=timeout_s, on_progress=on_progress
        )

    def list_resources(self, cancel: Cancel, timeout_s: float) -> list[Json]:
        """What can be read, and the templates of more.

        Raises: CodexError. Interrupted.
        """
        found = self._list("resources/list", "resources", cancel, timeout_s)
        try:
            found += self._list("resources/templates/list", "resourceTemplates", cancel, timeout_s)
        except RpcError as error:
            logger.debug("%s has no resource templates: %s", self._server, error)
        return found

    def read_resource(self, uri: str, cancel: Cancel, timeout_s: float) -> Json:
        """Read one; its ReadResourceResult.

        Raises: CodexError. Interrupted.
        """
        return self._peer.request(
            "resources/read", {"uri": uri}, cancel=cancel, timeout_s=timeout_s
        )

    def begin_close(self) -> None:
        """Start to end the server, without waiting."""
        self._transport.begin_close()

    def close(self) -> None:
        """End the server, and wait until it is gone."""
        self._transport.close()
        self._ended("it was stopped")

    def _list(self, method: str, member: str, cancel: Cancel, timeout_s: float) -> list[Json]:
        """Every page of a list."""
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
                raise CodexError(f"its answer to '{method}' holds no list of {member}")
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
        """Bear with a few, such as a greeting on stdout; a flood of them ends the server."""
        self._invalid_count += 1
        if self._invalid_count == 1:
            self._wishes.on_defect(f"it sent what is no message ({message.message}); left out")
        elif self._invalid_count == MAX_INVALID:
            self._transport.begin_close()
            self._ended(f"it sent {MAX_INVALID:,} lines that are no messages ({message.message})")

    def _ended(self, reason: str) -> None:
        if self.end is None:
            self.end = reason
            self._peer.close(reason)
            self._wishes.on_end(reason)

    # The Handler of our Peer.

    def on_request(self, request: RpcRequest) -> None:
        """Answer what the server asks."""
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
            raise RpcError(INVALID_PARAMS, "only questions of the mode `form` can be answered")
        self._wishes.on_question(
            ServerQuestion(
                message,
                params.get("requestedSchema"),
                lambda result: self._peer.answer(request_id, result),
            )
        )

    def on_notification(self, notification: RpcNotification) -> None:
        """Heed what the server tells."""
        match notification.method, notification.params:
            case "notifications/tools/list_changed", _:
                self._is_stale = True
            case "notifications/message", dict(params):
                data = params.get("data")
                text = data if isinstance(data, str) else repr(data)
                self._wishes.on_log(str(params.get("level", "info")), text)
            case method, _:
                logger.debug("%s: %s", self._server, method)


def read_tool(item: Json) -> Tool | None:
    """A tool of a list; None when it has no name, or can only be called as a background task."""
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
    return Tool(
        item["name"],
        description if isinstance(description, str) else "",
        item.get("inputSchema"),
        is_read_only=is_read_only,
        # The specification's default: a tool that says nothing may destroy something.
        is_destructive=not is_read_only and hints.get("destructiveHint") is not False,
        title=title if isinstance(title, str) else None,
    )


def file_url(path: str) -> str:
    """`file:///absolute/path`."""
    from urllib.parse import quote

    return "file://" + quote(path)
