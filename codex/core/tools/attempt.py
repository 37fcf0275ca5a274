"""One attempt to run a command under its confinement, from the begin event to the report.

Every begin event is followed by an end event, whatever happens. Decides nothing: shell_call.py says
which attempts are made, and under which policy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from codex.base.errors import Interrupted, SandboxUnavailableError, SpawnError
from codex.core.command_setting import command_setting
from codex.core.context import TaskContext, ToolOutput
from codex.core.safety.unattended import unattended_argv, unattended_environment
from codex.core.session import ApprovedCommand
from codex.protocol.events import (
    ExecCommandBegin,
    ExecCommandEnd,
    ExecCommandOutputDelta,
    OutputStream,
    Warning,
)
from codex.sandbox.denial import explain_denial
from codex.sandbox.params import ExecParams, ExecResult
from codex.sandbox.run import run_command

if TYPE_CHECKING:
    from codex.protocol.policy import SandboxPolicy
    from codex.sandbox.confinement import Confinement

AFTER_TRIAL = "it was trusted to only read, so it is now treated as any other command"


class ShellCall(NamedTuple):
    """A command to run, from a `shell` call or from the user."""

    call_id: str
    argv: tuple[str, ...]
    cwd: str
    timeout_ms: int
    skips_startup_files: bool = False
    """Whether the command was judged by its words alone, so that it runs without start-up files."""
    is_from_user: bool = False
    """Whether the user typed the command, not the model."""
    is_trusted_trial: bool = False
    """Whether the command is trusted to only read; if the sandbox stops it, it is judged again."""

    def approval(self, *, is_sandboxed: bool) -> ApprovedCommand:
        """Return what an approval for the session remembers of this command."""
        return ApprovedCommand(self.argv, self.cwd, is_sandboxed=is_sandboxed)


class AttemptOutcome(msgspec.Struct, frozen=True):
    """The outcome of one attempt: a result, or the reason why there is no result."""

    result: ExecResult | None
    """Result; None if the command never started."""
    failure: str = ""
    """Reason why the command never started; empty if it did."""
    is_sandbox_missing: bool = False
    """Whether the command never started because the sandbox policy cannot be enforced."""
    denial: str | None = None
    """A line on what the sandbox probably stopped, and how to allow it; None without evidence."""
    undone: tuple[str, ...] = ()
    """A line for each change to protected names that was undone."""


def attempt(context: TaskContext, call: ShellCall, policy: SandboxPolicy) -> AttemptOutcome:
    """Run a command once, from its begin event to its end event.

    Changes to protected names are undone, and the user is told of them, after the end event.

    Raises: Interrupted, after the end event, with a line for each undone change in `findings`.
    """
    undone: list[str] = []
    try:
        return _attempt(context, call, policy, undone)
    finally:
        for line in undone:
            context.emit(Warning(line))


def _attempt(
    context: TaskContext, call: ShellCall, policy: SandboxPolicy, undone: list[str]
) -> AttemptOutcome:
    context.emit(ExecCommandBegin(call.call_id, call.argv, call.cwd, call.is_from_user))
    try:
        params, confinement = _prepare(context, call, policy)
        result = _run(context, call.call_id, params, confinement, undone)
        next_step = AFTER_TRIAL if call.is_trusted_trial else None
        denial = explain_denial(result, confinement, cwd=call.cwd, next_step=next_step)
    except SandboxUnavailableError as error:
        context.emit(_never_started(call.call_id, error.message))
        context.warn_once(str(error))
        return AttemptOutcome(None, str(error), is_sandbox_missing=True)
    except SpawnError as error:
        context.emit(_never_started(call.call_id, str(error)))
        return AttemptOutcome(None, str(error))
    except BaseException as error:
        # A defect in codex ends the task, but the begin event still needs its end event.
        context.emit(_never_started(call.call_id, f"internal error: {error}"))
        raise
    context.emit(_end(call.call_id, result, denial))
    for root in confinement.refused:
        context.warn_once(f"commands cannot write to '{root.path}': {root.reason}")
    if result.is_interrupted:
        raise Interrupted(findings=tuple(undone))
    return AttemptOutcome(result, denial=denial, undone=tuple(undone))


def _prepare(
    context: TaskContext, call: ShellCall, policy: SandboxPolicy
) -> tuple[ExecParams, Confinement]:
    """Return the parameters of the command and its confinement.

    Raises: SandboxUnavailableError, when less can be enforced than the settings require.
    """
    setup, argv = context.setup, call.argv
    environment, confinement = command_setting(setup.config, setup.host, policy)
    if confinement.enforcement.notice is not None:
        context.warn_once(confinement.enforcement.notice)
    if call.skips_startup_files:
        argv, environment = unattended_argv(argv), unattended_environment(environment)
    return ExecParams(argv, call.cwd, call.timeout_ms, environment), confinement


def _run(
    context: TaskContext,
    call_id: str,
    params: ExecParams,
    confinement: Confinement,
    undone: list[str],
) -> ExecResult:
    """Run the command, and emit its output as it arrives.

    Args: undone: receives a line for each change to protected names that was undone, however the
        command ends.
    """

    def on_output(stream: OutputStream, chunk: str) -> None:
        context.emit(ExecCommandOutputDelta(call_id, stream, chunk))

    is_mounted = confinement.enforcement.has_namespaces
    tripwire = context.session.tripwire
    with tripwire.watching(confinement.protection, into=undone, is_mounted=is_mounted):
        return run_command(params, confinement, cancel=context.cancel, on_output=on_output)


def _end(call_id: str, result: ExecResult, denial: str | None) -> ExecCommandEnd:
    return ExecCommandEnd(
        call_id=call_id,
        stdout=result.stdout,
        stderr=result.stderr,
        aggregated_output=result.output,
        exit_code=result.exit_code,
        duration_ms=result.duration_ms,
        denial=denial,
    )


def _never_started(call_id: str, message: str) -> ExecCommandEnd:
    return ExecCommandEnd(
        call_id=call_id,
        stdout="",
        stderr=message,
        aggregated_output=message,
        exit_code=-1,
        duration_ms=0,
    )


def report(outcome: AttemptOutcome) -> ToolOutput:
    """Return the output for the model, a text about the attempt and the command's own output."""
    result = outcome.result
    if result is None:
        return ToolOutput(f"error: {outcome.failure}")
    lines = [f"Exit code: {result.exit_code}", f"Duration: {result.duration_ms / 1000:.1f} s"]
    if result.is_timed_out:
        lines.append("The command was ended because it ran past its time-out.")
    elif result.signal is not None:
        lines.append(f"The command was ended by signal {result.signal}.")
    if outcome.denial is not None:
        lines.append(outcome.denial)
    lines.extend(outcome.undone)
    lines.append(f"Output:\n{result.output}" if result.output else "Output: none")
    return ToolOutput("\n".join(lines))
