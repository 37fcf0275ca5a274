"""The notifier: the user's program, run with one JSON argument when a task has completed.

It must not disturb codex: it has no terminal, codex does not wait for it, and it may outlive codex.
The JSON members have the names that Codex gave them in May 2025.
"""

from __future__ import annotations

import logging
import os
import signal
import time
from typing import TYPE_CHECKING

from codex.base.jsonio import dumps

if TYPE_CHECKING:
    from subprocess import Popen

logger = logging.getLogger(__name__)

TIME_LIMIT_S = 30.0
"""Longest run of a notifier; one that exceeds it is killed at the next start or `close`."""

MAX_PAYLOAD_BYTES = 100_000
"""Longest JSON argument that is sent uncut; Linux refuses an argument of 128 KiB or more."""
CUT_CHARACTERS = 8_000
"""Length that each text is cut to if the JSON argument would be too long."""


class Notifier:
    """Starts the notifier, and reaps earlier notifier processes. Not thread-safe."""

    def __init__(self, argv: tuple[str, ...], cwd: str) -> None:
        """Args: argv: the program and its arguments; empty turns notifications off."""
        self._argv = argv
        self._cwd = cwd
        self._running: list[tuple[float, Popen[bytes]]] = []

    def turn_complete(
        self, turn_id: str, input_messages: tuple[str, ...], last_message: str | None
    ) -> None:
        """Start the notifier for a completed task, without waiting. Failures are only logged.

        Args: turn_id: the task's submission id. input_messages: the user's messages for the task.
            last_message: the last message of the model; None if it wrote none.
        """
        if not self._argv:
            return
        self._reap()
        payload = _payload(turn_id, input_messages, last_message)
        if len(payload) > MAX_PAYLOAD_BYTES:
            payload = _payload(
                turn_id,
                tuple(_cut(message) for message in input_messages),
                None if last_message is None else _cut(last_message),
            )
        self._start(payload.decode())

    def close(self) -> None:
        """Reap ended notifiers and kill those over TIME_LIMIT_S; others may outlive codex."""
        self._reap()

    def _start(self, payload: str) -> None:
        import subprocess

        try:
            process = subprocess.Popen(
                [*self._argv, payload],
                cwd=self._cwd,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            logger.warning("cannot run the notifier %r: %s", self._argv[0], error)
            return
        self._running.append((time.monotonic(), process))

    def _reap(self) -> None:
        still_running = []
        for started, process in self._running:
            status = process.poll()
            if status is not None:
                if status != 0:
                    logger.warning("the notifier %r ended with %d", self._argv[0], status)
            elif time.monotonic() - started > TIME_LIMIT_S:
                # It leads a process group of its own: kill everything that it started, too.
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                logger.warning("the notifier %r was killed: it took too long", self._argv[0])
            else:
                still_running.append((started, process))
        self._running = still_running


def _payload(turn_id: str, input_messages: tuple[str, ...], last_message: str | None) -> bytes:
    return dumps(
        {
            "type": "agent-turn-complete",
            "turn-id": turn_id,
            "input-messages": list(input_messages),
            "last-assistant-message": last_message,
        }
    )


def _cut(text: str) -> str:
    return text if len(text) <= CUT_CHARACTERS else text[:CUT_CHARACTERS] + "…"
