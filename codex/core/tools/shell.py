"""The `shell` tool: decide, ask, run, and offer to run outside the sandbox what it stopped."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated, NamedTuple, assert_never

import msgspec

from codex.apply_patch.shell import detect
from codex.base.bash import join
from codex.base.errors import Interrupted, PatchError, SandboxUnavailableError, SpawnError
from codex.core.context import TaskContext, ToolOutput
from codex.core.safety.decide import (
    AskUser,
    AutoApprove,
    Reject,
    SafetyCheck,
    assess_command,
    should_offer_retry,
)
from codex.core.safety.unattended import unattended_argv, unattended_environment
from codex.core.session import ApprovedCommand
from codex.core.tools.apply_patch import apply_patch_text
from codex.core.tools.consent import ask_to_run
from codex.protocol.events import (
    ExecCommandBegin,
    ExecCommandEnd,
    ExecCommandOutputDelta,
    OutputStream,
    Warning,
)
from codex.protocol.policy import DANGER_FULL_ACCESS, SandboxPolicy
from codex.sandbox.denial import explain_denial
from codex.sandbox.env import command_environment
from codex.sandbox.guard.protected import protection as protection_of
from codex.sandbox.layers import enforcement
from codex.sandbox.params import ExecParams, ExecResult
from codex.sandbox.run import run

if TYPE_CHECKING:
    from codex.core.safety.rules import Ruling
    from codex.core.session import Session
    from codex.sandbox.guard.protected import Protection
    from codex.sandbox.layers import Enforcement


ON_TRIAL = "it was trusted to only read, so it is now treated as any other command"


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
    is_unattended: bool = False
    """It was judged by its words alone, and runs as they say and nothing besides."""
    is_from_user: bool = False
    is_on_trial: bool = False
    """It is trusted to only read; where that is not so, it is judged again as any other."""

    def params(self, environment: dict[str, str]) -> ExecParams:
        """What is run, given the environment that commands get."""
        if not self.is_unattended:
            return ExecParams(self.argv, self.cwd, self.timeout_ms, environment)
        clean = unattended_environment(environment)
        return ExecParams(unattended_argv(self.argv), self.cwd, self.timeout_ms, clean)

    def approval(self, *, is_sandboxed: bool) -> ApprovedCommand:
        """What a yes for the session remembers."""
        return ApprovedCommand(self.argv, self.cwd, is_sandboxed=is_sandboxed)


class _Attempt(msgspec.Struct, frozen=True):
    """What came of running it: a result, or why there was none."""

    result: ExecResult | None
    failure: str = ""
    is_sandbox_missing: bool = False
    denial: str | None = None
    """What the sandbox stopped."""
    undone: tuple[str, ...] = ()
    """What it did to protected names."""


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
    except Interrupted as interrupted:
        report = "\n".join(("The command was interrupted.", *interrupted.findings))
    return f"I ran this command myself:\n{text}\n\n{report}"


def _timeout_ms(context: TaskContext, arguments: ShellArguments) -> int:
    config = context.session.config
    asked = arguments.timeout or arguments.timeout_ms or config.command_timeout_ms
    return max(1, min(int(asked), config.max_command_timeout_ms))


def _decide_and_run(
    context: TaskContext, command: _Command, arguments: ShellArguments
) -> ToolOutput:
    session = context.session
    ruling = session.rules.judge(
        command.argv, cwd=command.cwd, writable_folders=session.patch_roots()
    )
    check = _assess(context, command, arguments, ruling)
    if isinstance(check, AutoApprove) and check.is_trusted and check.is_sandboxed:
        if (output := _read(context, command)) is not None:
            return output
        # What wants to write is no reader, whatever its name.
        check = _assess(context, command, arguments, ruling._replace(is_reader=False))
        if isinstance(check, AskUser) and check.reason is None:
            reason = "it was trusted to only read, and the read-only sandbox stopped it"
            check = msgspec.structs.replace(check, reason=reason)
    return _run_as_decided(context, command, check)


def _assess(
    context: TaskContext, command: _Command, arguments: ShellArguments, ruling: Ruling
) -> SafetyCheck:
    session = context.session
    return assess_command(
        ruling,
        approval=session.config.approval_policy,
        policy=session.config.sandbox_policy,
        is_approved=command.approval(is_sandboxed=True) in session.approved_commands,
        may_leave=command.approval(is_sandboxed=False) in session.approved_commands,
        wants_escalation=bool(arguments.with_escalated_permissions),
        justification=arguments.justification,
    )


def _read(context: TaskContext, command: _Command) -> ToolOutput | None:
    """Run a trusted command, which may not write; None where that stopped it."""
    config = context.session.config
    command = command._replace(is_unattended=True)
    policy = SandboxPolicy(can_read_everything=config.sandbox_policy.can_read_everything)
    if policy == config.sandbox_policy:
        # Judged again, it would run in this very sandbox.
        return _run_and_offer_retry(context, command, policy)
    attempt = _execute(context, command._replace(is_on_trial=True), policy)
    if attempt.is_sandbox_missing:
        return _offer_retry(context, command, attempt)
    return None if attempt.denial is not None else _report(attempt)


def _run_as_decided(context: TaskContext, command: _Command, check: SafetyCheck) -> ToolOutput:
    remark = ""
    match check:
        case Reject(reason):
            return context.refuse(f"rejected: {reason}", subject=join(command.argv))
        case AskUser(reason, is_sandboxed, is_kept):
            answer = ask_to_run(
                context,
                command.call_id,
                command.approval(is_sandboxed=is_sandboxed),
                reason=reason,
                is_kept=is_kept,
            )
            if not answer.is_approved:
                return ToolOutput(answer.rejection)
            remark = answer.remark
        case AutoApprove(is_sandboxed, is_trusted, is_unattended):
            command = command._replace(is_unattended=is_trusted or is_unattended)
        case _:
            assert_never(check)
    if is_sandboxed:
        output = _run_and_offer_retry(context, command, context.session.config.sandbox_policy)
    else:
        output = _report(_execute(context, command, DANGER_FULL_ACCESS))
    return output._replace(text=output.text + remark)


def _run_and_offer_retry(
    context: TaskContext, command: _Command, policy: SandboxPolicy
) -> ToolOutput:
    return _offer_retry(context, command, _execute(context, command, policy))


def _offer_retry(context: TaskContext, command: _Command, attempt: _Attempt) -> ToolOutput:
    """What came of it; where the sandbox stopped it, the user may let it run without."""
    denial = attempt.failure if attempt.is_sandbox_missing else attempt.denial
    if denial is None or not should_offer_retry(context.session.config.approval_policy):
        return _report(attempt)
    try:
        answer = ask_to_run(
            context,
            command.call_id,
            command.approval(is_sandboxed=False),
            reason="retry without the sandbox?",
            denial=denial,
            is_kept=True,
        )
    except Interrupted:
        raise Interrupted(findings=attempt.undone) from None
    if not answer.is_approved:
        return ToolOutput(f"{_report(attempt).text}\n{answer.rejection}")
    # A yes is to the command as the question showed it, start-up files and all.
    again = _execute(context, command._replace(is_unattended=False), DANGER_FULL_ACCESS)
    again = msgspec.structs.replace(again, undone=attempt.undone + again.undone)
    return ToolOutput(_report(again).text + answer.remark)


def _execute(context: TaskContext, command: _Command, policy: SandboxPolicy) -> _Attempt:
    """One attempt between its begin and its end event, and what it did to protected names.

    Raises: Interrupted, after the end event.
    """
    undone: list[str] = []
    try:
        return _attempt(context, command, policy, undone)
    finally:
        for line in undone:
            context.emit(Warning(line))


def _attempt(
    context: TaskContext, command: _Command, policy: SandboxPolicy, undone: list[str]
) -> _Attempt:
    context.emit(ExecCommandBegin(command.call_id, command.argv, command.cwd, command.is_from_user))
    try:
        result, denial = _run(context, command, policy, undone)
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
            denial=denial,
        )
    )
    for root in result.refused_roots:
        context.warn_once(f"commands cannot write to '{root.path}': {root.reason}")
    if result.is_interrupted:
        raise Interrupted(findings=tuple(undone))
    return _Attempt(result, denial=denial, undone=tuple(undone))


def _held_by(session: Session, policy: SandboxPolicy) -> Enforcement:
    """What holds the commands of a policy, as the settings want it.

    Raises: SandboxUnavailableError, when less can be enforced than they require.
    """
    settings = session.config.sandbox
    return enforcement(policy, require=settings.require, container=settings.container)


def _protection(session: Session, policy: SandboxPolicy) -> Protection:
    """The protected names inside the writable folders of a policy, as they are now."""
    return protection_of(
        policy,
        cwd=session.config.cwd,
        tmpdir=session.host.environ.get("TMPDIR"),
        codex_home=session.config.codex_home,
        home=session.host.home(),
    )


def _run(
    context: TaskContext, command: _Command, policy: SandboxPolicy, undone: list[str]
) -> tuple[ExecResult, str | None]:
    """The result, and what the sandbox stopped.

    Args: undone: gets what was done to protected names, however the command ends.
    """
    session = context.session
    held_by = _held_by(session, policy)
    if held_by.notice is not None:
        context.warn_once(held_by.notice)
    protection = _protection(session, policy)

    def on_output(stream: OutputStream, chunk: str) -> None:
        context.emit(ExecCommandOutputDelta(command.call_id, stream, chunk))

    environment = command_environment(
        session.host.environ,
        session.config.shell_environment,
        has_network=policy.can_use_network or not held_by.layers,
    )
    with session.tripwire.watching(protection, into=undone, is_mounted=2 in held_by.layers):
        result = run(
            command.params(environment),
            policy=policy,
            policy_cwd=session.config.cwd,
            held_by=held_by,
            protected=protection.paths,
            cancel=context.cancel,
            on_output=on_output,
        )
    denial = explain_denial(
        result,
        policy=policy,
        roots=session.roots_of(policy),
        cwd=command.cwd,
        protection=protection,
        next_step=ON_TRIAL if command.is_on_trial else None,
    )
    return result, denial


def _never_started(call_id: str, message: str) -> ExecCommandEnd:
    return ExecCommandEnd(
        call_id=call_id,
        stdout="",
        stderr=message,
        aggregated_output=message,
        exit_code=-1,
        duration_ms=0,
    )


def _report(attempt: _Attempt) -> ToolOutput:
    """What the model reads of a command."""
    result = attempt.result
    if result is None:
        return ToolOutput(f"error: {attempt.failure}")
    lines = [f"Exit code: {result.exit_code}", f"Duration: {result.duration_ms / 1000:.1f} s"]
    if result.is_timed_out:
        lines.append("The command was ended because it ran past its time-out.")
    elif result.signal is not None:
        lines.append(f"The command was ended by signal {result.signal}.")
    if attempt.denial is not None:
        lines.append(attempt.denial)
    lines.extend(attempt.undone)
    lines.append(f"Output:\n{result.output}" if result.output else "Output: none")
    return ToolOutput("\n".join(lines))
