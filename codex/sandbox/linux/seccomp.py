"""Turn a SandboxPolicy into a seccomp filter: its form, then its bytes.

The form selects rows from the table of blocked_calls.py. libseccomp, called through the native
shim, compiles them to BPF, once for each form. The filter kills programs of a foreign architecture,
because their calls have other numbers.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, NamedTuple

from codex.sandbox.enforcement import NetworkMode
from codex.sandbox.linux.blocked_calls import (
    ALWAYS_BLOCKED,
    NETWORK,
    NO_LISTENING,
    NO_TRUNCATE,
    SHARED_PROCESSES,
    UNIX,
    BlockedCall,
    UnixMode,
)
from codex.sandbox.linux.landlock import UNIX_ABI
from codex.sandbox.linux.spawn import compile_filter

if TYPE_CHECKING:
    from codex.protocol.policy import SandboxPolicy
    from codex.sandbox.enforcement import Enforcement

TRUNCATE_ABI = 3
"""First Landlock ABI that restricts truncate(2)."""


class FilterForm(NamedTuple):
    """Everything that decides what a seccomp filter contains."""

    network: NetworkMode
    unix: UnixMode
    has_namespaces: bool
    """Whether processes and mounts are the command's own, and IPC objects its fork server's."""
    holds_truncate: bool
    """Whether truncate(2) is refused, because nothing else keeps it from read-only files."""
    may_listen: bool

    @property
    def is_supervised(self) -> bool:
        """Whether `connect` waits until the supervisor (native/supervisor.c) decides about it."""
        return self.unix is UnixMode.SUPERVISED


def filter_form(policy: SandboxPolicy, enforcement: Enforcement) -> FilterForm:
    """Return the form of the filter for the commands of a policy."""
    has_namespaces = enforcement.has_namespaces
    network, abi = enforcement.network, enforcement.landlock_abi
    if network is NetworkMode.FULL or abi >= UNIX_ABI:
        unix = UnixMode.FREE
    else:
        unix = UnixMode.SUPERVISED if network is NetworkMode.LOOPBACK else UnixMode.PAIRS
    is_read_only = not policy.can_write_everything
    return FilterForm(
        network=network,
        unix=unix,
        has_namespaces=has_namespaces,
        holds_truncate=abi < TRUNCATE_ABI and is_read_only and not has_namespaces,
        may_listen=network is not NetworkMode.PORTS or bool(policy.bind_ports),
    )


def blocked_calls(form: FilterForm) -> tuple[BlockedCall, ...]:
    """Return the rows of the table of blocked_calls.py that belong to a form."""
    return (
        *ALWAYS_BLOCKED,
        *(() if form.has_namespaces else SHARED_PROCESSES),
        *NETWORK[form.network],
        *UNIX[form.unix],
        *(NO_TRUNCATE if form.holds_truncate else ()),
        *(() if form.may_listen else NO_LISTENING),
    )


@functools.cache
def filter_program(form: FilterForm, *, architecture: int = 0) -> bytes:
    """Return the filter of a form as BPF instructions.

    Args: architecture: its number in linux/audit.h; 0 means this machine's.
    Raises: SandboxUnavailableError, when libseccomp cannot compile it; SpawnError, when only
        resources are lacking.
    """
    return compile_filter(blocked_calls(form), architecture=architecture)
