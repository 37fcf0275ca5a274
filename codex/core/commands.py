"""The `shell` tool: decide, ask, run, and offer to run outside the sandbox what it stopped."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated, assert_never

import msgspec

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
            return ("bash" if os.path.exists("/bin/bash") else "sh", "-c", self.command)
        return tuple(self.command)


class Run(msgspec.Struct, frozen=True):
    """What came of one attempt: a result, or why there was none."""

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
    from codex.apply_patch.shell import detect

    try:
        patch = detect(argv)
    except PatchError as error:
        return context.refuse(f"error: {error}", subject="patch")
    if patch is not None:
        folder = os.path.normpath(os.path.join(cwd, patch.workdir or ""))
        return apply_patch_text(context, call_id, text=patch.text, cwd=folder)
    params = ExecParams(
        argv=argv,
        cwd=cwd,
        timeout_ms=_timeout_ms(context, arguments),
        env=command_environment(
            session.host.environ,
            session.config.shell_environment,
            has_network=session.config.sandbox_policy.can_use_network,
        ),
    )
    return _decide_and_run(context, call_id, params, arguments)


def _timeout_ms(context: TaskContext, arguments: ShellArguments) -> int:
    config = context.session.config
    asked = arguments.timeout or arguments.timeout_ms or config.command_timeout_ms
    return max(1, min(int(asked), config.max_command_timeout_ms))


def _decide_and_run(
    context: TaskContext, call_id: str, params: ExecParams, arguments: ShellArguments
) -> ToolOutput:
    session = context.session
    approved = session.approved_commands
    unsandboxed = ApprovedCommand(params.argv, params.cwd, is_sandboxed=False)
    if unsandboxed in approved:
        return _report(_execute(context, call_id, params, DANGER_FULL_ACCESS))
    check = assess_command(
        params.argv,
        approval=session.config.approval_policy,
        policy=session.config.sandbox_policy,
        is_approved_before=unsandboxed._replace(is_sandboxed=True) in approved,
        wants_escalation=bool(arguments.with_escalated_permissions),
        justification=arguments.justification,
    )
    match check:
        case Reject(reason):
            return context.refuse(f"rejected: {reason}", subject=join(params.argv))
        case AskUser(reason, is_sandboxed):
            answer = _ask(context, call_id, params, reason)
            if not answer.is_approved:
                return ToolOutput(rejection(answer))
            if answer.decision is ReviewDecision.APPROVED_FOR_SESSION:
                approved.add(unsandboxed._replace(is_sandboxed=is_sandboxed))
            policy = session.config.sandbox_policy
        case AutoApprove(is_sandboxed, is_trusted):
            policy = (
                _read_only(session.config.sandbox_policy)
                if is_trusted
                else (session.config.sandbox_policy)
            )
        case _:
            assert_never(check)
    if not is_sandboxed:
        return _report(_execute(context, call_id, params, DANGER_FULL_ACCESS))
    return _run_and_offer_retry(context, call_id, params, policy)


def _read_only(policy: SandboxPolicy) -> SandboxPolicy:
    """What a trusted command runs under: it was not asked about, so it may not write anything."""
    return SandboxPolicy(can_read_everything=policy.can_read_everything)


def rejection(answer: Answer) -> str:
    """What the model reads when the user said no."""
    if answer.feedback:
        return f"rejected by the user: {answer.feedback}"
    return "rejected by the user"


def _ask(context: TaskContext, call_id: str, params: ExecParams, reason: str | None) -> Answer:
    return context.ask(
        ExecApprovalRequest(call_id=call_id, command=params.argv, cwd=params.cwd, reason=reason)
    )


def _run_and_offer_retry(
    context: TaskContext, call_id: str, params: ExecParams, policy: SandboxPolicy
) -> ToolOutput:
    session = context.session
    attempt = _execute(context, call_id, params, policy)
    denial = attempt.failure if attempt.is_sandbox_missing else None
    if attempt.result is not None:
        denial = explain_denial(
            attempt.result, policy=policy, roots=session.roots_of(policy), cwd=params.cwd
        )
    if denial is None or not should_offer_retry(session.config.approval_policy):
        return _report(attempt, denial)
    answer = _ask(context, call_id, params, f"{denial}\nRetry without the sandbox?")
    if not answer.is_approved:
        return ToolOutput(f"{_report(attempt, denial).text}\n{rejection(answer)}")
    if answer.decision is ReviewDecision.APPROVED_FOR_SESSION:
        session.approved_commands.add(ApprovedCommand(params.argv, params.cwd, is_sandboxed=False))
    return _report(_execute(context, call_id, params, DANGER_FULL_ACCESS))


def _execute(context: TaskContext, call_id: str, params: ExecParams, policy: SandboxPolicy) -> Run:
    """One attempt between its begin and its end event.

    Raises: Interrupted, after the end event.
    """

    def on_output(stream: OutputStream, chunk: str) -> None:
        context.emit(ExecCommandOutputDelta(call_id, stream, chunk))

    context.emit(ExecCommandBegin(call_id, params.argv, params.cwd))
    try:
        result = run(
            params,
            policy=policy,
            policy_cwd=context.session.config.cwd,
            cancel=context.cancel,
            on_output=on_output,
        )
    except (SpawnError, SandboxUnavailableError) as error:
        context.emit(_never_started(call_id, str(error)))
        return Run(None, str(error), isinstance(error, SandboxUnavailableError))
    context.emit(
        ExecCommandEnd(
            call_id=call_id,
            stdout=result.stdout,
            stderr=result.stderr,
            aggregated_output=result.output,
            exit_code=result.exit_code,
            duration_ms=result.duration_ms,
        )
    )
    if result.is_interrupted:
        raise Interrupted
    return Run(result)


def _never_started(call_id: str, message: str) -> ExecCommandEnd:
    return ExecCommandEnd(
        call_id=call_id,
        stdout="",
        stderr=message,
        aggregated_output=message,
        exit_code=-1,
        duration_ms=0,
    )


def _report(attempt: Run, denial: str | None = None) -> ToolOutput:
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
