"""Messages to the client, whole lines in the order they were given, none lost.

The thread `codex-stdout` writes, so that a client which reads slowly holds up nobody's work.
"""

from __future__ import annotations

import threading
from queue import SimpleQueue
from typing import TYPE_CHECKING

from codex.mcp.jsonrpc import encode

if TYPE_CHECKING:
    from typing import TextIO

    from codex.mcp.jsonrpc import Message


class Writer:
    """Standard output."""

    def __init__(self, output: TextIO) -> None:
        self._output = output
        self._waiting: SimpleQueue[Message | None] = SimpleQueue()
        self.is_broken = False
        """Nobody reads any more."""
        self._thread = threading.Thread(target=self._run, name="codex-stdout", daemon=True)
        self._thread.start()

    def send(self, message: Message) -> None:
        """Leave a message; returns at once. Usable from any thread."""
        self._waiting.put(message)

    def close(self, timeout_s: float) -> None:
        """Write what waits, as far as the time allows."""
        self._waiting.put(None)
        self._thread.join(timeout_s)

    def _run(self) -> None:
        while (message := self._waiting.get()) is not None:
            if self.is_broken:
                continue
            try:
                self._output.write(encode(message).decode() + "\n")
                if self._waiting.empty():
                    self._output.flush()
            except OSError:
                self.is_broken = True
