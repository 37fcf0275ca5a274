"""The headless front end: it works on one prompt until the task ends, and returns an exit status.

It cannot ask for approval, so the approval policy is always `never`. The main thread waits on one
queue for the engine's events and for signals: the first Control-C interrupts the task, any other
stop signal ends the program.
"""

from __future__ import annotations

import os
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

import msgspec

from codex.base.errors import CodexError, ExitStatus, Interrupted
from codex.base.git import repository_root
from codex.base.signals import StopSignal, die_by
from codex.config.types import NO_HISTORY
from codex.exec.console import Console
from codex.exec.stdin import read_prompt
from codex.protocol.events import (
    Error,
    Event,
    SessionConfigured,
    TaskComplete,
    TurnAborted,
)
from codex.protocol.ops import Interrupt, UserImage, UserInput, UserText
from codex.protocol.policy import AskForApproval
from codex.protocol.questions import Question, answer_to

if TYPE_CHECKING:
    from codex.base.host import Host
    from codex.config.types import Config
    from codex.core.engine import Submits
    from codex.exec.options import ExecOptions
    from codex.rollout.resume import Resumed

ExecInbox = SimpleQueue[Event | StopSignal]
End = ExitStatus | StopSignal


def run(host: Host, config: Config, options: ExecOptions, resumed: Resumed | None = None) -> int:
    """Work on one prompt; return the exit status. A signal such as SIGTERM ends the process.

    Args: resumed: the session to continue; None begins a new one.
    Raises: CodexError, if something is wrong before the work begins, or if output cannot be written
        at any time; its subclass Interrupted, on Control-C before or after the engine runs.
    """
    end = work(host, config, options, resumed)
    if not isinstance(end, StopSignal):
        return end
    if not end.is_from_keyboard:
        die_by(end.number)
    return ExitStatus.INTERRUPTED


def work(host: Host, config: Config, options: ExecOptions, resumed: Resumed | None = None) -> End:
    """Work on one prompt; return the exit status, or the stop signal that ended the work.

    Args: resumed: the session to continue; None begins a new one.
    Raises: CodexError, if something is wrong before the work begins, or if output cannot be written
        at any time; its subclass Interrupted, on Control-C before or after the engine runs.
    """
    console = Console(host, options.color)
    try:
        for warning in config.warnings:
            console.warn(warning)
        task = HeadlessTask(console, _prepare(host, config, options))
        end = _run_engine(host, config, task, resumed)
        if isinstance(end, StopSignal):
            return end
        console.answer(task.answer)
        if task.rollout_path is not None and os.path.exists(task.rollout_path):
            console.hint(f"to resume: codex exec resume {task.session_id}")
        if options.output_last_message is not None:
            _save_answer(host, options.output_last_message, task.answer, console)
    except BrokenPipeError:
        return ExitStatus.FAILED
    except KeyboardInterrupt:  # Control-C before signals go to the queue.
        raise Interrupted from None
    return end


def _run_engine(host: Host, config: Config, task: HeadlessTask, resumed: Resumed | None) -> End:
    """Run the engine for one task; return its end once everything the engine started is over."""
    from codex.core.engine import running

    inbox: ExecInbox = SimpleQueue()
    config = msgspec.structs.replace(
        config, approval_policy=AskForApproval.NEVER, history=NO_HISTORY
    )
    with running(config, host, inbox.put, source="exec", resumed=resumed) as engine:
        return task.until_end(engine, inbox)


class HeadlessTask:
    """One task from its submission to its end."""

    def __init__(self, console: Console, user_input: UserInput) -> None:
        self._console = console
        self._user_input = user_input
        self._id: str | None = None
        self._is_interrupted = False
        self.answer: str | None = None
        """Last message of the model; None before the task has completed, or if it has none."""
        self.session_id = ""
        self.rollout_path: str | None = None
        """Path of the session's file, which may not exist; None if the session is not recorded."""

    def until_end(self, engine: Submits, inbox: ExecInbox) -> End:
        """Show events and obey signals until the task ends; return its status or the stop signal.

        Once the task is submitted, the first Control-C only interrupts it.
        """
        while True:
            try:
                message = inbox.get(timeout=self._console.patience_s)
            except Empty:
                self._console.idle()
                continue
            if isinstance(message, StopSignal):
                end: End | None = self._stop(engine, message)
            else:
                self._console.show(message.msg)
                end = self._advance(engine, message)
            if end is not None:
                return end

    def _stop(self, engine: Submits, signal: StopSignal) -> End | None:
        if self._id is None or self._is_interrupted or not signal.is_from_keyboard:
            return signal
        self._is_interrupted = True
        engine.submit(Interrupt())
        return None

    def _advance(self, engine: Submits, event: Event) -> End | None:
        match event.msg:
            case SessionConfigured() if self._id is None:
                self.session_id, self.rollout_path = event.msg.session_id, event.msg.rollout_path
                self._id = engine.submit(self._user_input)
            case Error() if self._id in (None, event.id):
                return ExitStatus.FAILED
            case TaskComplete(last_agent_message) if event.id == self._id:
                self.answer = last_agent_message
                return ExitStatus.DONE
            case TurnAborted() if event.id == self._id:
                return ExitStatus.INTERRUPTED
            # `never` should ask nothing. But a question left unanswered would block for ever.
            case msg if isinstance(msg, Question):
                engine.submit(answer_to(msg))
            case _:
                pass
        return None


def _prepare(host: Host, config: Config, options: ExecOptions) -> UserInput:
    """Check the arguments before the engine starts; return the input with the prompt and images."""
    policy = config.sandbox_policy
    if not (options.skip_git_repo_check or policy.is_unrestricted or repository_root(config.cwd)):
        raise CodexError(
            f"'{config.cwd}' is not inside a Git repository: changes there cannot be undone",
            advice="To run here anyway, add --skip-git-repo-check.",
        )
    if options.output_last_message is not None:
        _check_folder(host, options.output_last_message)
    images = [_image(host, name) for name in options.images]
    return UserInput((UserText(read_prompt(host, options.prompt)), *images))


def _image(host: Host, name: str) -> UserImage:
    from codex.core.tools.view_image import image_url

    return UserImage(image_url(os.path.join(host.cwd, name)))


def _check_folder(host: Host, name: str) -> None:
    folder = os.path.dirname(os.path.join(host.cwd, name))
    if not os.path.isdir(folder):
        raise CodexError(f"cannot write the last message to '{name}': no such folder: '{folder}'")


def _save_answer(host: Host, name: str, answer: str | None, console: Console) -> None:
    """Write the final answer to the file `name`, unchanged; without an answer, empty the file."""
    try:
        with open(os.path.join(host.cwd, name), "w", encoding="utf-8", newline="") as file:
            file.write(answer or "")
    except OSError as exc:
        raise CodexError(f"cannot write the last message to '{name}': {exc.strerror}") from exc
    if not answer:
        console.warn(f"there is no final answer; the file '{name}' is now empty")
