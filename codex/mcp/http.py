"""Transport to an MCP server at a URL: streamable HTTP, or the older transport if necessary.

Messages leave one queue in order. A notification is delivered before the next message; a request
gets a thread of its own, `mcp-NAME-call`, that sends it and reads the response: one JSON document,
or a stream that may carry other messages first and is resumed when it breaks. Another thread,
`mcp-NAME-listen`, receives unsolicited messages, if the server sends any.
Source: the MCP specification, "Transports" (2025-03-26 to 2025-11-25).
"""

from __future__ import annotations

import contextlib
import logging
import threading
from queue import SimpleQueue
from typing import TYPE_CHECKING

from codex.base.cancel import Cancel
from codex.base.errors import CodexError, Interrupted
from codex.jsonrpc.messages import (
    INTERNAL_ERROR,
    RpcFailure,
    RpcNotification,
    RpcRequest,
    RpcResponse,
    parse_messages,
)
from codex.jsonrpc.peer import PeerGoneError
from codex.mcp.link import LONGEST_SILENCE_S, Link, SessionLostError
from codex.mcp.message_stream import MessageStream
from codex.mcp.older_sse import OlderStream
from codex.net.failure import RequestError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from codex.jsonrpc.messages import InvalidMessage, RpcId, RpcMessage
    from codex.net.http import HttpResponse
    from codex.protocol.settings import McpServer

logger = logging.getLogger(__name__)

NOTIFY_S = 10.0
"""Time limit for a server to accept a message that is no request, or to begin a new session."""
_CLOSE_S = 0.5
"""Time limit for each running thread to end after the session has been closed."""
MAX_BREAKS = 5
"""Limit on consecutive reconnections of a response's stream that bring no message; the stream of
unsolicited messages has none."""
_LONGEST_PAUSE_S = 30.0
OLDER = (400, 404, 405)
"""HTTP statuses by which servers of the older transport refuse a POST to their stream's URL."""
INITIALIZE = "initialize"
CANCELLED = "notifications/cancelled"
TOOLS_CHANGED = RpcNotification("notifications/tools/list_changed", None)


class HttpTransport:
    """One session with an MCP server over HTTP."""

    def __init__(self, server: str, settings: McpServer, environ: Mapping[str, str]) -> None:
        """Raises: CodexError, if the address or a header cannot be used."""
        self.name = "http"
        self._server = server
        self._link = Link(settings, environ)
        self._older: OlderStream | None = None
        self._initialize: RpcRequest | None = None
        self._lock = threading.Lock()
        self._session_lock = threading.Lock()
        """Lock that is held while a lost session is replaced."""
        self._is_closed = False
        self._exchanges: dict[RpcId | str, Cancel] = {}
        """Cancels of the running threads, by the id of the request or the name of the thread."""
        self._threads: list[threading.Thread] = []
        self._outgoing: SimpleQueue[RpcMessage | None] = SimpleQueue()
        self._receive: Callable[[RpcMessage | InvalidMessage], None] = lambda _: None
        self._ended: Callable[[str], None] = lambda _: None

    def start(
        self, receive: Callable[[RpcMessage | InvalidMessage], None], ended: Callable[[str], None]
    ) -> None:
        """Start the thread that sends; nothing is sent before the first message is queued."""
        self._receive, self._ended = receive, ended
        self._run("", self._deliver)

    def send(self, message: RpcMessage) -> None:
        """Queue a message for the server.

        Raises: PeerGoneError, if the session is over.
        """
        if self._is_closed:
            raise PeerGoneError(f"the MCP server '{self._server}' is not connected")
        self._outgoing.put(message)

    def agreed(self, protocol_version: str) -> None:
        """Send the protocol version from now on, and listen for unsolicited messages."""
        self._link.version = protocol_version
        if self._older is None:
            self._run("-listen", self._listen)

    def begin_close(self) -> None:
        """Refuse new messages, and cancel every running request and stream, without waiting."""
        with self._lock:
            was_closed, self._is_closed = self._is_closed, True
            exchanges = list(self._exchanges.values())
        if not was_closed:
            self._outgoing.put(None)
        for cancel in exchanges:
            cancel.set()

    def close(self) -> None:
        """End the session, and tell the server, without waiting long for it."""
        self.begin_close()
        with self._lock:
            threads, self._threads = self._threads, []
        for thread in threads:
            if thread is not threading.current_thread():
                thread.join(_CLOSE_S)
        self._link.close()

    def _run(self, suffix: str, work: Callable[[Cancel], None], key: RpcId | None = None) -> None:
        """Run `work` in a thread of its own; closing the transport cancels it."""
        name = f"mcp-{self._server}{suffix}"
        cancel = Cancel()

        def run() -> None:
            try:
                with contextlib.suppress(Interrupted):
                    work(cancel)
            finally:
                with self._lock:
                    self._exchanges.pop(name if key is None else key, None)
                cancel.close()

        thread = threading.Thread(target=run, name=name, daemon=True)
        with self._lock:
            if self._is_closed:
                return
            self._exchanges[name if key is None else key] = cancel
            self._threads = [*(old for old in self._threads if old.is_alive()), thread]
            thread.start()

    # The thread that sends

    def _deliver(self, cancel: Cancel) -> None:
        while (message := self._outgoing.get()) is not None:
            if isinstance(message, RpcRequest):
                self._run("-call", self._exchange_of(message), message.id)
                continue
            try:
                self._link.release(self._post(message, cancel))
            except Interrupted:
                return
            except CodexError as error:
                logger.debug("%s: a message was not delivered: %s", self._server, error)
            self._break_off(message)

    def _break_off(self, message: RpcMessage) -> None:
        """If `message` cancels a request, close the connection of that request."""
        if isinstance(message, RpcNotification) and message.method == CANCELLED:
            params = message.params if isinstance(message.params, dict) else {}
            with self._lock:
                exchange = self._exchanges.get(params.get("requestId", ""))
            if exchange is not None:
                exchange.set()

    def _exchange_of(self, request: RpcRequest) -> Callable[[Cancel], None]:
        return lambda cancel: self._exchange(request, cancel)

    def _exchange(self, request: RpcRequest, cancel: Cancel) -> None:
        """Send a request, and pass on its response; a failure becomes an error response."""
        try:
            if request.method == INITIALIZE:
                self._initialize = request
                self._begin(request, cancel)
            elif self._older is not None:
                self._link.release(self._post(request, cancel))  # The stream brings the response.
            else:
                self._take(self._post(request, cancel), request.id, cancel)
        except Interrupted:
            raise
        except CodexError as error:
            self._receive(RpcFailure(request.id, INTERNAL_ERROR, str(error)))

    def _begin(self, request: RpcRequest, cancel: Cancel) -> None:
        """Send `initialize`, over the older transport if the server supports only that one."""
        response = self._link.send(request, cancel, timeout_s=LONGEST_SILENCE_S)
        if response.status not in OLDER:
            self._take(self._link.checked(response), request.id, cancel)
            return
        refusal = self._link.refusal(response)
        older = OlderStream(self._link, self._receive, self._ended)
        self._run("-listen", older.read)
        if not older.is_found(cancel):
            raise refusal
        self.name, self._older = "sse", older
        self._post(request, cancel).discard()

    def _post(self, message: RpcMessage, cancel: Cancel) -> HttpResponse:
        """Send one message; return the HTTP response. If the session is lost, replace it once.

        Raises: RequestError. Interrupted.
        """
        timeout_s = LONGEST_SILENCE_S if isinstance(message, RpcRequest) else NOTIFY_S
        to = None if self._older is None else self._older.endpoint
        session_id = self._link.session_id
        response = self._link.send(message, cancel, timeout_s=timeout_s, to=to)
        try:
            return self._link.checked(response)
        except SessionLostError:
            self._renew(session_id, cancel)
            response = self._link.send(message, cancel, timeout_s=timeout_s)
            return self._link.checked(response)

    def _renew(self, lost_id: str | None, cancel: Cancel) -> None:
        """Replace a session that the server has forgotten.

        Raises: RequestError. Interrupted.
        """
        with self._session_lock:
            if self._link.session_id != lost_id or self._initialize is None:
                return  # Another thread has replaced it already.
            logger.debug("%s has forgotten its session", self._server)
            self._link.session_id = None
            response = self._link.send(self._initialize, cancel, timeout_s=NOTIFY_S)
            self._take(self._link.checked(response), self._initialize.id, cancel)
            done = RpcNotification("notifications/initialized", None)
            self._link.checked(self._link.send(done, cancel, timeout_s=NOTIFY_S)).discard()
        # The server may have been replaced by one with other tools.
        self._receive(TOOLS_CHANGED)

    def _take(self, response: HttpResponse, wanted: RpcId, cancel: Cancel) -> None:
        """Pass on the messages of an HTTP response, up to the one that answers request `wanted`.

        Raises: RequestError, if that message is missing. Interrupted.
        """
        response.set_timeout(LONGEST_SILENCE_S)
        kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != "text/event-stream":
            body = self._link.body(response)
            messages = parse_messages(body) if body.strip() else []
            for message in messages:
                self._receive(message)
            if not any(is_answer(message, wanted) for message in messages):
                raise RequestError("the response does not answer the request", kind="protocol")
            return
        stream = MessageStream(wanted)
        self._pump(response, stream)
        breaks = 0
        while not stream.is_answered:
            if stream.last_event_id is None or breaks >= MAX_BREAKS:
                raise RequestError("the response ended before it was complete", kind="stream")
            breaks = 0 if self._resume(stream, cancel) else breaks + 1

    def _pump(self, response: HttpResponse, stream: MessageStream) -> bool:
        """Pass on the messages of a stream until it ends or breaks; return whether any arrived."""
        has_any = False
        try:
            while not stream.is_answered and (piece := response.read()):
                for message in stream.feed(piece):
                    has_any = True
                    self._receive(message)
        except RequestError as error:
            logger.debug("%s: a stream broke: %s", self._server, error)
        finally:
            response.discard()
        return has_any

    def _resume(self, stream: MessageStream, cancel: Cancel) -> bool:
        """Reconnect a stream after its pause; return whether any message arrived.

        Raises: RequestError, if the server refuses. Interrupted.
        """
        if cancel.wait(stream.pause_s()):
            raise Interrupted
        try:
            response = self._link.listen(stream.last_event_id, cancel)
        except RequestError as error:
            if not error.is_retryable:
                raise
            logger.debug("%s: a stream cannot be resumed: %s", self._server, error)
            return False
        return self._pump(self._link.checked(response), stream)

    # The thread that listens

    def _listen(self, cancel: Cancel) -> None:
        """Receive unsolicited messages as long as the server offers a stream for them."""
        stream = MessageStream(None)
        breaks = 0
        with contextlib.suppress(CodexError):
            has_any = self._pump(self._link.checked(self._link.listen(None, cancel)), stream)
            while True:
                # Servers and proxies end an idle stream now and then; connect again without limit.
                breaks = 0 if has_any else min(breaks + 1, MAX_BREAKS)
                if breaks and cancel.wait(min(2.0**breaks, _LONGEST_PAUSE_S)):
                    return
                has_any = self._resume(stream, cancel)


def is_answer(message: RpcMessage | InvalidMessage, wanted: RpcId) -> bool:
    """Return whether a message answers the request with the id `wanted`."""
    return isinstance(message, RpcResponse | RpcFailure) and message.id == wanted
