"""Describe what holds a command, as the text of `codex sandbox --explain`. Changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codex.base.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from codex.protocol.policy import SandboxPolicy
    from codex.sandbox.confinement import Confinement
    from codex.sandbox.enforcement import Enforcement
    from codex.sandbox.guard.protected import Protection

WIDTH = 12


def explain(confinement: Confinement) -> str:
    """Return enforcement, network, folders, protected names and Landlock rules as rows of text."""
    policy, enforcement = confinement.policy, confinement.enforcement
    readable = "everything" if policy.can_read_everything else "system folders, writable folders"
    rows = [
        *_rows("enforced", _enforced(enforcement)),
        *_rows("network", _network(policy, enforcement)),
        *_rows("readable", [readable]),
        *_rows("writable", _writable(confinement)),
        *_rows("protected", _protected(confinement.protection, enforcement)),
    ]
    if enforcement.landlock_abi:
        from codex.sandbox.linux.explain_rules import rules_of

        rows += _rows("Landlock", rules_of(confinement))
    return "".join(f"{printable(row).replace(chr(10), ' ')}\n" for row in rows)


def _rows(title: str, values: Iterable[str]) -> Iterator[str]:
    heading = f"{title}:"
    for value in values:
        yield f"{heading:<{WIDTH}}{value}"
        heading = ""


def _enforced(enforcement: Enforcement) -> Iterator[str]:
    if not enforcement.has_rules:
        yield "nothing"
        return
    abi, errata = enforcement.landlock_abi, enforcement.landlock_errata
    landlock = f"Landlock ABI {abi}, errata {errata:#x}; seccomp"
    yield f"rules ({landlock if abi else 'Seatbelt'})"
    if enforcement.has_namespaces:
        yield "namespaces"
    elif enforcement.without_namespaces is not None:
        yield f"no namespaces: {enforcement.without_namespaces}"


def _network(policy: SandboxPolicy, enforcement: Enforcement) -> Iterator[str]:
    yield enforcement.network.value
    for verb, ports in (("connect", policy.connect_ports), ("bind", policy.bind_ports)):
        if ports and not policy.can_use_network:
            yield f"{verb}: TCP {', '.join(map(str, ports))}"


def _writable(confinement: Confinement) -> Iterator[str]:
    if confinement.policy.can_write_everything:
        yield "everything"
        return
    yield from confinement.folders
    yield from (f"not {root.path}: {root.reason}" for root in confinement.refused)
    if not confinement.folders and not confinement.refused:
        yield "nothing"


def _protected(protection: Protection, enforcement: Enforcement) -> Iterator[str]:
    how = "read-only" if enforcement.has_namespaces else "put back when changed"
    yield from (f"{path} ({how})" for path in protection.read_only)
    for watch in protection.unmounted:
        if not watch.is_kind_only and watch.path not in protection.read_only:
            is_there = protection.status.get(watch.path) is not None
            what = "put back when changed" if is_there else "moved aside when made"
            yield f"{watch.path} ({what})"
    if not protection.watches:
        yield "nothing"
