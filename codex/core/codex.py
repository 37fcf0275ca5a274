"""Codex: the engine as a front end sees it, and the session thread behind it.

A front end submits Ops and receives Events through the callable that it passed; it knows nothing
else of the engine. The thread `codex-session` handles submissions in order, and must not block on
the network or a command. Interrupts and history requests overtake submissions that wait for the
task's end.
"""

from __future__ import annotations

import logging
import os
import threading
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, NamedTuple, assert_never

from codex.base.errors import CodexError
from codex.core.approvals import Answer
from codex.core.errands import CommandEnded, ErrandResult, Errands, ModelsListed
from codex.core.instructions import combine_user_text, describe_sandbox
from codex.core.project_doc import collect
from codex.core.safety.rule_files import find_rule_files
from codex.core.session import Session
from codex.core.setup import make_setup, reconfigured
from codex.core.task import Note, QueuedInput, Task, UserCommand
from codex.message_history.messages import HistoryOp, HistoryState
from codex.message_history.requests import MessageHistory
from codex.protocol.events import Error, Event, SessionConfigured, ShutdownComplete, Warning
from codex.protocol.ops import (
    ConfigureSession,
    ElicitationAnswer,
    Interrupt,
    ListMcpTools,
    ListModels,
    Op,
    QuestionAnswer,
    ReloadHistory,
    RunUserShellCommand,
    SessionOp,
    Shutdown,
    Submission,
    UserInput,
)
from codex.protocol.policy import ReviewDecision
from codex.protocol.replies import ListMcpToolsResponse
from codex.rollout.session_id import new_session_id
from codex.rollout.writer import open_rollout

if TYPE_CHECKING:
    from collections.abc import Callable

    from codex.base.host import Host
    from codex.config.types import Config
    from codex.core.setup import Setup
    from codex.rollout.resume import Resumed

logger = logging.getLogger(__name__)

START_ID = "0"
"""Id of the events that no submission caused, such as the session's first `session_configured`."""

HISTORY_PATIENCE_S = 0.5
"""Longest wait for the state of the message history; to read a million lines takes 0.1 s."""


class TaskEnded(NamedTuple):
    """Message from the running task to the session thread: the task is over."""


class Codex:
    """One engine: one session, at most one running task."""

    def __init__(
        self,
        config: Config,
        host: Host,
        put: Callable[[Event], None],
        *,
        source: str = "cli",
        resumed: Resumed | None = None,
    ) -> None:
        """Start the session thread, whose first event is `session_configured`.

        For a resumed session, warnings may come before it. If the session cannot start, an `error`
        event with the id START_ID comes in its place.

        Args: put: receives each event; the engine's threads call it. source: name of the front end
            for the session's file: `cli`, `exec`, `proto` or `mcp`. resumed: the conversation to
            continue, from rollout/resume.py.
        """
        self._config = config
        self._source = source
        self._resumed = resumed
        self._session_id = new_session_id(host.clock()) if resumed is None else resumed.session_id
        self._host = host
        self._put = put
        self._messages: SimpleQueue[Submission | TaskEnded | ErrandResult] = SimpleQueue()
        self._id_lock = threading.Lock()
        self._last_id = int(START_ID)
        self._session: Session | None = None
        self._task: Task | None = None
        self._deferred: list[Submission] = []
        self._late_notes: list[Note] = []
        self._errands = Errands(self._messages.put)
        self._history = MessageHistory(config.codex_home, config.history, clock=host.clock, put=put)
        self._thread = threading.Thread(target=self._run, name="codex-session", daemon=True)
        self._thread.start()

    def submit(self, op: Op) -> str:
        """Submit an Op; return the id that its events will carry.

        Input that joins a running task has no events under this id, only under the task's.
        """
        with self._id_lock:
            self._last_id += 1
            submission_id = str(self._last_id)
        self.submit_with_id(Submission(submission_id, op))
        return submission_id

    def submit_with_id(self, submission: Submission) -> None:
        """Submit an Op under an id of the caller's choice."""
        self._messages.put(submission)

    def close(self, timeout_s: float | None = None) -> None:
        """End the running task, its processes and the engine, and wait for their end.

        Args: timeout_s: the longest wait in seconds; None waits without a limit.
        """
        if self._thread.is_alive():
            self.submit(Shutdown())
            self._thread.join(timeout_s)

    # The methods below run in the session thread.

    def _run(self) -> None:
        self._reported(START_ID, self._start)
        end_id: str | None = None
        waits_for_task = False
        while end_id is None or (waits_for_task and self._task is not None):
            message = self._messages.get()
            if isinstance(message, TaskEnded):
                self._task = None
                self._take_late_notes()
                self._take_deferred()
            elif isinstance(message, CommandEnded | ModelsListed):
                self._take_result(message)
            elif isinstance(message.op, Shutdown):
                end_id, waits_for_task = message.id, message.op.after_task
            elif self._deferred and not isinstance(message.op, Interrupt | HistoryOp):
                self._deferred.append(message)
            else:
                self._take(message)
        self._finish(end_id)

    def _take(self, submission: Submission) -> None:
        self._reported(submission.id, lambda: self._handle(submission))

    def _take_deferred(self) -> None:
        """Handle the submissions that waited for the task's end, until one has to wait again."""
        waiting, self._deferred = self._deferred, []
        for submission in waiting:
            if self._deferred:
                self._deferred.append(submission)
            else:
                self._take(submission)

    def _take_late_notes(self) -> None:
        """Record the notes that came after the ended task had closed its queue."""
        notes, self._late_notes = self._late_notes, []
        if self._session is not None:
            self._session.transcript.record(note.message for note in notes)

    def _reported(self, event_id: str, action: Callable[[], None]) -> None:
        """Run `action`; if it fails, emit an Error event under `event_id` instead of raising."""
        try:
            action()
        except CodexError as error:
            self._put(Event(event_id, Error(str(error))))
        except Exception as error:
            logger.debug("submission %s failed", event_id, exc_info=True)
            text = f"internal error: {type(error).__name__}: {error}"
            self._put(Event(event_id, Error(text, kind="internal")))

    def _handle(self, submission: Submission) -> None:
        op = submission.op
        if isinstance(op, ConfigureSession):
            self._reconfigure(submission, op)
            return
        if isinstance(op, HistoryOp):
            self._history.take(submission.id, self._session_id, op)
            return
        session = self._session
        if session is None:
            raise CodexError("the session is not configured: send configure_session first")
        self._handle_in(session, submission, op)

    def _handle_in(self, session: Session, submission: Submission, op: SessionOp) -> None:
        if isinstance(op, QuestionAnswer):
            self._take_answer(session, op)
            return
        match op:
            case UserInput(items):
                self._take_input(session, submission, QueuedInput(submission.id, items))
            case Interrupt():
                self._interrupt()
            case RunUserShellCommand(text):
                self._take_command(session, submission.id, text)
            case ListModels() | ListMcpTools():
                self._list(session, submission.id, op)
            case Shutdown():
                pass  # _run has handled it: it ends the loop there.
            case _:
                assert_never(op)

    def _take_input(self, session: Session, submission: Submission, item: QueuedInput) -> None:
        if not item.items:
            raise CodexError("the input is empty: send at least one item")
        if self._task is None:
            self._start_task(session, item)
        elif not self._task.queue.offer(item):
            self._deferred.append(submission)

    def _start_task(self, session: Session, first: QueuedInput | UserCommand) -> None:
        self._task = Task(session, first, on_end=lambda: self._messages.put(TaskEnded()))
        self._task.start()

    def _list(self, session: Session, submission_id: str, op: ListModels | ListMcpTools) -> None:
        if isinstance(op, ListModels):
            self._errands.list_models(session.setup, submission_id)
            return
        servers = session.mcp.status() if session.mcp is not None else ()
        session.emit(submission_id, ListMcpToolsResponse(servers))

    def _interrupt(self) -> None:
        self._errands.interrupt()
        if self._task is not None:
            self._task.cancel.set()

    def _take_command(self, session: Session, submission_id: str, text: str) -> None:
        if not text.strip():
            raise CodexError("the command is empty")
        if self._task is None:
            self._start_task(session, UserCommand(submission_id, text))
        else:
            self._errands.run_command(session, submission_id, text)

    def _take_result(self, result: ErrandResult) -> None:
        """Handle the result of an errand. Errands need a session, so there is one."""
        session = self._session
        assert session is not None
        match result:
            case CommandEnded(note):
                if self._task is None:
                    session.transcript.record([note.message])
                elif not self._task.queue.offer(note):
                    self._late_notes.append(note)
            case ModelsListed(submission_id, response):
                session.windows |= {model.id: model.context_window for model in response.models}
                session.emit(submission_id, response)

    def _take_answer(self, session: Session, op: QuestionAnswer) -> None:
        if isinstance(op, ElicitationAnswer):
            self._take_elicitation(session, op)
            return
        answer = Answer(op.decision, op.feedback)
        if session.approvals.answer(type(op), op.id, answer):
            return
        if op.decision is ReviewDecision.ABORT and self._task is not None:
            self._task.cancel.set()
            return
        raise CodexError(f"no approval request '{op.id}' is waiting for an answer")

    def _take_elicitation(self, session: Session, op: ElicitationAnswer) -> None:
        if session.elicitations is None:
            raise CodexError(
                f"no question '{op.id}' is waiting for an answer: no MCP server is configured"
            )
        session.elicitations.answer(op)

    def _start(self) -> None:
        history = self._history.describe(START_ID)
        user_text, warnings = self._user_text()
        self._open(START_ID, make_setup(self._config, self._host, user_text), history)
        for warning in (*warnings, *(self._resumed.warnings if self._resumed else ())):
            self._warn(warning)

    def _user_text(self) -> tuple[str | None, tuple[str, ...]]:
        """Collect the user's instructions and project documents; return them and the warnings."""
        config = self._config
        docs = collect(
            config.codex_home,
            config.cwd,
            config.project_doc_max_bytes,
            config.project_doc_fallback_filenames,
            root_markers=config.project_root_markers,
        )
        return combine_user_text(config.instructions, docs.text), docs.warnings

    def _open(self, event_id: str, setup: Setup, history: SimpleQueue[HistoryState]) -> None:
        """Create and announce the session, load the user's rules, and start the MCP servers."""
        rollout = open_rollout(
            setup.config,
            self._host,
            session_id=self._session_id,
            source=self._source,
            instructions=setup.instructions,
            resumed=self._resumed,
            warn=self._warn,
        )
        self._session = session = Session(
            session_id=self._session_id,
            setup=setup,
            put=self._put,
            rollout=rollout,
            resumed=self._resumed,
        )
        self._announce(event_id, session, history)
        self._load_rules(session)
        if setup.config.mcp_servers:
            from codex.core.servers import start_servers

            start_servers(session, START_ID)

    def _load_rules(self, session: Session) -> None:
        """Read the user's rule files. Later changes to them apply to later sessions only."""
        paths, failures = find_rule_files(session.setup.config.codex_home)
        if not (paths or failures):
            return
        from codex.core.safety.rules import load_rules

        session.rules = load_rules(paths, failures)
        for failure in session.rules.failures:
            advice = "Until it is fixed, every command needs approval or is rejected"
            self._warn(f"{failure}\n{advice}")

    def _announce(
        self, event_id: str, session: Session, history: SimpleQueue[HistoryState]
    ) -> None:
        """Emit `session_configured` with the settings in force."""
        setup = session.setup
        log_id, entry_count = self._history_state(event_id, history)
        session.emit(
            event_id,
            SessionConfigured(
                session_id=session.session_id,
                model=setup.config.model.model,
                cwd=setup.config.cwd,
                provider=setup.config.provider.name,
                approval_policy=setup.config.approval_policy.value,
                sandbox=describe_sandbox(setup.config.sandbox_policy, setup.roots),
                history_log_id=log_id,
                history_entry_count=entry_count,
                rollout_path=session.rollout.path,
                name=None if self._resumed is None else self._resumed.name,
            ),
        )
        self._history.described(event_id)

    def _history_state(self, event_id: str, answers: SimpleQueue[HistoryState]) -> HistoryState:
        """Return the history's state, or an empty one if it is late: `history_reloaded` follows."""
        try:
            return answers.get(timeout=HISTORY_PATIENCE_S)
        except Empty:
            self._history.take(event_id, self._session_id, ReloadHistory())
            return HistoryState()

    def _warn(self, message: str) -> None:
        self._put(Event(START_ID, Warning(message)))

    def _reconfigure(self, submission: Submission, op: ConfigureSession) -> None:
        if not os.path.isabs(op.cwd):
            raise CodexError(f"cannot configure the session: cwd '{op.cwd}' is not absolute")
        if self._task is not None:
            self._task.cancel.set()
            self._deferred.append(submission)
            return
        session = self._session
        history = self._history.describe(submission.id)
        if session is None:
            user_text = self._user_text()[0] if op.instructions is None else op.instructions
            setup = make_setup(reconfigured(self._config, op, {}), self._host, user_text)
            self._open(submission.id, setup, history)
            return
        before = session.setup
        user_text = before.user_text if op.instructions is None else op.instructions
        config = reconfigured(before.config, op, session.windows)
        session.change_setup(make_setup(config, self._host, user_text))
        self._announce(submission.id, session, history)

    def _finish(self, event_id: str) -> None:
        """End the running task, then the errands, the session and the message history."""
        if self._task is not None:
            self._task.cancel.set()
            while not isinstance(self._messages.get(), TaskEnded):
                pass
        self._errands.close()
        if self._session is not None:
            self._session.close()
        self._history.close()
        self._put(Event(event_id, ShutdownComplete()))
