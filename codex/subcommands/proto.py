"""The front end for programs: submissions as JSON lines on stdin, events as JSON lines on stdout.

An `error` event answers a line that is not a submission. At the end of stdin the open questions are
denied and the running task finishes, then the program exits with status 0. A stop signal aborts the
task; the task's last events are still written, then Control-C exits with status 130, and any other
stop signal ends the process by that signal. Only events are written to stdout.
"""

from __future__ import annotations

from queue import SimpleQueue
from typing import TYPE_CHECKING

from codex.base.errors import CodexError, ExitStatus
from codex.base.lines import EndOfInput, InputLine, start_reading
from codex.base.signals import StopSignal, die_by, let_signals_kill
from codex.protocol.events import (
    Error,
    Event,
    ShutdownComplete,
)
from codex.protocol.ops import Op, Shutdown, Submission
from codex.protocol.questions import Question, answer_to
from codex.protocol.wire import SubmissionError, decode_submission, encode_event

if TYPE_CHECKING:
    from typing import TextIO

    from codex.base.host import Host
    from codex.config.types import Config
    from codex.core.engine import Submits
    from codex.protocol.ops import QuestionAnswer

OWN_ID = ""
"""Id of the submissions that this front end makes itself, not the client."""


ProtoInbox = SimpleQueue[Event | StopSignal | InputLine | EndOfInput]


def run(host: Host, config: Config) -> int:
    """Serve one client; return the exit status.

    SIGTERM, SIGHUP and SIGQUIT end the process by that signal, after clean-up.

    Raises: CodexError, if standard input is a terminal.
    """
    if host.stdin.isatty():
        raise CodexError(
            "codex proto reads JSON lines from a program, but standard input is a terminal",
            advice="To run one prompt: codex exec 'PROMPT'",
        )
    for warning in config.warnings:
        host.stderr.write(f"warning: {warning}\n")
    host.stderr.flush()
    from codex.core.engine import running

    inbox: ProtoInbox = SimpleQueue()
    with running(config, host, inbox.put, source="proto") as engine:
        start_reading(host.stdin.fileno(), inbox.put)
        try:
            stopped_by = ProtoClient(engine, host.stdout).until_end(inbox)
        except BrokenPipeError:
            host.abandon_output()
            return ExitStatus.FAILED
    if stopped_by is None:
        return ExitStatus.DONE
    if not stopped_by.is_from_keyboard:
        die_by(stopped_by.number)
    return ExitStatus.INTERRUPTED


class ProtoClient:
    """Passes the client's submissions to the engine, and the engine's events to the client."""

    def __init__(self, engine: Submits, output: TextIO) -> None:
        self._engine = engine
        self._output = output
        self._refusals: list[tuple[str, QuestionAnswer]] = []
        """For each open question, the id of its event and the answer that denies it."""
        self._is_input_over = False

    def until_end(self, inbox: ProtoInbox) -> StopSignal | None:
        """Serve until the engine has shut down; return the last stop signal, None if none came."""
        stopped_by: StopSignal | None = None
        while True:
            match inbox.get():
                case InputLine(data):
                    self._submit_line(data)
                case EndOfInput():
                    self._is_input_over = True
                    self._refuse_questions()
                    self._submit(Shutdown(after_task=True))
                case StopSignal() as signal:
                    stopped_by = signal
                    let_signals_kill()
                    self._submit(Shutdown())
                case Event() as event:
                    self._write(event)
                    if isinstance(event.msg, ShutdownComplete):
                        return stopped_by

    def _submit_line(self, line: bytes) -> None:
        try:
            submission = decode_submission(line)
        except SubmissionError as error:
            refusal = Error(str(error), kind="bad_submission")
            self._write(Event(error.submission_id, refusal))
            return
        self._forget_question(submission.op)
        self._engine.submit_with_id(submission)

    def _write(self, event: Event) -> None:
        self._output.write(encode_event(event).decode() + "\n")
        self._output.flush()
        if isinstance(event.msg, Question):
            self._refusals.append((event.id, answer_to(event.msg)))
            if self._is_input_over:
                self._refuse_questions()

    def _refuse_questions(self) -> None:
        """Deny the open questions, which the client can no longer answer."""
        refusals, self._refusals = self._refusals, []
        for _, refusal in refusals:
            self._submit(refusal)

    def _forget_question(self, op: Op) -> None:
        """Forget the question that `op` answers: `op.id` is the id of its event or of its call."""
        self._refusals = [
            (event_id, refusal)
            for event_id, refusal in self._refusals
            if type(refusal) is not type(op) or getattr(op, "id", "") not in (event_id, refusal.id)
        ]

    def _submit(self, op: Op) -> None:
        self._engine.submit_with_id(Submission(OWN_ID, op))
