"""Conversation: the exchange between the user and the engine, independent of the screen.

Owns the engine, the view's state (`Chat`), the drafts that wait to be sent and the requests that
wait for an answer. `close` blocks, so it runs after the event loop; every other method runs in the
loop, but `is_busy` is read in other threads too. Must not draw or read keys.
"""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Protocol

import msgspec

from codex.protocol import events as ev
from codex.protocol.ops import (
    ConfigureSession,
    Interrupt,
    ListModels,
    RunUserShellCommand,
    UserImageFile,
    UserInput,
    UserText,
)
from codex.protocol.policy import ReviewDecision
from codex.protocol.questions import Question, answer_to
from codex.protocol.replies import ListModelsResponse
from codex.tui.composer.composer import HistoryMsg
from codex.tui.composer.draft import Draft
from codex.tui.dialogs.approval import Asked, Given
from codex.tui.engine import BackgroundEngine
from codex.tui.terminal.notifications import APPROVAL_REQUESTED, TURN_COMPLETE

if TYPE_CHECKING:
    from collections.abc import Callable

    from codex.config.types import Config
    from codex.protocol.ops import Op
    from codex.rollout.resume import Resumed
    from codex.tui.transcript.chat import Chat

    OpenEngine = Callable[[Config, Callable[[ev.Event], None], Resumed | None], BackgroundEngine]

CLOSE_S = 10.0
"""Seconds that an engine may take to end its processes before the program quits anyway."""


class ConversationView(Protocol):
    """The methods of the application that the conversation calls."""

    def redraw(self) -> None:
        """Ask for a new frame."""

    def show_waiting(self) -> None:
        """Show the oldest request that waits for an answer; hide the dialog if none waits."""

    def follow(self) -> None:
        """Show the end of the transcript: the user has sent something."""

    def notify(self, kind: str, text: str) -> None:
        """Notify the user, who may be looking at another window.

        Args: kind: TURN_COMPLETE or APPROVAL_REQUESTED.
        """

    def history(self, msg: HistoryMsg) -> None:
        """Handle an event about the message history."""

    def models(self, msg: ListModelsResponse) -> None:
        """Handle the provider's list of models."""

    def ready(self) -> None:
        """React to the first session's start."""


class Conversation:
    """The sessions of one run of the program, one after the other."""

    def __init__(
        self,
        config: Config,
        chat: Chat,
        view: ConversationView,
        open_engine: OpenEngine,
        resumed: Resumed | None = None,
    ) -> None:
        """Make a conversation without an engine; `start` starts one.

        Args: open_engine: makes an engine and starts it. resumed: the session to resume; None for
            a new session.
        """
        self._resumed = resumed
        self.config = config
        self.chat = chat
        self._view = view
        self._open_engine = open_engine
        self._engine: BackgroundEngine | None = None
        self._closing: list[threading.Thread] = []
        self.queue: list[Draft] = []
        """Drafts to send, oldest first: one whenever a task completes."""
        self.requests: list[Asked] = []
        """Requests that wait for an answer, oldest first."""
        self.is_paused = False
        """Whether queued drafts wait for the user to send them: the last task was stopped or
        failed, or the session could not start."""
        self._is_ready = False
        self._settings_waiting: ConfigureSession | None = None
        self._wants_window = True

    @property
    def is_busy(self) -> bool:
        """Whether a task runs, or a prompt was sent that the model has not read yet."""
        return self.chat.is_running or bool(self.chat.queued)

    # The engine.

    def start(self) -> None:
        """Start an engine for a new session or for the session to resume."""
        self._engine = self._open_engine(self.config, self._take, self._resumed)

    def restart(self, resumed: Resumed | None = None) -> None:
        """Begin another session; the present one ends in the background.

        Unanswered requests are dropped; queued drafts stay.

        Args: resumed: the session to resume, with its model; None for a new session.
        """
        old, self._engine = self._engine, None
        if old is not None:
            thread = threading.Thread(target=old.close, args=(CLOSE_S,), name="codex-close")
            thread.daemon = True
            thread.start()
            self._closing.append(thread)
        self.requests.clear()
        self._view.show_waiting()
        self.is_paused = False
        self._settings_waiting = None
        self._wants_window = True
        self.chat.session = self.chat.usage = None
        self._resumed = resumed
        if resumed is not None and resumed.model:
            self.config = with_model(self.config, resumed.model)
        self.start()

    def close(self) -> None:
        """End the engines and processes of all sessions; wait up to CLOSE_S for each engine."""
        if self._engine is not None:
            self._engine.close(CLOSE_S)
        for thread in self._closing:
            thread.join(CLOSE_S)

    def send(self, op: Op) -> None:
        """Submit an Op to the engine, if there is one."""
        if self._engine is not None:
            self._engine.submit(op)

    # What the user does.

    def submit(self, draft: Draft) -> None:
        """Send the user's message or `!` command, or queue it if `draft.mode` is `queue`."""
        if draft.mode == "queue":
            self.queue.append(draft)
        else:
            self._send_draft(draft)
        self._view.follow()

    def send_next(self) -> None:
        """Send the oldest queued draft, if there is one."""
        if self.queue:
            self._send_draft(self.queue.pop(0))
            self._view.follow()

    def take_back(self) -> Draft | None:
        """Remove the newest draft from the queue and return it; None if the queue is empty."""
        draft = self.queue.pop() if self.queue else None
        self._view.redraw()
        return draft

    def interrupt(self) -> None:
        """Ask the engine to stop the running task, and the commands and requests beside it."""
        self.send(Interrupt())

    def answer(self, asked: Asked, given: Given) -> None:
        """Send the user's answer to a request; ignore it if the request no longer waits."""
        if asked not in self.requests:
            return
        self.requests.remove(asked)
        request, choice = asked.request, given.choice
        decision = choice.decision or ReviewDecision.DENIED
        self.send(
            answer_to(
                request, decision, given.feedback, action=choice.action, content=given.content
            )
        )
        if isinstance(request, ev.ApprovalRequest):
            self.chat.calls.decided(request.call_id, decision)
        self._view.show_waiting()

    def configure(self, config: Config) -> None:
        """Change `config` now, but the engine only when no task runs: the change would stop one."""
        op = ConfigureSession(
            provider=config.provider,
            model=config.model.model,
            approval_policy=config.approval_policy,
            sandbox_policy=config.sandbox_policy,
            cwd=config.cwd,
            disable_response_storage=config.disable_response_storage,
            notify=config.notify or None,
        )
        self.config = config
        if self.is_busy:
            self._settings_waiting = op
            self.chat.notice("The new settings take effect when the task has ended.")
        else:
            self.send(op)
        self._view.redraw()

    def _send_draft(self, draft: Draft) -> None:
        self.is_paused = False
        if draft.is_shell:
            self.send(RunUserShellCommand(draft.text))
            return
        self.chat.user_prompt(draft.text, [os.path.basename(path) for path in draft.images])
        text = (UserText(draft.text),) if draft.text else ()
        self.send(UserInput((*text, *(UserImageFile(path) for path in draft.images))))

    # What the engine says.

    def _take(self, event: ev.Event) -> None:
        msg = event.msg
        is_end = isinstance(msg, ev.TaskComplete | ev.TurnAborted) or (
            isinstance(msg, ev.Error) and self.chat.is_task(event.id)
        )
        self.chat.handle(msg, event.id)
        if isinstance(msg, ev.SessionConfigured):
            self._replay()
        if isinstance(msg, HistoryMsg):
            self._view.history(msg)
        if isinstance(msg, Question):
            self.requests.append(Asked(event.id, msg))
            self._view.show_waiting()
            self._view.notify(APPROVAL_REQUESTED, "codex waits for your answer")
        elif isinstance(msg, ListModelsResponse):
            self._view.models(msg)
        elif isinstance(msg, ev.SessionConfigured) and not self._is_ready:
            self._is_ready = True
            self._view.ready()
        elif isinstance(msg, ev.TokenCount):
            self._learn_window(msg)
        elif is_end:
            self._ended(event)
        elif isinstance(msg, ev.Error) and self.chat.session is None:
            self._refused()
        self._view.redraw()

    def _replay(self) -> None:
        """Show the transcript of a resumed session, below the session's header."""
        from codex.core.replay import replay

        resumed, self._resumed = self._resumed, None
        if resumed is None:
            return
        for msg in replay(resumed):
            if not isinstance(msg, ev.TaskStarted | HistoryMsg):
                self.chat.handle(msg, "")
        for warning in resumed.warnings:
            self.chat.warn(warning)

    def _refused(self) -> None:
        """Move the prompts that were sent back into the queue: the session could not start."""
        for cell in self.chat.queued:
            self.chat.withdraw(cell)
            self.queue.append(Draft(cell.message))
        self.is_paused = True

    def _learn_window(self, msg: ev.TokenCount) -> None:
        """Ask the server for the model's context window if it is unknown, once per session."""
        if msg.context_window is None and self._wants_window:
            self._wants_window = False
            self.send(ListModels())

    def _ended(self, event: ev.Event) -> None:
        before = len(self.requests)
        self.requests = [asked for asked in self.requests if asked.event_id != event.id]
        if len(self.requests) != before:
            self._view.show_waiting()
        if self._settings_waiting is not None:
            self.send(self._settings_waiting)
            self._settings_waiting = None
        if isinstance(event.msg, ev.TaskComplete):
            self._view.notify(TURN_COMPLETE, event.msg.last_agent_message or "codex is done")
            self.send_next()
        else:
            self._view.notify(TURN_COMPLETE, "codex stopped before it was done")
            self.is_paused = True


def with_model(config: Config, model: str) -> Config:
    """Return the settings with another model name; the provider and all other settings stay."""
    return msgspec.structs.replace(config, model=msgspec.structs.replace(config.model, model=model))
