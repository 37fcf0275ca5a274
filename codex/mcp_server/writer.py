"""Writes messages to the MCP client, as complete lines, in order and without loss.

The thread `codex-stdout` writes, so that a client that reads slowly delays no call. It writes to
the file descriptor: a thread that blocks in a Python stream holds the stream's lock, and the
interpreter aborts if that lock is held at exit.
"""

from __future__ import annotations

import os
import threading
from queue import SimpleQueue
from typing import TYPE_CHECKING

from codex.jsonrpc.messages import encode_message

if TYPE_CHECKING:
    from collections.abc import Callable

    from codex.jsonrpc.messages import RpcMessage


class Writer:
    """Writes messages to standard output."""

    def __init__(self, descriptor: int, on_break: Callable[[], None]) -> None:
        """Args: on_break: called once, in the thread, if writing fails: the client has gone."""
        self._descriptor = descriptor
        self._on_break = on_break
        self._waiting: SimpleQueue[RpcMessage | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="codex-stdout", daemon=True)
        self._thread.start()

    def send(self, message: RpcMessage) -> None:
        """Queue a message and return immediately; may be called from any thread."""
        self._waiting.put(message)

    def close(self, timeout_s: float) -> None:
        """Write the messages that are still queued, but wait for at most `timeout_s`."""
        self._waiting.put(None)
        self._thread.join(timeout_s)

    def _run(self) -> None:
        try:
            while (message := self._waiting.get()) is not None:
                left = memoryview(encode_message(message) + b"\n")
                while left:
                    left = left[os.write(self._descriptor, left) :]
        except OSError:
            self._on_break()
