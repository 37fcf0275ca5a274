"""Resolves a host name and opens a TCP connection, with a time limit and a Cancel for both.

The system's resolver cannot be interrupted, so it runs in a daemon thread, which is left behind
when the caller stops waiting. Addresses are tried as RFC 8305 ("happy eyeballs") asks: the next
attempt starts when the one before has failed, or a quarter of a second later, and the first to
connect wins. Must not know which protocol uses the connection.
"""

from __future__ import annotations

import errno
import os
import selectors
import socket
import threading
import time
from collections import deque
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

from codex.base.errors import Interrupted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from codex.base.cancel import Cancel

    SocketAddress = tuple[str, int] | tuple[str, int, int, int] | tuple[int, bytes]
    Target = tuple[int, int, int, str, SocketAddress]
    """An element of getaddrinfo's result."""

HEAD_START_S = 0.25
LOCALHOST = (b"127.0.0.1", b"::1")


def dial(host: str, port: int, *, timeout_s: float, cancel: Cancel) -> socket.socket:
    """Connect within `timeout_s`; return the socket, with `timeout_s` as its time-out.

    Raises: Interrupted. OSError, including TimeoutError and socket.gaierror.
    """
    deadline = time.monotonic() + timeout_s
    targets = _resolve(host, port, timeout_s, cancel)
    with selectors.DefaultSelector() as selector:
        selector.register(cancel.fileno(), selectors.EVENT_READ)
        race = _Race(selector, targets)
        try:
            connection = race.run(deadline, cancel)
        finally:
            race.drop_losers()
    connection.settimeout(timeout_s)
    return connection


class _Race:
    """Concurrent connection attempts; the first to succeed wins."""

    def __init__(self, selector: selectors.BaseSelector, targets: Sequence[Target]) -> None:
        self._selector = selector
        self._waiting = deque(targets)
        self._pending: set[socket.socket] = set()
        self._error: OSError = OSError("the name has no address")

    def run(self, deadline: float, cancel: Cancel) -> socket.socket:
        next_start = 0.0
        while self._waiting or self._pending:
            now = time.monotonic()
            if self._waiting and (not self._pending or now >= next_start):
                self._start(self._waiting.popleft())
                next_start = now + HEAD_START_S
                continue
            if now >= deadline:
                raise TimeoutError
            until = min(next_start, deadline) if self._waiting else deadline
            ready = self._selector.select(until - now)
            if cancel.is_set():
                raise Interrupted
            for key, _ in ready:
                if isinstance(key.fileobj, socket.socket) and self._has_won(key.fileobj):
                    return key.fileobj
        raise self._error

    def drop_losers(self) -> None:
        for attempt in self._pending:
            attempt.close()

    def _start(self, target: Target) -> None:
        family, kind, protocol, _, address = target
        try:
            attempt = socket.socket(family, kind, protocol)
        except OSError as error:
            self._error = error
            return
        attempt.settimeout(0)
        # Requests are written in two pieces, head and body; the second must not wait for an ACK.
        attempt.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        code = attempt.connect_ex(address)
        if code in (0, errno.EINPROGRESS):
            self._pending.add(attempt)
            self._selector.register(attempt, selectors.EVENT_WRITE)
        else:
            self._fail(attempt, code)

    def _has_won(self, attempt: socket.socket) -> bool:
        self._selector.unregister(attempt)
        self._pending.discard(attempt)
        code = attempt.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            self._fail(attempt, code)
        return not code

    def _fail(self, attempt: socket.socket, code: int) -> None:
        attempt.close()
        self._error = OSError(code, os.strerror(code))


def _resolve(host: str, port: int, timeout_s: float, cancel: Cancel) -> Sequence[Target]:
    # With bytes, the socket module does not import the IDNA codec, which takes 3 ms.
    name = host.encode("ascii")
    if name == b"localhost" or name.endswith(b".localhost"):
        # By RFC 6761 these names need no look-up, which would fail in an empty root file system.
        return [target for ip in LOCALHOST for target in _look_up(ip, port, is_numeric=True)]
    try:
        return _look_up(name, port, is_numeric=True)
    except socket.gaierror:
        return _look_up_aside(name, port, timeout_s, cancel)


def _look_up(name: bytes, port: int, *, is_numeric: bool) -> Sequence[Target]:
    flags = socket.AI_NUMERICHOST if is_numeric else 0
    return socket.getaddrinfo(name, port, type=socket.SOCK_STREAM, flags=flags)


def _look_up_aside(name: bytes, port: int, timeout_s: float, cancel: Cancel) -> Sequence[Target]:
    answers: SimpleQueue[Sequence[Target] | OSError | None] = SimpleQueue()

    def look_up() -> None:
        try:
            answers.put(_look_up(name, port, is_numeric=False))
        except OSError as error:
            answers.put(error)

    threading.Thread(target=look_up, name="codex-resolve", daemon=True).start()
    forget = cancel.on_set(lambda: answers.put(None))
    try:
        answer = answers.get(timeout=timeout_s)
    except Empty:
        raise TimeoutError from None
    finally:
        forget()
    if answer is None:
        raise Interrupted
    if isinstance(answer, OSError):
        raise answer
    return answer
