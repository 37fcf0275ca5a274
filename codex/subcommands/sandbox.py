"""`codex sandbox`: run a command of the user's in the sandbox that the model's commands get.

The command inherits the standard streams, so a terminal stays a terminal. It runs in a session of
its own, so this process forwards signals to it. The exit status is the command's, if it started.
"""

from __future__ import annotations

import contextlib
import signal
from typing import TYPE_CHECKING

from codex.base.cancel import Cancel
from codex.base.errors import ExitStatus, ProgramNotFoundError, SpawnError, UsageError
from codex.base.printable import printable
from codex.core.command_setting import command_setting
from codex.sandbox.explain import explain
from codex.sandbox.guard.tripwire import Tripwire
from codex.sandbox.params import Attached, ExecParams, Stdio
from codex.sandbox.run import run_command

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from types import FrameType

    from codex.base.host import Host
    from codex.config.types import Config
    from codex.sandbox.confinement import Confinement

FORWARDED = (
    *(signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGWINCH),
    *(signal.SIGUSR1, signal.SIGUSR2),
)
NO_TIMEOUT_MS = 10**12


def run(host: Host, config: Config, argv: Sequence[str], *, is_explained: bool) -> int:
    """Run the command `argv` to its end; return its exit status, 128 + N if signal N ended it.

    A command that cannot be started gives NOT_FOUND or NOT_EXECUTABLE.
    Args: argv: may be empty if `is_explained`; then nothing runs. is_explained: whether to print
        first what confines the command.
    Raises: SandboxUnavailableError; UsageError, if there is nothing to do; CodexError.
    """
    if not argv and not is_explained:
        raise UsageError("there is no command to run", advice="See codex sandbox --help.")
    for warning in config.warnings:
        host.stderr.write(f"warning: {printable(warning)}\n")
    environment, confinement = command_setting(config, host, config.sandbox_policy)
    if is_explained:
        host.stdout.write(explain(confinement))
        if not argv:
            return ExitStatus.DONE
    host.stdout.flush()
    host.stderr.flush()
    params = ExecParams(tuple(argv), config.cwd, NO_TIMEOUT_MS, environment)
    is_mounted = confinement.enforcement.has_namespaces
    undone: list[str] = []
    try:
        with Tripwire().watching(confinement.protection, is_mounted=is_mounted, into=undone):
            return _run(host, params, confinement)
    except SpawnError as error:
        host.stderr.write(f"Error: {printable(str(error))}\n")
        is_missing = isinstance(error, ProgramNotFoundError)
        return ExitStatus.NOT_FOUND if is_missing else ExitStatus.NOT_EXECUTABLE
    finally:
        for line in undone:
            host.stderr.write(f"warning: {line}\n")


def _run(host: Host, params: ExecParams, confinement: Confinement) -> int:
    with _forwarding() as forward:
        attached = Attached(Stdio(0, 1, 2), on_start=forward.to)
        result = run_command(params, confinement, cancel=Cancel(), attached=attached)
    for root in confinement.refused:
        host.stderr.write(f"warning: '{printable(root.path)}' was not writable: {root.reason}\n")
    return result.exit_code


class _Forward:
    """Forwards signals to the command; those that arrive before its start wait for the start."""

    def __init__(self) -> None:
        self._waiting: list[int] = []
        self._send: Callable[[int], None] = self._waiting.append

    def __call__(self, number: int, _frame: FrameType | None) -> None:
        """Forward the signal `number`, or hold it until the command starts."""
        self._send(number)

    def to(self, send: Callable[[int], None]) -> None:
        """Pass the signals held so far, and all later ones, to `send`."""
        self._send = send
        for number in self._waiting:
            send(number)


@contextlib.contextmanager
def _forwarding() -> Iterator[_Forward]:
    """Forward signals inside the block, except those that this process already ignores."""
    forward = _Forward()
    heeded = [number for number in FORWARDED if signal.getsignal(number) != signal.SIG_IGN]
    previous = {number: signal.signal(number, forward) for number in heeded}
    try:
        yield forward
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
