"""Ask the user about a command, and remember the answer for as long as it applies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codex.base.bash import join
from codex.base.errors import PolicyError
from codex.core.safety.prefixes import propose_prefix
from codex.protocol.events import BackgroundEvent, ExecApprovalRequest, Warning
from codex.protocol.policy import ReviewDecision

if TYPE_CHECKING:
    from codex.core.approvals import Answer
    from codex.core.context import TaskContext
    from codex.core.session import ApprovedCommand


def ask_to_run(
    context: TaskContext,
    call_id: str,
    command: ApprovedCommand,
    *,
    reason: str | None,
    is_kept: bool,
    denial: str | None = None,
) -> Answer:
    """Ask the user whether a command may run; remember an approval that covers later commands.

    Args:
        command: the command, and whether it would run in the sandbox.
        is_kept: whether an approval may cover later commands. A prefix is offered only for a
            command that stays in the sandbox.
        denial: what the sandbox stopped, if the question is whether to leave the sandbox.
    Returns: the answer, approved or denied.
    Raises: Interrupted, when the task is stopped or the user answers "abort".
    """
    prefix = propose_prefix(command.argv) if is_kept and command.is_sandboxed else None
    answer = context.ask(
        ExecApprovalRequest(
            call_id=call_id,
            command=command.argv,
            cwd=command.cwd,
            reason=reason,
            denial=denial,
            proposed_prefix=prefix,
        )
    )
    session = context.session
    match answer.decision:
        case ReviewDecision.APPROVED_FOR_SESSION if is_kept:
            session.approved_commands.add(command)
        case ReviewDecision.APPROVED_FOR_PREFIX if prefix is not None:
            session.rules.allow(prefix)
        case ReviewDecision.APPROVED_ALWAYS if prefix is not None:
            session.rules.allow(prefix)
            _keep(context, prefix)
    return answer


def _keep(context: TaskContext, prefix: tuple[str, ...]) -> None:
    from codex.core.safety.rule_files import keep_rule

    try:
        path = keep_rule(context.setup.config.codex_home, prefix)
    except PolicyError as error:
        context.emit(Warning(f"{error}\nThe rule applies to this session only"))
        return
    context.emit(
        BackgroundEvent(
            f"commands that begin with '{join(prefix)}' now run without a question; to be asked"
            f" again, delete their line in '{path}'"
        )
    )
