"""The engine's door: what a front end submits to, and how it runs an engine for one session.

Events come out of the callable that the front end gives. It is called from the engine's threads and
must return at once; the `put` of a queue will do.
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
    """The engine as a front end sees it."""

    def submit(self, op: Op) -> str:
        """Submit an Op; returns the id that its events will carry."""

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
    """Run an engine for one session; everything that it started has ended after the block.

    For the main thread: the stop signals go to `put` too, and kill from the end of the block on.

    Args: source: the front end's name for the session's file. resumed: the session to resume.
    """
    with stop_signals_to(put):
        codex = Codex(config, host, put, source=source, resumed=resumed)
        try:
            yield codex
        finally:
            let_signals_kill()
            codex.close()
