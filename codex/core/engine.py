"""The interface that a front end submits Ops to, and how it runs an engine for one session.

Events arrive through the callable that the front end passes. The engine's threads call it, so it
must not block; the `put` of a queue will do.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Protocol

from codex.base.signals import StopSignal, let_signals_kill, stop_signals_to
from codex.core.codex import Codex

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from codex.base.host import Host
    from codex.config.types import Config
    from codex.protocol.events import Event
    from codex.protocol.ops import Op, Submission
    from codex.rollout.resume import Resumed


class Submits(Protocol):
    """The running engine, to which a front end submits Ops."""

    def submit(self, op: Op) -> str:
        """Submit an Op; return the id that its events will carry.

        Input that joins a running task has no events under this id, only under the task's.
        """

    def submit_with_id(self, submission: Submission) -> None:
        """Submit an Op under an id of the caller's choice."""


@contextlib.contextmanager
def running(
    config: Config,
    host: Host,
    put: Callable[[Event | StopSignal], None],
    *,
    source: str,
    resumed: Resumed | None = None,
) -> Iterator[Submits]:
    """Run an engine for one session; after the block, all that it started but notifiers has ended.

    Must be called in the main thread. Until the block ends, stop signals go to `put`, too; all but
    SIGINT also kill the process STOP_GRACE_S later. While the engine then ends, any kills it.

    Args: put: receives each event; the engine's threads call it. source: name of the front end, for
        the session's file. resumed: the session to resume; None starts a new one.
    """
    with stop_signals_to(put):
        codex = Codex(config, host, put, source=source, resumed=resumed)
        try:
            yield codex
        finally:
            let_signals_kill()
            codex.close()
