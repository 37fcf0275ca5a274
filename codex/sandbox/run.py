"""Run one command, and every process that it starts, to the end.

One loop waits for the command's output, its exit, the user's cancel and the time-out. No process of
a command survives `run_command`, however the command ends; linux/tree.py says how.
"""

from __future__ import annotations

import contextlib
import enum
import fcntl
import os
import selectors
import sys
import time
from signal import SIGKILL
from typing import TYPE_CHECKING

from codex.protocol.events import OutputStream
from codex.sandbox.launch import start
from codex.sandbox.output import CappedOutput, LiveOutput
from codex.sandbox.params import INTERRUPTED, SIGNAL_BASE, TIMED_OUT, ExecResult

if TYPE_CHECKING:
    from collections.abc import Callable

    from codex.base.cancel import Cancel
    from codex.sandbox.confinement import Confinement
    from codex.sandbox.launch import Started
    from codex.sandbox.params import Attached, ExecParams

READ_SIZE = 256 * 1024
DEFAULT_PIPE_SIZE = 64 * 1024
LARGE_PIPE_SIZE = 1024 * 1024
"""Pipe size in bytes for a command that fills a pipe of the default size, so that it waits less
often. It is the most that the kernel allows; setting it costs 30 us, so few commands get it."""

TIMEOUT_GRACE_S = 2.0
INTERRUPT_GRACE_S = 0.5
"""Seconds between SIGTERM and SIGKILL, after the time-out or after the user's cancel."""
LINGER_S = 0.1
"""Seconds that pipes may stay open after the command has ended: `> >(tee log)` needs a moment."""
TICK_S = 0.1
BUSY_TICK_S = 0.01
"""Seconds between polls for changes that send no event. The shorter time applies while the command
is ending, or when it has no descriptor to wait for."""


class _Phase(enum.Enum):
    RUNNING = enum.auto()
    LINGERING = enum.auto()
    """The command has ended without being asked to, but its output pipes are still open."""
    ENDING = enum.auto()
    """The command was asked to end."""
    OVER = enum.auto()


class _StreamReader:
    """One of a command's two output streams, and what was read from it."""

    def __init__(self, stream: OutputStream, fd: int) -> None:
        self.stream = stream
        self.fd = fd
        self.kept = CappedOutput()
        self.live = LiveOutput()
        self.has_large_pipe = False

    def enlarge_pipe(self) -> None:
        """Try to enlarge the pipe; the kernel refuses if the user already has many large ones."""
        self.has_large_pipe = True
        if sys.platform == "linux":
            with contextlib.suppress(OSError):
                fcntl.fcntl(self.fd, fcntl.F_SETPIPE_SZ, LARGE_PIPE_SIZE)


def run_command(
    params: ExecParams,
    confinement: Confinement,
    *,
    cancel: Cancel,
    on_output: Callable[[OutputStream, str], None] = lambda _stream, _text: None,
    attached: Attached | None = None,
) -> ExecResult:
    """Run a command and wait until none of its processes is left; README.md lists the exceptions.

    Args: cancel: ends the command when it is set; if it is set already, nothing is started.
        on_output: called in this thread with the text of a stream as it arrives, up to the limits
        of LiveOutput. attached: streams for the command in place of pipes; its output is then not
        read.
    Raises: SpawnError, when the command cannot be started; SandboxUnavailableError, when the
        kernel cannot enforce the policy, in which case nothing was run.
    """
    if cancel.is_set():
        return ExecResult(
            exit_code=INTERRUPTED,
            stdout="",
            stderr="",
            output="",
            duration_ms=0,
            is_interrupted=True,
        )
    with contextlib.ExitStack() as stack:
        stdio = None if attached is None else attached.stdio
        started = start(params, confinement, stdio=stdio, stack=stack)
        is_sandboxed = confinement.enforcement.has_rules
        execution = _Execution(started, cancel, on_output, is_sandboxed=is_sandboxed)
        if attached is not None:
            attached.on_start(execution.send)
        try:
            execution.loop(started.at + params.timeout_ms / 1000)
        finally:
            execution.clean_up()
        return execution.result()


class _Execution:
    """One running command, from its start to its clean-up."""

    def __init__(
        self,
        started: Started,
        cancel: Cancel,
        on_output: Callable[[OutputStream, str], None],
        *,
        is_sandboxed: bool,
    ) -> None:
        self._processes = started.processes
        self._is_sandboxed = is_sandboxed
        self._started_at = started.at
        self._readers = [
            _StreamReader(stream, fd)
            for stream, fd in zip(OutputStream, started.outputs or (), strict=False)
        ]
        self._cancel = cancel
        self._on_output = on_output
        self._merged = CappedOutput()
        self._phase = _Phase.RUNNING
        self._deadline = 0.0
        self._is_timed_out = False
        self._is_interrupted = False
        self._has_exited = False
        self._look_at = self._started_at + TICK_S
        self._open = set(self._readers)

    def send(self, number: int) -> None:
        """Send a signal to the command and its process group."""
        self._processes.send(number)

    def loop(self, deadline: float) -> None:
        """Wait until the command is over, or has to be killed."""
        self._deadline = deadline
        with selectors.PollSelector() as selector:
            for reader in self._readers:
                selector.register(reader.fd, selectors.EVENT_READ, reader)
            selector.register(self._cancel.fileno(), selectors.EVENT_READ)
            if (fd := self._processes.fileno()) is not None:
                selector.register(fd, selectors.EVENT_READ, self._processes)
            while self._phase is not _Phase.OVER:
                for key, _ in selector.select(self._wait_s()):
                    if self._is_finished(key):
                        selector.unregister(key.fileobj)
                self._tick()

    def _wait_s(self) -> float:
        due = [self._look_at, self._deadline]
        due += [at for reader in self._open if (at := reader.live.due_at()) is not None]
        return max(0.0, min(due) - time.monotonic())

    def _is_finished(self, key: selectors.SelectorKey) -> bool:
        """Handle one event; return whether its source is exhausted."""
        if isinstance(key.data, _StreamReader):
            return not self._read(key.data)
        if key.data is None:
            self._interrupt()
        else:
            self._has_exited = self._processes.is_over()
        return True

    def _read(self, reader: _StreamReader) -> bool:
        """Read and forward the available bytes of a stream; return False at its end."""
        data = os.read(reader.fd, READ_SIZE)
        if not data:
            self._open.discard(reader)
            self._forward(reader, reader.live.close())
            return False
        if len(data) >= DEFAULT_PIPE_SIZE and not reader.has_large_pipe:
            reader.enlarge_pipe()
        newlines = data.count(b"\n")
        reader.kept.add(data, newlines)
        self._merged.add(data, newlines)
        self._forward(reader, reader.live.add(data, time.monotonic()))
        return True

    def _forward(self, reader: _StreamReader, text: str) -> None:
        if text:
            self._on_output(reader.stream, text)

    def _interrupt(self) -> None:
        if self._phase is _Phase.LINGERING:
            self._phase = _Phase.OVER
            return
        self._is_interrupted = True
        self._end(INTERRUPT_GRACE_S)

    def _end(self, grace_s: float) -> None:
        """Ask the command to end; it is killed when the grace period is over."""
        deadline = time.monotonic() + grace_s
        if self._phase is _Phase.ENDING:
            self._deadline = min(self._deadline, deadline)
            return
        self._phase = _Phase.ENDING
        self._deadline = deadline
        self._look_at = 0.0
        self._processes.terminate()

    def _tick(self) -> None:
        """Forward output that is due, and handle deadlines and changes that send no event."""
        now = time.monotonic()
        for reader in self._open:
            due_at = reader.live.due_at()
            if due_at is not None and due_at <= now:
                self._forward(reader, reader.live.flush(now))
        if self._phase is _Phase.RUNNING and self._has_exited:
            self._phase = _Phase.LINGERING
            self._deadline = now + LINGER_S
        if self._phase is _Phase.LINGERING and not self._open:
            self._phase = _Phase.OVER
        elif now >= self._deadline:
            self._on_deadline()
        elif now >= self._look_at:
            self._look(now)

    def _on_deadline(self) -> None:
        if self._phase is _Phase.RUNNING:
            self._is_timed_out = True
            self._end(TIMEOUT_GRACE_S)
        else:
            self._phase = _Phase.OVER

    def _look(self, now: float) -> None:
        processes = self._processes
        is_busy = self._phase is _Phase.ENDING or processes.fileno() is None
        self._look_at = now + (BUSY_TICK_S if is_busy else TICK_S)
        if processes.fileno() is None:
            self._has_exited = processes.is_over()
        is_empty = processes.have_all_ended() and not self._open
        if self._phase is _Phase.ENDING and self._has_exited and is_empty:
            self._phase = _Phase.OVER

    def clean_up(self) -> None:
        """Kill and reap every process of the command that is left."""
        self._processes.clear_away()

    def result(self) -> ExecResult:
        """Return the result, including the output that was still in the pipes."""
        if self._open:
            self._drain()
        exit_code, signal = self._exit()
        texts = {reader.stream: reader.kept.text() for reader in self._readers}
        return ExecResult(
            exit_code=exit_code,
            stdout=texts.get(OutputStream.STDOUT, ""),
            stderr=texts.get(OutputStream.STDERR, ""),
            output=self._merged.text(),
            duration_ms=round((time.monotonic() - self._started_at) * 1000),
            is_timed_out=self._is_timed_out and not self._is_interrupted,
            is_interrupted=self._is_interrupted,
            signal=signal,
            is_sandboxed=self._is_sandboxed,
        )

    def _drain(self) -> None:
        """Read the rest without waiting. Only a process that could not be killed can write more."""
        with selectors.PollSelector() as selector:
            for reader in self._open:
                selector.register(reader.fd, selectors.EVENT_READ, reader)
            deadline = time.monotonic() + LINGER_S
            while (events := selector.select(0)) and time.monotonic() < deadline:
                for key, _ in events:
                    if self._is_finished(key):
                        selector.unregister(key.fileobj)
        for reader in self._open:
            self._forward(reader, reader.live.close())

    def _exit(self) -> tuple[int, int | None]:
        status = self._processes.status
        ended = -SIGKILL if status is None else os.waitstatus_to_exitcode(status)
        signal = -ended if ended < 0 else None
        exit_code = SIGNAL_BASE - ended if ended < 0 else ended
        if self._is_interrupted:
            return INTERRUPTED, signal
        if self._is_timed_out:
            return TIMED_OUT, signal
        return exit_code, signal
