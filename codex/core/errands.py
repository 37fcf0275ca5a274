"""Errands: user commands and requests for the list of models, which run beside a session's task.

Each errand runs in a thread of its own, `codex-errand`, so neither the session thread nor the task
waits for it. Its result returns to the session thread as a value.
"""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, NamedTuple

from codex.base.cancel import Cancel
from codex.base.errors import CodexError, Interrupted
from codex.core.context import TaskContext
from codex.core.task import Note
from codex.protocol.events import Error
from codex.protocol.replies import ListModelsResponse

if TYPE_CHECKING:
    from collections.abc import Callable

    from codex.core.session import Session
    from codex.core.setup import Setup

logger = logging.getLogger(__name__)


class CommandEnded(NamedTuple):
    """Result of a user command."""

    note: Note
    """Command and output, for the model to read with its next request."""


class ModelsListed(NamedTuple):
    """Result of a request for the provider's list of models."""

    submission_id: str
    response: ListModelsResponse


ErrandResult = CommandEnded | ModelsListed


class Errands:
    """The running errands of one engine. Only the session thread may use it."""

    def __init__(self, post: Callable[[ErrandResult], None]) -> None:
        """Args: post: sends the result of an errand to the session thread."""
        self._post = post
        self._running: dict[threading.Thread, Cancel] = {}

    def run_command(self, session: Session, submission_id: str, text: str) -> None:
        """Run the user's shell text in a thread of its own, without waiting; post the result."""
        setup = session.setup

        def work(cancel: Cancel) -> ErrandResult:
            context = TaskContext(session, setup, submission_id, cancel)
            return CommandEnded(Note(_ran(context, text)))

        self._start(work)

    def list_models(self, setup: Setup, submission_id: str) -> None:
        """Request the list of models in a thread of its own, without waiting; post the result."""

        def work(cancel: Cancel) -> ErrandResult:
            return ModelsListed(submission_id, _listed(setup, cancel))

        self._start(work)

    def interrupt(self) -> None:
        """Cancel every running errand, without waiting for its end."""
        for cancel in self._running.values():
            cancel.set()

    def close(self) -> None:
        """Cancel every running errand, and wait until all have ended."""
        self.interrupt()
        for thread in self._running:
            thread.join()

    def _start(self, work: Callable[[Cancel], ErrandResult]) -> None:
        self._running = {
            thread: cancel for thread, cancel in self._running.items() if thread.is_alive()
        }
        cancel = Cancel()

        def run() -> None:
            try:
                self._post(work(cancel))
            finally:
                cancel.close()

        thread = threading.Thread(target=run, name="codex-errand", daemon=True)
        self._running[thread] = cancel
        thread.start()


def _ran(context: TaskContext, text: str) -> str:
    """Run a user command; return the text for the model. A defect ends only this command."""
    from codex.core.tools.shell_call import user_command

    try:
        return user_command(context, context.task_id, text)
    except Exception as error:
        logger.debug("a user command failed", exc_info=True)
        report = f"internal error: {type(error).__name__}: {error}"
        context.session.emit(context.task_id, Error(report, kind="internal"))
        return f"I ran this command myself:\n{text}\n\n{report}"


def _listed(setup: Setup, cancel: Cancel) -> ListModelsResponse:
    from codex.model.catalog import list_models

    try:
        return ListModelsResponse(list_models(setup.config.provider, setup.host, cancel))
    except Interrupted:
        return ListModelsResponse((), "interrupted")
    except CodexError as error:
        return ListModelsResponse((), str(error))
    except Exception as error:
        logger.debug("listing the models failed", exc_info=True)
        return ListModelsResponse((), f"internal error: {type(error).__name__}: {error}")
