"""No wait is endless: time-outs, and Cancel at every point of a request."""

from __future__ import annotations

import socket
import threading
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

import pytest

from codex.base.cancel import Cancel
from codex.base.errors import Interrupted
from codex.net.failure import RequestError
from codex.protocol.settings import WireApi
from tests.support.listeners import FullListener, SilentListener
from tests.support.model.clients import WIRES, ask, make_client, make_prompt, user
from tests.support.model.fake_model import FakeModel, Reply, Stall

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from codex.model.client import ModelClient
    from codex.model.prompt import Prompt

PATIENCE_S = 30.0
"""All time-outs of these tests but the one tested are longer, so only Cancel can have ended it."""


class WatchedCancel(Cancel):
    """A Cancel that reports when a thread is about to wait for its descriptor."""

    def __init__(self) -> None:
        super().__init__()
        self.is_watched = threading.Event()

    def fileno(self) -> int:
        descriptor = super().fileno()
        self.is_watched.set()
        return descriptor


@pytest.fixture
def cancel() -> Iterator[WatchedCancel]:
    made = WatchedCancel()
    yield made
    made.close()


def interrupt(
    client: ModelClient,
    cancel: Cancel,
    is_ready: Callable[[float], Any],
    prompt: Prompt | None = None,
) -> BaseException | str:
    """Return how a request ends that is cancelled as soon as `is_ready` returns."""
    outcome: SimpleQueue[BaseException | str] = SimpleQueue()

    def run() -> None:
        try:
            with client.stream(prompt or make_prompt(), cancel) as stream:
                for _ in stream:
                    pass
        except (RequestError, Interrupted) as error:
            outcome.put(error)
        else:
            outcome.put("it went well")

    thread = threading.Thread(target=run)
    thread.start()
    assert is_ready(PATIENCE_S)
    cancel.set()
    result = outcome.get(timeout=PATIENCE_S)
    thread.join()
    client.close()
    return result


def test_a_cancelled_request_is_not_sent(cancel: WatchedCancel) -> None:
    cancel.set()
    with FakeModel() as model:
        client = make_client(model.base_url)
        with pytest.raises(Interrupted):
            client.stream(make_prompt(), cancel)
        assert model.connections == 0


def test_cancel_ends_the_look_up_of_a_name(
    cancel: WatchedCancel, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, answer = threading.Event(), threading.Event()
    real = socket.getaddrinfo

    def getaddrinfo(host: Any, *args: Any, **options: Any) -> Any:
        if host == b"slow.invalid" and not options["flags"]:
            asked.set()
            answer.wait(PATIENCE_S)
        return real(host, *args, **options)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    client = make_client("http://slow.invalid/v1")
    assert isinstance(interrupt(client, cancel, asked.wait), Interrupted)
    answer.set()


def test_cancel_ends_connecting(cancel: WatchedCancel) -> None:
    with FullListener() as listener:
        client = make_client(f"http://127.0.0.1:{listener.port}/v1", connect_timeout_ms=10**6)
        assert isinstance(interrupt(client, cancel, cancel.is_watched.wait), Interrupted)


def test_cancel_ends_a_tls_handshake(cancel: WatchedCancel) -> None:
    with SilentListener() as listener:
        client = make_client(f"https://127.0.0.1:{listener.port}/v1", connect_timeout_ms=10**6)
        assert isinstance(interrupt(client, cancel, listener.heard.wait), Interrupted)


def test_cancel_ends_waiting_for_a_proxy(cancel: WatchedCancel) -> None:
    with SilentListener() as listener:
        environ = {"HTTPS_PROXY": f"http://127.0.0.1:{listener.port}"}
        client = make_client("https://h.invalid/v1", environ=environ, connect_timeout_ms=10**6)
        assert isinstance(interrupt(client, cancel, listener.heard.wait), Interrupted)


def test_cancel_ends_sending(cancel: WatchedCancel) -> None:
    with SilentListener() as listener:
        client = make_client(f"http://127.0.0.1:{listener.port}/v1")
        huge = make_prompt(user("x" * 50_000_000))
        assert isinstance(interrupt(client, cancel, listener.heard.wait, huge), Interrupted)


@pytest.mark.parametrize("wire", WIRES)
def test_cancel_ends_waiting_for_the_head(wire: WireApi, cancel: WatchedCancel) -> None:
    stall = Stall()
    with FakeModel([Reply.text("never", before_head=stall)]) as model:
        client = make_client(model.base_url, wire)
        assert isinstance(interrupt(client, cancel, stall.reached.wait), Interrupted)


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize("status", [200, 500])
def test_cancel_ends_waiting_for_the_body(
    wire: WireApi, status: int, cancel: WatchedCancel
) -> None:
    stall = Stall()
    with FakeModel([Reply.text("one two", status=status).stall_at(300, stall)]) as model:
        client = make_client(model.base_url, wire)
        assert isinstance(interrupt(client, cancel, stall.reached.wait), Interrupted)


def test_a_client_can_go_on_after_an_interrupt(cancel: WatchedCancel) -> None:
    stall = Stall()
    with FakeModel([Reply.text("one two").stall_at(300, stall), Reply.text("b")]) as model:
        client = make_client(model.base_url)
        assert isinstance(interrupt(client, cancel, stall.reached.wait), Interrupted)
        assert ask(client)
        client.close()


def test_a_cancel_that_comes_after_the_answer_breaks_no_kept_connection(
    cancel: WatchedCancel,
) -> None:
    with FakeModel([Reply.text("a"), Reply.text("b")]) as model:
        client = make_client(model.base_url)
        with client.stream(make_prompt(), cancel) as stream:
            list(stream)
        cancel.set()
        assert ask(client)
        client.close()
        assert model.connections == 1


def failure(client: ModelClient) -> RequestError:
    with pytest.raises(RequestError) as caught:
        ask(client)
    client.close()
    assert caught.value.kind == "timeout"
    assert caught.value.is_retryable
    return caught.value


def test_connecting_has_a_timeout() -> None:
    with FullListener() as listener:
        url = f"http://127.0.0.1:{listener.port}"
        error = failure(make_client(f"{url}/v1", connect_timeout_ms=50))
    assert error.message == f'cannot connect to "{url}": the attempt timed out'
    assert error.phase == "request"


def test_a_tls_handshake_has_a_timeout() -> None:
    with SilentListener() as listener:
        url = f"https://127.0.0.1:{listener.port}"
        error = failure(make_client(f"{url}/v1", connect_timeout_ms=50))
    assert error.message == f'cannot connect to "{url}": the attempt timed out'


@pytest.mark.parametrize("wire", WIRES)
def test_waiting_for_the_head_has_a_timeout(wire: WireApi) -> None:
    with FakeModel([Reply.text("never", before_head=Stall())]) as model:
        error = failure(make_client(model.base_url, wire, header_timeout_ms=50))
    assert "sent no response within 0.05 s" in error.message
    assert error.phase == "request"


@pytest.mark.parametrize("wire", WIRES)
def test_a_silence_in_the_answer_has_a_timeout(wire: WireApi) -> None:
    with FakeModel([Reply.text("one two").stall_at(300, Stall())]) as model:
        error = failure(make_client(model.base_url, wire, stream_idle_timeout_ms=50))
    assert error.message == "the server was silent for 0.05 s"
    assert error.phase == "stream"


def test_a_refusal_whose_body_hangs_is_told_all_the_same() -> None:
    with FakeModel([Reply.error(400, "the reason").stall_at(5, Stall())]) as model:
        client = make_client(model.base_url, stream_idle_timeout_ms=50)
        with pytest.raises(RequestError, match="answered 400") as caught:
            ask(client)
        client.close()
    assert caught.value.kind == "bad_request"


def test_a_whole_chat_answer_does_not_wait_for_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("codex.model.client.END_GRACE_S", 0.05)
    chunk = {"choices": [{"delta": {"content": "a"}, "finish_reason": "stop"}]}
    with FakeModel([Reply.events(chunk).stall_at(-1, Stall())]) as model:
        client = make_client(model.base_url, WireApi.CHAT)
        assert ask(client)
        client.close()
