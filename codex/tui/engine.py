"""BackgroundEngine: one session's engine, started in a thread after the first frame.

Ops that are submitted before the engine has started wait for it, in order.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from codex.protocol.events import Error, Event
from codex.tui.bridge import EventBridge

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop
    from collections.abc import Callable

    from codex.base.host import Host
    from codex.config.types import Config
    from codex.core.codex import Codex
    from codex.protocol.ops import Op
    from codex.rollout.resume import Resumed


class BackgroundEngine:
    """One session's engine, which starts in a thread of its own."""

    def __init__(
        self,
        config: Config,
        host: Host,
        loop: AbstractEventLoop,
        take: Callable[[Event], None],
        resumed: Resumed | None = None,
    ) -> None:
        """Start the thread that starts the engine; if that fails, `take` receives an Error.

        Args: take: called in the event loop with each event. resumed: the session to resume; None
            for a new session.
        """
        self._resumed = resumed
        self._config = config
        self._host = host
        self._bridge = EventBridge(loop, take)
        self._lock = threading.Lock()
        self._codex: Codex | None = None
        self._waiting: list[Op] = []
        self._thread = threading.Thread(target=self._start, name="codex-start", daemon=True)
        self._thread.start()

    def submit(self, op: Op) -> None:
        """Submit an Op, now or as soon as the engine has started."""
        with self._lock:
            if self._codex is None:
                self._waiting.append(op)
            else:
                self._codex.submit(op)

    def close(self, timeout_s: float | None = None) -> None:
        """End the engine, its task and its processes; deliver no more events.

        An engine that is still starting is ended after it has started.

        Args: timeout_s: seconds to wait at most for a started engine to end; None means no limit.
        """
        self._bridge.close()
        self._thread.join()
        if self._codex is not None:
            self._codex.close(timeout_s)

    def _start(self) -> None:
        try:
            from codex.core.codex import Codex

            codex = Codex(self._config, self._host, self._bridge.put, resumed=self._resumed)
        except Exception as error:  # noqa: BLE001 - the screen shows it, there is no other reader
            text = f"the engine cannot start: {type(error).__name__}: {error}"
            self._bridge.put(Event("0", Error(text, kind="internal")))
            return
        with self._lock:
            self._codex = codex
            for op in self._waiting:
                codex.submit(op)
            self._waiting.clear()
