"""The servers that never answer."""

from __future__ import annotations

import errno
import socket

import pytest

from tests.support.listeners import FullListener, SilentListener


def test_a_silent_listener_hears_and_does_not_answer() -> None:
    with SilentListener() as listener, socket.create_connection(("127.0.0.1", listener.port)) as s:
        s.sendall(b"hello")
        assert listener.heard.wait(30)
        s.settimeout(0.05)
        with pytest.raises(TimeoutError):
            s.recv(1)
        listener.close_connections()
        s.settimeout(30)
        assert s.recv(1) == b""


def test_a_full_listener_does_not_take_a_connection() -> None:
    with FullListener() as listener, socket.socket() as s:
        s.settimeout(0.05)
        with pytest.raises(TimeoutError):
            s.connect(("127.0.0.1", listener.port))


def test_a_full_listener_sees_who_tries() -> None:
    with FullListener() as listener, socket.socket() as visitor:
        visitor.setblocking(False)
        assert visitor.connect_ex(("127.0.0.1", listener.port)) == errno.EINPROGRESS
        listener.wait_until_tried()
