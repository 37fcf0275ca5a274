"""The front end for programs: submissions as JSON lines on stdin, events as JSON lines on stdout.

spec/protocol.md, section 8, without its gaps: a line that is no submission is answered by an
`error` event; the end of the input lets the running task finish and then ends the program, status
0. A stop signal aborts the task first; the events of that still come, and the status is that of the
signal (130 for Control-C). Nothing but events is written to stdout.
"""

from __future__ import annotations

from queue import SimpleQueue
from typing import TYPE_CHECKING, Protocol, cast

from codex.errors import CodexError, ExitStatus
from codex.lines import EndOfInput, Line, start_reading
from codex.protocol.events import (
    ApplyPatchApprovalRequest,
    Error,
    Event,
    ExecApprovalRequest,
    ShutdownComplete,
)
from codex.protocol.ops import ExecApproval, PatchApproval, Shutdown, Submission
from codex.protocol.policy import ReviewDecision
from codex.protocol.wire import SubmissionError, decode_submission, encode_event
from codex.signals import StopSignal, die_by, let_signals_kill, stop_signals_to

if TYPE_CHECKING:
    from typing import TextIO

    from codex.config.types import Config
    from codex.host import Host

OWN_ID = ""
"""Of the submissions that no line of the client made."""


Inbox = SimpleQueue[Event | StopSignal | Line | EndOfInput]


class Engine(Protocol):
    """What this front end needs of core's Codex."""

    def submit_with_id(self, submission: Submission) -> None:
        """Put an Op in under an id of the caller's choice."""


def run(host: Host, config: Config) -> int:
    """Serve one client; the exit status. SIGTERM and SIGHUP end the process, after cleaning up.

    Raises: CodexError, when standard input is a terminal.
    """
    if host.stdin.isatty():
        raise CodexError(
            "codex proto reads JSON lines from a program, but standard input is a terminal",
            advice="For a person: codex exec 'PROMPT'",
        )
    for warning in config.warnings:
        host.stderr.write(f"warning: {warning}\n")
    host.stderr.flush()
    from codex.core.codex import Codex

    inbox: Inbox = SimpleQueue()
    with stop_signals_to(inbox.put):
        codex = Codex(config, host, cast("SimpleQueue[Event]", inbox), source="proto")
        start_reading(host.stdin.fileno(), inbox.put)
        try:
            stopped_by = Conversation(codex, host.stdout).until_end(inbox)
        except BrokenPipeError:
            host.abandon_output()
            return ExitStatus.FAILED
        finally:
            codex.close()
    if stopped_by is None:
        return ExitStatus.DONE
    if not stopped_by.is_from_keyboard:
        die_by(stopped_by.number)
    return ExitStatus.INTERRUPTED


class Conversation:
    """One client's lines in, the engine's events out."""

    def __init__(self, engine: Engine, output: TextIO) -> None:
        self._engine = engine
        self._output = output
        self._question: ExecApprovalRequest | ApplyPatchApprovalRequest | None = None
        self._is_input_over = False

    def until_end(self, inbox: Inbox) -> StopSignal | None:
        """Serve until the engine is shut down; the signal that asked for it, if one did."""
        stopped_by: StopSignal | None = None
        while True:
            match inbox.get():
                case Line(data):
                    self._take(data)
                case EndOfInput():
                    self._is_input_over = True
                    self._refuse_question()
                    self._submit(Shutdown(after_task=True))
                case StopSignal() as signal:
                    stopped_by = signal
                    let_signals_kill()
                    self._submit(Shutdown())
                case Event() as event:
                    self._write(event)
                    if isinstance(event.msg, ShutdownComplete):
                        return stopped_by

    def _take(self, line: bytes) -> None:
        try:
            submission = decode_submission(line)
        except SubmissionError as error:
            refusal = Error(str(error), kind="bad_submission")
            self._write(Event(error.submission_id, refusal))
            return
        if isinstance(submission.op, ExecApproval | PatchApproval):
            self._question = None
        self._engine.submit_with_id(submission)

    def _write(self, event: Event) -> None:
        self._output.write(encode_event(event).decode() + "\n")
        self._output.flush()
        if isinstance(event.msg, ExecApprovalRequest | ApplyPatchApprovalRequest):
            self._question = event.msg
            if self._is_input_over:
                self._refuse_question()

    def _refuse_question(self) -> None:
        """Answer no in the name of a client that cannot answer any more."""
        match self._question:
            case ExecApprovalRequest(call_id=call_id):
                self._submit(ExecApproval(call_id, ReviewDecision.DENIED))
            case ApplyPatchApprovalRequest(call_id=call_id):
                self._submit(PatchApproval(call_id, ReviewDecision.DENIED))
            case None:
                pass
        self._question = None

    def _submit(self, op: Shutdown | ExecApproval | PatchApproval) -> None:
        self._engine.submit_with_id(Submission(OWN_ID, op))
