"""One side of a JSON-RPC connection: requests, responses, and how a wait for one ends."""

from __future__ import annotations

import threading
from queue import SimpleQueue
from typing import TYPE_CHECKING

import pytest

from codex.base.cancel import Cancel
from codex.base.errors import CodexError, Interrupted
from codex.jsonrpc.messages import (
    INTERNAL_ERROR,
    METHOD_NOT_FOUND,
    InvalidMessage,
    RpcError,
    RpcFailure,
    RpcMessage,
    RpcNotification,
    RpcRequest,
    RpcResponse,
)
from codex.jsonrpc.peer import Peer, PeerGoneError, PeerTimeoutError

if TYPE_CHECKING:
    from collections.abc import Callable

    from codex.jsonrpc.messages import RpcId


class Other:
    """The other side: records what is sent and handled."""

    def __init__(self) -> None:
        self.sent: SimpleQueue[RpcMessage] = SimpleQueue()
        self.notifications: list[RpcNotification] = []
        self.abandoned: list[tuple[object, str, str]] = []
        self.peer = Peer(self.sent.put, self)

    def on_request(self, request: RpcRequest) -> None:
        if request.method == "known":
            self.peer.answer(request.id, {"ok": True})
        elif request.method == "broken":
            raise ZeroDivisionError
        else:
            raise RpcError(METHOD_NOT_FOUND, "unknown", {"x": 1})

    def on_notification(self, notification: RpcNotification) -> None:
        self.notifications.append(notification)

    def on_abandoned(self, request_id: RpcId, method: str, reason: str) -> None:
        self.abandoned.append((request_id, method, reason))

    def next(self) -> RpcMessage:
        return self.sent.get(timeout=30)


class Asking(threading.Thread):
    """Send a request in a thread of its own."""

    def __init__(self, ask: Callable[[], object]) -> None:
        super().__init__(daemon=True)
        self._ask = ask
        self.result: object = None
        self.start()

    def run(self) -> None:
        try:
            self.result = self._ask()
        except CodexError as error:
            self.result = error

    def done(self) -> object:
        self.join(30)
        return self.result


def test_answers_find_their_requests_in_any_order() -> None:
    other = Other()
    first = Asking(lambda: other.peer.request("a", {"n": 1}, cancel=Cancel()))
    one = other.next()
    second = Asking(lambda: other.peer.request("b", cancel=Cancel()))
    two = other.next()
    assert isinstance(one, RpcRequest)
    assert isinstance(two, RpcRequest)
    other.peer.receive(RpcResponse(two.id, "second"))
    # An id that comes back as text is still ours.
    other.peer.receive(RpcResponse(str(one.id), "first"))
    assert (first.done(), second.done()) == ("first", "second")


def test_a_refusal_is_raised_with_its_code() -> None:
    other = Other()
    asking = Asking(lambda: other.peer.request("a", cancel=Cancel()))
    request = other.next()
    assert isinstance(request, RpcRequest)
    other.peer.receive(RpcFailure(request.id, -32000, "no", {"why": "x"}))
    error = asking.done()
    assert isinstance(error, RpcError)
    assert (error.code, error.message, error.data) == (-32000, "no", {"why": "x"})


def test_an_interrupt_ends_the_wait_and_the_request_is_abandoned() -> None:
    other = Other()
    cancel = Cancel()
    asking = Asking(lambda: other.peer.request("a", cancel=cancel))
    request = other.next()
    assert isinstance(request, RpcRequest)
    cancel.set()
    assert isinstance(asking.done(), Interrupted)
    assert other.abandoned == [(request.id, "a", "interrupted")]
    other.peer.receive(RpcResponse(request.id, "late"))  # no request waits, which is not an error


def test_silence_ends_the_wait_and_the_request_is_abandoned() -> None:
    other = Other()
    with pytest.raises(PeerTimeoutError, match=r"no response to 'a' within 0\.01 s"):
        other.peer.request("a", cancel=Cancel(), timeout_s=0.01)
    request = other.next()
    assert isinstance(request, RpcRequest)
    assert other.abandoned == [(request.id, "a", "timed out")]


def test_news_go_to_whoever_waits_for_the_request() -> None:
    other = Other()
    news: list[object] = []
    request_id = other.peer.new_id()
    asking = Asking(
        lambda: other.peer.request(
            "a", {"token": request_id}, cancel=Cancel(), request_id=request_id, on_news=news.append
        )
    )
    assert other.next() == RpcRequest(request_id, "a", {"token": request_id})
    other.peer.report(request_id, "half")
    other.peer.report(99, "nobody waits for this one")
    other.peer.receive(RpcResponse(request_id, None))
    assert asking.done() is None
    assert news == ["half"]


def test_the_end_of_the_connection_ends_every_wait_and_every_later_one() -> None:
    other = Other()
    asking = [Asking(lambda: other.peer.request("a", cancel=Cancel())) for _ in range(3)]
    for _ in asking:
        other.next()
    other.peer.close("it exited with status 3")
    for each in asking:
        error = each.done()
        assert isinstance(error, PeerGoneError)
        assert error.message == "it exited with status 3"
    with pytest.raises(PeerGoneError, match="status 3"):
        other.peer.request("b", cancel=Cancel())


def test_every_request_of_the_other_side_is_answered() -> None:
    other = Other()
    other.peer.receive(RpcRequest("x", "known", None))
    other.peer.receive(RpcRequest(2, "unknown", None))
    other.peer.receive(RpcRequest(3, "broken", None))
    assert other.next() == RpcResponse("x", {"ok": True})
    assert other.next() == RpcFailure(2, METHOD_NOT_FOUND, "unknown", {"x": 1})
    assert other.next() == RpcFailure(3, INTERNAL_ERROR, "internal error: ZeroDivisionError: ")


def test_notifications_are_heeded_and_nonsense_is_not() -> None:
    other = Other()
    other.peer.receive(RpcNotification("notifications/x", None))
    other.peer.receive(InvalidMessage(None, -32700, "not JSON"))
    assert other.notifications == [RpcNotification("notifications/x", None)]
    assert other.sent.empty()
