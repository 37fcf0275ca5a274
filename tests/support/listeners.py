"""Servers that never answer, for tests of what a program does when the other side hangs."""

from __future__ import annotations

import contextlib
import socket
import threading
from pathlib import Path

from tests.support.waiting import wait_until

SYN_SENT = "02"
"""The state of a connection attempt in /proc/net/tcp."""


class SilentListener:
    """Accepts connections, reads the first byte of each, and never answers."""

    def __init__(self) -> None:
        self.heard = threading.Event()
        """Set once a client has connected and sent something."""
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._accepted: list[socket.socket] = []
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    @property
    def port(self) -> int:
        """Port that it listens on."""
        return int(self._listener.getsockname()[1])

    def close_connections(self) -> None:
        """Close every connection."""
        for connection in self._accepted:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Close every connection and stop listening."""
        # Wakes the accept.
        self._listener.shutdown(socket.SHUT_RDWR)
        self.close_connections()
        self._thread.join()
        for connection in self._accepted:
            connection.close()
        self._listener.close()

    def __enter__(self) -> SilentListener:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self._accepted.append(connection)
                if connection.recv(1):
                    self.heard.set()


class FullListener:
    """Listens, but its queue is full, so that connection attempts stay unanswered."""

    def __init__(self) -> None:
        self._listener = socket.socket()
        self._listener.bind(("127.0.0.1", 0))
        self._listener.listen(0)
        self._fillers: list[socket.socket] = []
        while self._fill():
            pass
        self._tries = self._unanswered()

    @property
    def port(self) -> int:
        """Port on which connection attempts stay unanswered."""
        return int(self._listener.getsockname()[1])

    def wait_until_tried(self) -> None:
        """Wait until a client tries to connect; only the kernel's table of sockets tells."""
        wait_until(lambda: self._unanswered() != self._tries, "an attempt to connect")

    def _unanswered(self) -> int:
        """Return how many sockets of this machine wait for an answer from the port."""
        wanted = f":{self.port:04X} {SYN_SENT} "
        return Path("/proc/net/tcp").read_text(encoding="ascii").count(wanted)

    def close(self) -> None:
        """Close the port."""
        for filler in self._fillers:
            filler.close()
        self._listener.close()

    def __enter__(self) -> FullListener:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _fill(self) -> bool:
        """Occupy one more place in the queue; return whether one was free."""
        filler = socket.socket()
        self._fillers.append(filler)
        filler.settimeout(0.05)
        try:
            filler.connect(("127.0.0.1", self.port))
        except TimeoutError:
            return False
        return True
