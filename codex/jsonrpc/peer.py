"""Peer: one side of a JSON-RPC connection, which sends requests and answers the other side's.

It works for clients and servers alike, over any transport: the owner passes it every message that
arrives, and a function that sends one. A waiting caller is woken by the response, its Cancel, its
time-out or the end of the connection, whichever comes first; it may have no time-out.
"""

from __future__ import annotations

import itertools
import logging
import threading
import time
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, NamedTuple, Protocol

from codex.base.errors import CodexError, Interrupted
from codex.jsonrpc.messages import (
    INTERNAL_ERROR,
    InvalidMessage,
    RpcError,
    RpcFailure,
    RpcMessage,
    RpcNotification,
    RpcRequest,
    RpcResponse,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from codex.base.cancel import Cancel
    from codex.jsonrpc.messages import RpcId
    from codex.protocol.items import Json

logger = logging.getLogger(__name__)

LONGEST_REQUEST_S = 3600.0
"""Longest total wait for a response, however often news extends the time-out."""


class PeerGoneError(CodexError):
    """The connection ended before the response arrived."""


class PeerTimeoutError(CodexError):
    """The response did not arrive in time; the handler's `on_abandoned` has been called."""


class Handler(Protocol):
    """Handles the requests and notifications of the other side."""

    def on_request(self, request: RpcRequest) -> None:
        """Answer a request by `Peer.answer` or `Peer.refuse`, now or later.

        Raises: RpcError, which is sent as the response.
        """

    def on_notification(self, notification: RpcNotification) -> None:
        """Act on a notification, or ignore it."""

    def on_abandoned(self, request_id: RpcId, method: str, reason: str) -> None:
        """Tell the other side, if the protocol has a way, to stop work on a request of ours.

        Args: request_id, method: our request. reason: `timed out` or `interrupted`.
        """


class _News(NamedTuple):
    """News, such as progress, about a request whose response has not arrived yet."""

    value: object


class _Gone(NamedTuple):
    reason: str


class _Stopped(NamedTuple):
    """The waiting caller's own Cancel was set."""


_Arrival = RpcResponse | RpcFailure | _News | _Gone | _Stopped


class Peer:
    """One side of one connection. Every method may be called from any thread."""

    def __init__(self, send: Callable[[RpcMessage], None], handler: Handler) -> None:
        """Args: send: may block; a CodexError that it raises fails the request being sent."""
        self._send = send
        self._handler = handler
        self._lock = threading.Lock()
        self._ids = itertools.count(1)
        self._waiting: dict[RpcId, SimpleQueue[_Arrival]] = {}
        self._gone: _Gone | None = None

    def new_id(self) -> RpcId:
        """Return an unused id to pass to `request`, for parameters that must contain the id."""
        return next(self._ids)

    def request(
        self,
        method: str,
        params: Json = None,
        *,
        cancel: Cancel,
        timeout_s: float | None = None,
        request_id: RpcId | None = None,
        on_news: Callable[[object], None] | None = None,
    ) -> Json:
        """Send a request, wait for its response, and return the result.

        Args:
            timeout_s: longest wait for the response, counted anew from each piece of news; the
                total wait is at most LONGEST_REQUEST_S, or `timeout_s` if that is longer. None
                waits without a limit.
            request_id: id from `new_id`; None to let this method call it.
            on_news: called with everything that is passed to `report` about this request.
        Raises: RpcError, if the other side refuses. PeerTimeoutError. PeerGoneError. Interrupted.
            After a time-out or interrupt the handler's `on_abandoned` is called.
        """
        cancel.check()
        if request_id is None:
            request_id = self.new_id()
        answers: SimpleQueue[_Arrival] = SimpleQueue()
        with self._lock:
            if self._gone is not None:
                raise PeerGoneError(self._gone.reason)
            self._waiting[request_id] = answers
        forget = cancel.on_set(lambda: answers.put(_Stopped()))
        try:
            self._send(RpcRequest(request_id, method, params))
            return self._wait(request_id, method, answers, timeout_s, on_news)
        finally:
            forget()
            with self._lock:
                self._waiting.pop(request_id, None)

    def _wait(
        self,
        request_id: RpcId,
        method: str,
        answers: SimpleQueue[_Arrival],
        timeout_s: float | None,
        on_news: Callable[[object], None] | None,
    ) -> Json:
        started_at = time.monotonic()
        while True:
            try:
                answer = answers.get(timeout=_patience_s(started_at, timeout_s))
            except Empty:
                self._abandon(request_id, method, "timed out")
                text = f"no response to '{method}' within {timeout_s:g} s"
                raise PeerTimeoutError(text) from None
            match answer:
                case RpcResponse(_, result):
                    return result
                case RpcFailure(_, code, message, data):
                    raise RpcError(code, message, data)
                case _News(value):
                    if on_news is not None:
                        on_news(value)
                case _Gone(reason):
                    raise PeerGoneError(reason)
                case _Stopped():
                    self._abandon(request_id, method, "interrupted")
                    raise Interrupted

    def _abandon(self, request_id: RpcId, method: str, reason: str) -> None:
        try:
            self._handler.on_abandoned(request_id, method, reason)
        except CodexError as error:
            logger.debug("cannot cancel request %s: %s", request_id, error)

    def notify(self, method: str, params: Json = None) -> None:
        """Send a notification.

        Raises: CodexError, if it cannot be sent.
        """
        self._send(RpcNotification(method, params))

    def answer(self, request_id: RpcId, result: Json) -> None:
        """Send the result of a request of the other side.

        Raises: CodexError, if it cannot be sent.
        """
        self._send(RpcResponse(request_id, result))

    def refuse(self, request_id: RpcId | None, error: RpcError) -> None:
        """Send an error as the response to a request of the other side.

        Raises: CodexError, if it cannot be sent.
        """
        self._send(RpcFailure(request_id, error.code, error.message, error.data))

    def report(self, request_id: RpcId, news: object) -> None:
        """Pass news about a request of ours to the caller that waits in `request`, if one does."""
        self._deliver(request_id, _News(news))

    def receive(self, message: RpcMessage | InvalidMessage) -> None:
        """Process one message from the other side; never raises."""
        match message:
            case RpcRequest():
                self._take_request(message)
            case RpcNotification():
                self._guarded(lambda: self._handler.on_notification(message))
            case RpcResponse() | RpcFailure():
                self._deliver(message.id, message)
            case InvalidMessage(message_id, _, text):
                logger.debug("message %s of the peer is invalid: %s", message_id, text)

    def close(self, reason: str) -> None:
        """Note the end of the connection: every waiting and later request fails with `reason`."""
        with self._lock:
            self._gone = self._gone or _Gone(reason)
            waiting = list(self._waiting.values())
        for answers in waiting:
            answers.put(self._gone)

    def _take_request(self, request: RpcRequest) -> None:
        def take() -> None:
            try:
                self._handler.on_request(request)
            except RpcError as error:
                self.refuse(request.id, error)
            except Exception as error:
                logger.debug("request %s failed", request.method, exc_info=True)
                text = f"internal error: {type(error).__name__}: {error}"
                self.refuse(request.id, RpcError(INTERNAL_ERROR, text))

        self._guarded(take)

    def _deliver(self, request_id: RpcId | None, answer: _Arrival) -> None:
        with self._lock:
            # An integer id that came back as text is still ours.
            answers = self._waiting.get(request_id) if request_id is not None else None
            if answers is None and isinstance(request_id, str) and request_id.isdecimal():
                answers = self._waiting.get(int(request_id))
        if answers is None:
            logger.debug("a response to request %s, which no caller waits for", request_id)
        else:
            answers.put(answer)

    def _guarded(self, action: Callable[[], None]) -> None:
        """Run `action`; if nothing can be sent, only log it: the owner reports the end."""
        try:
            action()
        except CodexError as error:
            logger.debug("cannot answer the peer: %s", error)


def _patience_s(started_at: float, timeout_s: float | None) -> float | None:
    """Return how many seconds to wait for news or a response; None for no limit."""
    if timeout_s is None:
        return None
    left = started_at + max(LONGEST_REQUEST_S, timeout_s) - time.monotonic()
    return max(0.0, min(timeout_s, left))
