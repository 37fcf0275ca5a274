"""Task: the work on one user input, turn after turn, until the model calls no more tools.

It runs in the thread `codex-task`. Input that arrives meanwhile joins at the next turn. A task may
begin with a user command instead; without input, it then needs no turn.
"""

from __future__ import annotations

import logging
import os
import threading
from typing import TYPE_CHECKING, NamedTuple

from codex.base.cancel import Cancel
from codex.base.errors import CodexError, Interrupted
from codex.core.context import TaskContext
from codex.core.turn import run_turn
from codex.protocol.events import (
    Error,
    TaskComplete,
    TaskStarted,
    TurnAborted,
    UserMessage,
    Warning,
)
from codex.protocol.items import ImagePart, Message, TextPart
from codex.protocol.ops import UserImage, UserImageFile, UserItem, UserText

if TYPE_CHECKING:
    from collections.abc import Callable

    from codex.core.session import Session
    from codex.protocol.items import ContentPart

logger = logging.getLogger(__name__)


class QueuedInput(NamedTuple):
    """User input, with the id of its submission."""

    submission_id: str
    items: tuple[UserItem, ...]


class UserCommand(NamedTuple):
    """Shell text that the user wants to run, with the id of its submission."""

    submission_id: str
    text: str


class Note(NamedTuple):
    """Text that the model reads with the next request; it does not cause a request."""

    text: str

    @property
    def message(self) -> Message:
        """The note as a message of the conversation."""
        return Message("user", (TextPart(self.text),))


class InputQueue:
    """Queue of input for the running task; the task closes it when it ends."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[QueuedInput | Note] = []
        self._is_open = True

    def offer(self, item: QueuedInput | Note) -> bool:
        """Add an item to the queue; return False if the queue is closed."""
        with self._lock:
            if self._is_open:
                self._waiting.append(item)
            return self._is_open

    def take(self) -> tuple[QueuedInput | Note, ...]:
        """Remove and return all items."""
        with self._lock:
            return self._emptied()

    def take_or_close(self) -> tuple[QueuedInput | Note, ...]:
        """Remove and return all items; close the queue if there is no user input among them."""
        with self._lock:
            waiting = self._emptied()
            self._is_open = has_input(waiting)
            return waiting

    def close(self) -> tuple[QueuedInput | Note, ...]:
        """Close the queue; remove and return all items."""
        with self._lock:
            self._is_open = False
            return self._emptied()

    def _emptied(self) -> tuple[QueuedInput | Note, ...]:
        waiting, self._waiting = self._waiting, []
        return tuple(waiting)


def has_input(waiting: tuple[QueuedInput | Note, ...]) -> bool:
    """Whether any of the items is user input, which the model must respond to."""
    return any(isinstance(item, QueuedInput) for item in waiting)


class Task:
    """The work on one user input or user command."""

    def __init__(
        self, session: Session, first: QueuedInput | UserCommand, *, on_end: Callable[[], None]
    ) -> None:
        """Args: first: what the task begins with. on_end: called by its thread as the last step."""
        self.id = first.submission_id
        self.queue = InputQueue()
        self.cancel = Cancel()
        self._first = first
        self._texts: list[str] = []
        self._context = TaskContext(session, session.setup, self.id, self.cancel)
        self._on_end = on_end
        self._thread = threading.Thread(target=self._run, name="codex-task", daemon=True)

    def start(self) -> None:
        """Start the task's thread, without waiting for it."""
        self._thread.start()

    def _run(self) -> None:
        session, setup = self._context.session, self._context.setup
        session.rollout.turn_context(self.id, setup.config, setup.instructions)
        self._context.emit(TaskStarted())
        # A resumed conversation may have open calls, if the process that made them was killed.
        session.transcript.close_open_calls()
        try:
            last_message = self._work()
            if self._texts or isinstance(self._first, QueuedInput):
                setup.notifier.turn_complete(self.id, tuple(self._texts), last_message)
            end: TaskComplete | TurnAborted | Error = TaskComplete(last_message)
        except Interrupted:
            end = TurnAborted()
        except CodexError as error:
            end = Error(str(error), kind=getattr(error, "kind", "other"))
        except Exception as error:
            logger.debug("task %s failed", self.id, exc_info=True)
            end = Error(f"internal error: {type(error).__name__}: {error}", kind="internal")
        for queued in self.queue.close():
            self._record(queued)
        session.transcript.close_open_calls()
        self._context.emit(end)
        self.cancel.close()
        self._on_end()

    def _work(self) -> str | None:
        """Run turns until the model calls no tool and no input waits; return its last text."""
        last_message = None
        waiting = self._begin()
        has_calls = False
        while True:
            for item in waiting:
                self._record(item)
            if not (has_calls or has_input(waiting)):
                return last_message
            result = run_turn(self._context)
            last_message = result.last_message or last_message
            has_calls = result.has_calls
            waiting = self.queue.take() if has_calls else self.queue.take_or_close()

    def _begin(self) -> tuple[QueuedInput | Note, ...]:
        """Return the task's first input.

        If that is a user command, run it; return its note and the input that came meanwhile. If no
        input came, close the queue. Raises: Interrupted.
        """
        if isinstance(self._first, QueuedInput):
            return (self._first,)
        from codex.core.tools.shell_call import user_command

        note = Note(user_command(self._context, self.id, self._first.text))
        if self.cancel.is_set():
            self._record(note)
            raise Interrupted
        return (note, *self.queue.take_or_close())

    def _record(self, queued: QueuedInput | Note) -> None:
        if isinstance(queued, Note):
            self._context.session.transcript.record([queued.message])
            return
        message = self._message(queued.items)
        if message.text:
            self._texts.append(message.text)
        self._context.session.transcript.record([message])
        images = sum(isinstance(part, ImagePart) for part in message.content)
        self._context.emit(UserMessage(message.text, images))

    def _message(self, items: tuple[UserItem, ...]) -> Message:
        """Build one user message from the items; an image that cannot be read becomes a text."""
        from codex.core.tools.view_image import image_url

        parts: list[ContentPart] = []
        for item in items:
            match item:
                case UserText(text):
                    parts.append(TextPart(text))
                case UserImage(url):
                    parts.append(ImagePart(url))
                case UserImageFile(path):
                    try:
                        absolute = os.path.join(self._context.setup.config.cwd, path)
                        parts.append(ImagePart(image_url(absolute)))
                    except CodexError as error:
                        self._context.emit(Warning(str(error)))
                        parts.append(TextPart(f"[{error.message}]"))
        return Message("user", tuple(parts))
