"""Apply a patch of the model: parse it, decide, ask the user, write the files, and report."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, assert_never

from codex.apply_patch.files import PatchPlan, apply, outside_paths, plan
from codex.apply_patch.parser import parse_patch
from codex.base.errors import PatchError
from codex.core.context import TaskContext, ToolOutput
from codex.core.safety.decide import AskUser, AutoApprove, Reject, assess_patch
from codex.protocol.events import ApplyPatchApprovalRequest, PatchApplyBegin, PatchApplyEnd
from codex.sandbox.guard.protected import HOME_NAMES
from codex.sandbox.roots import direct_roots, is_inside

if TYPE_CHECKING:
    from codex.core.approvals import Answer


def apply_patch_text(context: TaskContext, call_id: str, *, text: str, cwd: str) -> ToolOutput:
    """Parse, judge and write one patch, after asking if necessary; return the output for the model.

    Args: cwd: the folder that relative paths of the patch start from.
    Raises: Interrupted, if the task is stopped while the user is asked, or the answer is "abort".
    """
    try:
        patch_plan = plan(parse_patch(text), cwd=cwd)
    except PatchError as error:
        return context.refuse(f"error: {error}", subject="patch")
    session, setup = context.session, context.setup
    allowed = setup.patch_roots()
    roots = None if allowed is None else direct_roots(allowed)
    outside = outside_paths(patch_plan, roots, protected=_protected(context))
    check = assess_patch(
        is_inside=not outside,
        is_empty=not patch_plan.changes,
        is_protected=bool(outside) and all(_is_below(path, roots or ()) for path in outside),
        approval=setup.config.approval_policy,
        policy=setup.config.sandbox_policy,
    )
    match check:
        case Reject(reason):
            named = f". Paths that caused this: {', '.join(outside)}" if outside else ""
            return context.refuse(f"patch rejected: {reason}{named}")
        case AskUser() if session.approved_paths.issuperset(patch_plan.paths):
            return _write(context, call_id, patch_plan, roots=None, was_asked=False)
        case AskUser(reason):
            answer = _ask(context, call_id, patch_plan, reason, outside)
            if not answer.is_approved:
                return ToolOutput(f"patch {answer.rejection}")
            if answer.is_for_session:
                session.approved_paths.update(patch_plan.paths)
            output = _write(context, call_id, patch_plan, roots=None, was_asked=True)
            return output._replace(text=output.text + answer.remark)
        case AutoApprove():
            return _write(context, call_id, patch_plan, roots=roots, was_asked=False)
        case _:
            assert_never(check)


def _protected(context: TaskContext) -> tuple[str, ...]:
    """Return paths that no writable folder makes writable: CODEX_HOME, and in the home directory
    the files that shells and git obey."""
    setup = context.setup
    home = setup.host.home()
    names = () if home is None else tuple(os.path.join(home, name) for name in HOME_NAMES)
    return (setup.config.codex_home, *names)


def _is_below(path: str, roots: tuple[str, ...]) -> bool:
    return any(is_inside(path, os.path.realpath(root)) for root in roots)


def _ask(
    context: TaskContext,
    call_id: str,
    patch_plan: PatchPlan,
    reason: str | None,
    outside: tuple[str, ...],
) -> Answer:
    if outside:
        reason = "\n".join(filter(None, (reason, *outside)))
    return context.ask(
        ApplyPatchApprovalRequest(call_id=call_id, changes=patch_plan.changes, reason=reason)
    )


def _write(
    context: TaskContext,
    call_id: str,
    patch_plan: PatchPlan,
    *,
    roots: tuple[str, ...] | None,
    was_asked: bool,
) -> ToolOutput:
    context.emit(PatchApplyBegin(call_id, not was_asked, patch_plan.changes))
    end = PatchApplyEnd(call_id, "", "an internal error ended the patch", success=False)
    try:
        summary = apply(patch_plan, roots=roots, protected=_protected(context))
        end = PatchApplyEnd(call_id, summary.text, "", success=True)
    except PatchError as error:
        end = PatchApplyEnd(call_id, "", str(error), success=False)
        return ToolOutput(f"error: {error}")
    finally:
        context.emit(end)
    return ToolOutput(summary.text)
