"""Connecting to whichever of a name's addresses answers."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

import pytest

from codex.base.cancel import Cancel
from codex.net.dial import dial
from tests.support.listeners import FullListener, SilentListener

if TYPE_CHECKING:
    from collections.abc import Iterator

LONG_S = 1000.0
"""Time-out longer than any test may take; a call that ends sooner has not waited for it."""


@pytest.fixture
def cancel() -> Iterator[Cancel]:
    made = Cancel()
    yield made
    made.close()


def resolve_to(monkeypatch: pytest.MonkeyPatch, *ports: int) -> None:
    """Let every name have these ports of 127.0.0.1 as its addresses."""

    def getaddrinfo(host: bytes, port: int, **options: Any) -> list[Any]:
        if options["flags"]:
            raise socket.gaierror(socket.EAI_NONAME, "not numeric")
        kind = (socket.AF_INET, socket.SOCK_STREAM, 0, "")
        return [(*kind, ("127.0.0.1", each)) for each in ports]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)


def test_an_address_that_refuses_gives_way_to_the_next(
    monkeypatch: pytest.MonkeyPatch, cancel: Cancel
) -> None:
    with SilentListener() as listener:
        resolve_to(monkeypatch, 1, 1, listener.port)
        with dial("name", 80, timeout_s=LONG_S, cancel=cancel) as connection:
            assert connection.getpeername()[1] == listener.port
            assert connection.gettimeout() == LONG_S


def test_an_address_that_does_not_answer_does_not_hold_up_the_next(
    monkeypatch: pytest.MonkeyPatch, cancel: Cancel
) -> None:
    with FullListener() as full, SilentListener() as listener:
        resolve_to(monkeypatch, full.port, listener.port)
        with dial("name", 80, timeout_s=LONG_S, cancel=cancel) as connection:
            assert connection.getpeername()[1] == listener.port


def test_when_no_address_answers_the_last_reason_is_told(
    monkeypatch: pytest.MonkeyPatch, cancel: Cancel
) -> None:
    resolve_to(monkeypatch, 1, 1)
    with pytest.raises(ConnectionRefusedError):
        dial("name", 80, timeout_s=LONG_S, cancel=cancel)


def test_a_name_without_addresses_is_an_error(
    monkeypatch: pytest.MonkeyPatch, cancel: Cancel
) -> None:
    resolve_to(monkeypatch)
    with pytest.raises(OSError, match="no address"):
        dial("name", 80, timeout_s=LONG_S, cancel=cancel)


def test_an_address_family_that_the_machine_lacks_gives_way_to_the_next(
    monkeypatch: pytest.MonkeyPatch, cancel: Cancel
) -> None:
    with SilentListener() as listener:
        port = listener.port

        def getaddrinfo(*_: object, **__: object) -> list[Any]:
            strange = (socket.AF_INET, socket.SOCK_SEQPACKET, 0, "", ("127.0.0.1", port))
            return [strange, (socket.AF_INET, socket.SOCK_STREAM, 0, "", ("127.0.0.1", port))]

        monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
        dial("127.0.0.1", port, timeout_s=LONG_S, cancel=cancel).close()


def test_the_look_up_has_a_timeout(monkeypatch: pytest.MonkeyPatch, cancel: Cancel) -> None:
    import threading

    answer = threading.Event()

    def getaddrinfo(*_: object, **options: Any) -> list[Any]:
        if not options["flags"]:
            answer.wait(30)
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    with pytest.raises(TimeoutError):
        dial("name", 80, timeout_s=0.05, cancel=cancel)
    answer.set()


@pytest.mark.parametrize("host", ["localhost", "a.localhost", "127.0.0.1"])
def test_local_names_and_addresses_need_no_look_up(
    host: str, monkeypatch: pytest.MonkeyPatch, cancel: Cancel
) -> None:
    real = socket.getaddrinfo

    def getaddrinfo(host: bytes, port: int, **options: Any) -> Any:
        assert options["flags"] == socket.AI_NUMERICHOST
        return real(host, port, **options)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    with SilentListener() as listener:
        dial(host, listener.port, timeout_s=LONG_S, cancel=cancel).close()
