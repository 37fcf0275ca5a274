"""Describe the Landlock rules of a command, as text for the user. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codex.sandbox.linux.landlock import Access, ruleset_plan

if TYPE_CHECKING:
    import enum
    from collections.abc import Iterator

    from codex.sandbox.confinement import Confinement


def rules_of(confinement: Confinement) -> Iterator[str]:
    """Yield lines: the rights that are denied, then each path and the rights granted there.

    The TCP ports that are granted are left out, and what is granted only inside namespaces.
    """
    enforcement = confinement.enforcement
    plan = ruleset_plan(
        confinement.policy,
        confinement.folders,
        abi=enforcement.landlock_abi,
        network=enforcement.network,
    )
    yield f"denied: {_names(plan.fs)}"
    if plan.net:
        yield f"denied: {_names(plan.net)}"
    if plan.scoped:
        yield f"only inside the sandbox: {_names(plan.scoped)}"
    for grant in plan.grants:
        yield f"{grant.path}: {_names(grant.access, of=plan.fs)}"


def _names(flags: enum.IntFlag, *, of: Access | None = None) -> str:
    """Return the names of rights; for most rights of `of`, "all but" the missing ones."""
    names = [str(flag.name).lower() for flag in type(flags) if flag & flags]
    missing = (
        [] if of is None else [str(flag.name).lower() for flag in Access if flag & of & ~flags]
    )
    if of is not None and len(missing) < len(names):
        return "all" + (f" but {' '.join(missing)}" if missing else "")
    return " ".join(names)
