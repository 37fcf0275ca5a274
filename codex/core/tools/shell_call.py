"""One `shell` call: judge the command, ask the user, run it, offer a retry outside the sandbox.

A trusted command runs first in a read-only sandbox. If that stops it, it is judged again like any
other command.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, assert_never

import msgspec

from codex.apply_patch.shell import detect
from codex.base.bash import join
from codex.base.errors import Interrupted, PatchError
from codex.core.context import TaskContext, ToolOutput
from codex.core.safety.decide import (
    AskUser,
    AutoApprove,
    Reject,
    SafetyCheck,
    assess_command,
    should_offer_retry,
)
from codex.core.tools.attempt import AttemptOutcome, ShellCall, attempt, report
from codex.core.tools.consent import ask_to_run
from codex.core.tools.patch import apply_patch_text
from codex.core.tools.shell_arguments import shell_argv
from codex.protocol.policy import DANGER_FULL_ACCESS, SandboxPolicy

if TYPE_CHECKING:
    from codex.core.safety.rules import Ruling
    from codex.core.tools.shell_arguments import ShellArguments


def run_shell_call(context: TaskContext, call_id: str, arguments: ShellArguments) -> ToolOutput:
    """Run one `shell` call to its end, and return the output for the model.

    Raises: Interrupted, when the task is stopped, after the command's end event if it was running.
    """
    argv = arguments.argv()
    if not argv or not argv[0]:
        return context.refuse("error: `command` is empty", subject="shell")
    cwd = os.path.normpath(os.path.join(context.setup.config.cwd, arguments.workdir or ""))
    try:
        patch = detect(argv)
    except PatchError as error:
        return context.refuse(f"error: {error}", subject="patch")
    if patch is not None:
        folder = os.path.normpath(os.path.join(cwd, patch.workdir or ""))
        return apply_patch_text(context, call_id, text=patch.text, cwd=folder)
    call = ShellCall(call_id, argv, cwd, _timeout_ms(context, arguments))
    return _decide_and_run(context, call, arguments)


def user_command(context: TaskContext, call_id: str, text: str) -> str:
    """Run shell text that the user typed, in the session's sandbox; return what the model reads.

    The text needs no approval, because the user typed it.
    """
    config = context.setup.config
    argv = shell_argv(text)
    call = ShellCall(call_id, argv, config.cwd, config.max_command_timeout_ms, is_from_user=True)
    try:
        outcome = report(attempt(context, call, config.sandbox_policy)).text
    except Interrupted as interrupted:
        outcome = "\n".join(("The command was interrupted.", *interrupted.findings))
    return f"I ran this command myself:\n{text}\n\n{outcome}"


def _timeout_ms(context: TaskContext, arguments: ShellArguments) -> int:
    config = context.setup.config
    asked = arguments.timeout or arguments.timeout_ms or config.command_timeout_ms
    return max(1, min(int(asked), config.max_command_timeout_ms))


def _decide_and_run(context: TaskContext, call: ShellCall, arguments: ShellArguments) -> ToolOutput:
    ruling = context.session.rules.judge(
        call.argv, cwd=call.cwd, writable_folders=context.setup.patch_roots()
    )
    check = _assess(context, call, arguments, ruling)
    if isinstance(check, AutoApprove) and check.is_trusted and check.is_sandboxed:
        if (output := _read(context, call)) is not None:
            return output
        # A command that wants to write is not a reader, whatever its name: git-lfs writes on
        # `git status`.
        check = _assess(context, call, arguments, ruling._replace(is_reader=False))
        if isinstance(check, AskUser) and check.reason is None:
            reason = "it was trusted to only read, and the read-only sandbox stopped it"
            check = msgspec.structs.replace(check, reason=reason)
    return _run_as_decided(context, call, check)


def _assess(
    context: TaskContext, call: ShellCall, arguments: ShellArguments, ruling: Ruling
) -> SafetyCheck:
    session, config = context.session, context.setup.config
    return assess_command(
        ruling,
        approval=config.approval_policy,
        policy=config.sandbox_policy,
        is_approved=call.approval(is_sandboxed=True) in session.approved_commands,
        may_leave=call.approval(is_sandboxed=False) in session.approved_commands,
        wants_escalation=bool(arguments.with_escalated_permissions),
        justification=arguments.justification,
    )


def _read(context: TaskContext, call: ShellCall) -> ToolOutput | None:
    """Run a trusted command in a read-only sandbox; return None if it has to be judged again.

    If the session is read-only or no sandbox is available, offer a retry outside it instead.
    """
    config = context.setup.config
    call = call._replace(skips_startup_files=True)
    policy = SandboxPolicy(can_read_everything=config.sandbox_policy.can_read_everything)
    if policy == config.sandbox_policy:
        # If judged again, it would run in the same sandbox.
        return _run_and_offer_retry(context, call, policy)
    outcome = attempt(context, call._replace(is_trusted_trial=True), policy)
    if outcome.is_sandbox_missing:
        return _offer_retry(context, call, outcome)
    return None if outcome.denial is not None else report(outcome)


def _run_as_decided(context: TaskContext, call: ShellCall, check: SafetyCheck) -> ToolOutput:
    remark = ""
    match check:
        case Reject(reason):
            return context.refuse(f"rejected: {reason}", subject=join(call.argv))
        case AskUser(reason, is_sandboxed, is_kept):
            answer = ask_to_run(
                context,
                call.call_id,
                call.approval(is_sandboxed=is_sandboxed),
                reason=reason,
                is_kept=is_kept,
            )
            if not answer.is_approved:
                return ToolOutput(answer.rejection)
            remark = answer.remark
        case AutoApprove(is_sandboxed, is_trusted, skips_startup_files):
            call = call._replace(skips_startup_files=is_trusted or skips_startup_files)
        case _:
            assert_never(check)
    if is_sandboxed:
        output = _run_and_offer_retry(context, call, context.setup.config.sandbox_policy)
    else:
        output = report(attempt(context, call, DANGER_FULL_ACCESS))
    return output._replace(text=output.text + remark)


def _run_and_offer_retry(
    context: TaskContext, call: ShellCall, policy: SandboxPolicy
) -> ToolOutput:
    return _offer_retry(context, call, attempt(context, call, policy))


def _offer_retry(context: TaskContext, call: ShellCall, outcome: AttemptOutcome) -> ToolOutput:
    """Return an attempt's output; if the sandbox stopped it, ask whether to retry outside it."""
    denial = outcome.failure if outcome.is_sandbox_missing else outcome.denial
    if denial is None or not should_offer_retry(context.setup.config.approval_policy):
        return report(outcome)
    try:
        answer = ask_to_run(
            context,
            call.call_id,
            call.approval(is_sandboxed=False),
            reason="retry without the sandbox?",
            denial=denial,
            is_kept=True,
        )
    except Interrupted:
        raise Interrupted(findings=outcome.undone) from None
    if not answer.is_approved:
        return ToolOutput(f"{report(outcome).text}\n{answer.rejection}")
    # The user approved the command as the question showed it, so start-up files apply.
    again = attempt(context, call._replace(skips_startup_files=False), DANGER_FULL_ACCESS)
    again = msgspec.structs.replace(again, undone=outcome.undone + again.undone)
    return ToolOutput(report(again).text + answer.remark)
