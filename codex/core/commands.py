"""The `shell` tool: decide, ask, run, and offer to run outside the sandbox what it stopped."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated, NamedTuple, assert_never

import msgspec

from codex.apply_patch.shell import detect
from codex.bash import join
from codex.core.context import TaskContext, ToolOutput
from codex.core.patches import apply_patch_text
from codex.core.safety import AskUser, AutoApprove, Reject, assess_command, should_offer_retry
from codex.core.session import ApprovedCommand
from codex.errors import Interrupted, PatchError, SandboxUnavailableError, SpawnError
from codex.protocol.events import (
    ExecApprovalRequest,
    ExecCommandBegin,
    ExecCommandEnd,
    ExecCommandOutputDelta,
    OutputStream,
)
from codex.protocol.policy import DANGER_FULL_ACCESS, ReviewDecision, SandboxPolicy
from codex.sandbox.denial import explain_denial
from codex.sandbox.env import command_environment
from codex.sandbox.params import ExecParams, ExecResult
from codex.sandbox.run import run

if TYPE_CHECKING:
    from codex.core.approvals import Answer


class ShellArguments(msgspec.Struct, frozen=True):
    """The arguments of a `shell` call, as models send them."""

    command: list[str] | str
    workdir: str | None = None
    timeout: Annotated[float, msgspec.Meta(gt=0)] | None = None
    """Milliseconds."""
    timeout_ms: Annotated[float, msgspec.Meta(gt=0)] | None = None
    with_escalated_permissions: bool | None = None
    justification: str | None = None

    def argv(self) -> tuple[str, ...]:
        """The words to run; a bare string is taken for shell text."""
        if isinstance(self.command, str):
            return shell_argv(self.command)
        return tuple(self.command)


def shell_argv(text: str) -> tuple[str, ...]:
    """The words that run shell text."""
    return ("bash" if os.path.exists("/bin/bash") else "sh", "-c", text)


class _Command(NamedTuple):
    """A command that is to be run: of a `shell` call, or of the user."""

    call_id: str
    argv: tuple[str, ...]
    cwd: str
    timeout_ms: int
    is_from_user: bool = False

    def approval(self, *, is_sandboxed: bool) -> ApprovedCommand:
        """What a yes for the session remembers."""
        return ApprovedCommand(self.argv, self.cwd, is_sandboxed=is_sandboxed)


class _Attempt(msgspec.Struct, frozen=True):
    """What came of running it: a result, or why there was none."""

    result: ExecResult | None
    failure: str = ""
    is_sandbox_missing: bool = False


def shell(context: TaskContext, call_id: str, arguments: ShellArguments) -> ToolOutput:
    """Run one `shell` call to its end.

    Raises: Interrupted, after the command's end event.
    """
    session = context.session
    argv = arguments.argv()
    if not argv or not argv[0]:
        return context.refuse("error: `command` is empty", subject="shell")
    cwd = os.path.normpath(os.path.join(session.config.cwd, arguments.workdir or ""))
    try:
        patch = detect(argv)
    except PatchError as error:
        return context.refuse(f"error: {error}", subject="patch")
    if patch is not None:
        folder = os.path.normpath(os.path.join(cwd, patch.workdir or ""))
        return apply_patch_text(context, call_id, text=patch.text, cwd=folder)
    command = _Command(call_id, argv, cwd, _timeout_ms(context, arguments))
    return _decide_and_run(context, command, arguments)


def user_command(context: TaskContext, call_id: str, text: str) -> str:
    """Run shell text for the user, under the session's sandbox policy; what the model reads of it.

    Nobody is asked: who typed it wants it.
    """
    config = context.session.config
    argv = shell_argv(text)
    command = _Command(call_id, argv, config.cwd, config.max_command_timeout_ms, is_from_user=True)
    try:
        report = _report(_execute(context, command, config.sandbox_policy)).text
    except Interrupted:
        report = "The command was interrupted."
    return f"I ran this command myself:\n{text}\n\n{report}"


def _timeout_ms(context: TaskContext, arguments: ShellArguments) -> int:
    config = context.session.config
    asked = arguments.timeout or arguments.timeout_ms or config.command_timeout_ms
    return max(1, min(int(asked), config.max_command_timeout_ms))


def _decide_and_run(
    context: TaskContext, command: _Command, arguments: ShellArguments
) -> ToolOutput:
    session = context.session
    approved = session.approved_commands
    if command.approval(is_sandboxed=False) in approved:
        return _report(_execute(context, command, DANGER_FULL_ACCESS))
    policy = session.config.sandbox_policy
    check = assess_command(
        command.argv,
        approval=session.config.approval_policy,
        policy=policy,
        is_approved_before=command.approval(is_sandboxed=True) in approved,
        wants_escalation=bool(arguments.with_escalated_permissions),
        justification=arguments.justification,
    )
    match check:
        case Reject(reason):
            return context.refuse(f"rejected: {reason}", subject=join(command.argv))
        case AskUser(reason, is_sandboxed):
            answer = _ask(context, command, reason)
            if not answer.is_approved:
                return ToolOutput(answer.rejection)
            if answer.decision is ReviewDecision.APPROVED_FOR_SESSION:
                approved.add(command.approval(is_sandboxed=is_sandboxed))
        case AutoApprove(is_sandboxed, is_trusted):
            if is_trusted:
                policy = _read_only(policy)
        case _:
            assert_never(check)
    if not is_sandboxed:
        return _report(_execute(context, command, DANGER_FULL_ACCESS))
    return _run_and_offer_retry(context, command, policy)


def _read_only(policy: SandboxPolicy) -> SandboxPolicy:
    """What a trusted command runs under: nobody was asked about it, so it may not write."""
    return SandboxPolicy(can_read_everything=policy.can_read_everything)


def _ask(context: TaskContext, command: _Command, reason: str | None) -> Answer:
    return context.ask(
        ExecApprovalRequest(
            call_id=command.call_id, command=command.argv, cwd=command.cwd, reason=reason
        )
    )


def _run_and_offer_retry(
    context: TaskContext, command: _Command, policy: SandboxPolicy
) -> ToolOutput:
    session = context.session
    attempt = _execute(context, command, policy)
    denial = attempt.failure if attempt.is_sandbox_missing else None
    if attempt.result is not None:
        denial = explain_denial(
            attempt.result, policy=policy, roots=session.roots_of(policy), cwd=command.cwd
        )
    if denial is None or not should_offer_retry(session.config.approval_policy):
        return _report(attempt, denial)
    answer = _ask(context, command, f"{denial}\nRetry without the sandbox?")
    if not answer.is_approved:
        return ToolOutput(f"{_report(attempt, denial).text}\n{answer.rejection}")
    if answer.decision is ReviewDecision.APPROVED_FOR_SESSION:
        session.approved_commands.add(command.approval(is_sandboxed=False))
    return _report(_execute(context, command, DANGER_FULL_ACCESS))


def _execute(context: TaskContext, command: _Command, policy: SandboxPolicy) -> _Attempt:
    """One attempt between its begin and its end event.

    Raises: Interrupted, after the end event.
    """
    context.emit(ExecCommandBegin(command.call_id, command.argv, command.cwd, command.is_from_user))
    try:
        result = _run(context, command, policy)
    except SandboxUnavailableError as error:
        context.emit(_never_started(command.call_id, error.message))
        context.warn_once(str(error))
        return _Attempt(None, str(error), is_sandbox_missing=True)
    except SpawnError as error:
        context.emit(_never_started(command.call_id, str(error)))
        return _Attempt(None, str(error))
    except BaseException as error:
        # A defect of ours: the task fails by it, but what began still ends.
        context.emit(_never_started(command.call_id, f"internal error: {error}"))
        raise
    context.emit(
        ExecCommandEnd(
            call_id=command.call_id,
            stdout=result.stdout,
            stderr=result.stderr,
            aggregated_output=result.output,
            exit_code=result.exit_code,
            duration_ms=result.duration_ms,
        )
    )
    for root in result.refused_roots:
        context.warn_once(f"commands cannot write to '{root.path}': {root.reason}")
    if result.is_interrupted:
        raise Interrupted
    return _Attempt(result)


def _run(context: TaskContext, command: _Command, policy: SandboxPolicy) -> ExecResult:
    session = context.session

    def on_output(stream: OutputStream, chunk: str) -> None:
        context.emit(ExecCommandOutputDelta(command.call_id, stream, chunk))

    environment = command_environment(
        session.host.environ,
        session.config.shell_environment,
        has_network=policy.can_use_network,
    )
    return run(
        ExecParams(command.argv, command.cwd, command.timeout_ms, environment),
        policy=policy,
        policy_cwd=session.config.cwd,
        cancel=context.cancel,
        on_output=on_output,
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


def _report(attempt: _Attempt, denial: str | None = None) -> ToolOutput:
    """What the model reads of a command."""
    result = attempt.result
    if result is None:
        return ToolOutput(f"error: {attempt.failure}")
    lines = [f"Exit code: {result.exit_code}", f"Duration: {result.duration_ms / 1000:.1f} s"]
    if result.is_timed_out:
        lines.append("The command was ended because it ran past its time-out.")
    elif result.signal is not None:
        lines.append(f"The command was ended by signal {result.signal}.")
    if denial is not None:
        lines.append(denial)
    lines.append(f"Output:\n{result.output}" if result.output else "Output: none")
    return ToolOutput("\n".join(lines))
