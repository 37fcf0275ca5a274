"""`codex sandbox`: one command of the user's under the sandbox that the model's commands have.

The command has this process's streams, so a terminal is one; its session is its own, so signals are
handed on. The exit status is the command's.
"""

from __future__ import annotations

import contextlib
import signal
from typing import TYPE_CHECKING

from codex.base.cancel import Cancel
from codex.base.errors import ExitStatus, ProgramNotFoundError, SpawnError, UsageError
from codex.base.printable import printable
from codex.sandbox.env import command_environment
from codex.sandbox.explain import explain
from codex.sandbox.guard.protected import protection
from codex.sandbox.guard.tripwire import Tripwire
from codex.sandbox.layers import enforcement
from codex.sandbox.linux.spawn import Stdio
from codex.sandbox.params import ExecParams
from codex.sandbox.run import run as run_command

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from types import FrameType

    from codex.base.host import Host
    from codex.config.types import Config
    from codex.sandbox.guard.protected import Protection
    from codex.sandbox.layers import Enforcement

FORWARDED = (
    *(signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGWINCH),
    *(signal.SIGUSR1, signal.SIGUSR2),
)
NO_TIMEOUT_MS = 10**12
STDIO = Stdio(0, 1, 2)


def run(host: Host, config: Config, argv: Sequence[str], *, is_explained: bool) -> int:
    """Run a command to its end; its exit status, 128 + N when signal N ended it.

    Args: argv: may be empty when `is_explained`: first say what holds it.
    Raises: SandboxUnavailableError; CodexError.
    """
    if not argv and not is_explained:
        raise UsageError("there is no command to run", advice="See codex sandbox --help.")
    for warning in config.warnings:
        host.stderr.write(f"warning: {printable(warning)}\n")
    policy = config.sandbox_policy
    settings = config.sandbox
    held_by = enforcement(policy, require=settings.require, container=settings.container)
    found = protection(
        policy,
        cwd=config.cwd,
        tmpdir=host.environ.get("TMPDIR"),
        codex_home=config.codex_home,
        home=host.home(),
    )
    if is_explained:
        tmpdir = host.environ.get("TMPDIR")
        host.stdout.write(explain(policy, held_by, found, cwd=config.cwd, tmpdir=tmpdir))
        if not argv:
            return ExitStatus.DONE
    host.stdout.flush()
    host.stderr.flush()
    undone: list[str] = []
    try:
        with Tripwire().watching(found, is_mounted=2 in held_by.layers, into=undone):
            return _run(host, config, argv, held_by, found)
    except SpawnError as error:
        host.stderr.write(f"Error: {printable(str(error))}\n")
        is_missing = isinstance(error, ProgramNotFoundError)
        return ExitStatus.NOT_FOUND if is_missing else ExitStatus.NOT_EXECUTABLE
    finally:
        for line in undone:
            host.stderr.write(f"warning: {line}\n")


def _run(
    host: Host,
    config: Config,
    argv: Sequence[str],
    held_by: Enforcement,
    found: Protection,
) -> int:
    policy = config.sandbox_policy
    has_network = policy.can_use_network or not held_by.layers
    environment = command_environment(
        host.environ, config.shell_environment, has_network=has_network
    )
    with _forwarding() as forward:
        result = run_command(
            ExecParams(tuple(argv), config.cwd, NO_TIMEOUT_MS, environment),
            policy=policy,
            policy_cwd=config.cwd,
            held_by=held_by,
            protected=found.paths,
            stdio=STDIO,
            on_start=forward.to,
            cancel=Cancel(),
            on_output=lambda _stream, _text: None,
        )
    for root in result.refused_roots:
        host.stderr.write(f"warning: '{printable(root.path)}' was not writable: {root.reason}\n")
    return result.exit_code


class _Forward:
    """Signals to the command, from its start on; what came before waits for it."""

    def __init__(self) -> None:
        self._waiting: list[int] = []
        self._send: Callable[[int], None] = self._waiting.append

    def __call__(self, number: int, _frame: FrameType | None) -> None:
        """As a signal handler."""
        self._send(number)

    def to(self, send: Callable[[int], None]) -> None:
        """Send them there from now on."""
        self._send = send
        for number in self._waiting:
            send(number)


@contextlib.contextmanager
def _forwarding() -> Iterator[_Forward]:
    """Hand signals on for a while; one that was ignored from outside stays ignored."""
    forward = _Forward()
    heeded = [number for number in FORWARDED if signal.getsignal(number) != signal.SIG_IGN]
    previous = {number: signal.signal(number, forward) for number in heeded}
    try:
        yield forward
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
