"""Transport to an MCP server that is a child process and communicates over pipes.

The thread `mcp-NAME` owns all three pipes: it reads the server's messages, keeps the end of its
stderr, and writes the messages that `send` has queued, so that a server that does not read blocks
no caller. The child has a process group of its own, which Control-C in a terminal does not reach,
but stays in the agent's POSIX session: that is how `sandbox/linux/tree.py` tells it from processes
that a command left behind.
"""

from __future__ import annotations

import contextlib
import logging
import os
import selectors
import signal
import threading
import time
from collections import deque
from typing import TYPE_CHECKING

from codex.base.errors import SpawnError
from codex.base.printable import printable
from codex.jsonrpc.messages import (
    MAX_LINE_BYTES,
    PARSE_ERROR,
    InvalidMessage,
    LineBuffer,
    encode_message,
    parse_messages,
)
from codex.jsonrpc.peer import PeerGoneError

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Mapping, Sequence

    from codex.jsonrpc.messages import RpcMessage

logger = logging.getLogger(__name__)

INHERITED = (
    *("HOME", "LOGNAME", "PATH", "SHELL", "USER", "__CF_USER_TEXT_ENCODING"),
    *("LANG", "LC_ALL", "TERM", "TMPDIR", "TZ"),
)
"""Variables of the user's environment that every server gets; others may hold secrets."""

_PIECE_BYTES = 64 * 1024
STDERR_BYTES = 4 * 1024
"""Number of bytes, from the end of stderr, to quote in the error that reports the server's end."""
_CLOSE_S = 0.5
"""Time limit for a server to end after its standard input is closed, and again after SIGTERM; the
user waits for it."""
POLL_S = 0.005


def server_environment(
    environ: Mapping[str, str], *, passed: Sequence[str], fixed: Mapping[str, str]
) -> dict[str, str]:
    """Return the environment variables of a server's process.

    Args: passed: names of variables to inherit besides INHERITED. fixed: variables to set.
    """
    names = (*INHERITED, *passed)
    return {name: environ[name] for name in names if name in environ} | dict(fixed)


class StdioTransport:
    """Transport to one server process."""

    name = "stdio"

    def __init__(
        self, server: str, argv: Sequence[str], *, cwd: str, environ: Mapping[str, str]
    ) -> None:
        self._server = server
        self._argv = list(argv)
        self._cwd = cwd
        self._environ = dict(environ)
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        self._outgoing: deque[bytes] = deque()
        self._is_ending = False
        self._stderr = b""
        self._wake_read, self._wake_write = -1, -1
        self._thread: threading.Thread | None = None

    def start(
        self, receive: Callable[[RpcMessage | InvalidMessage], None], ended: Callable[[str], None]
    ) -> None:
        """Start the process, and a thread that calls `receive` per message and `ended` at the end.

        Raises: SpawnError.
        """
        import subprocess

        try:
            self._process = subprocess.Popen(
                self._argv,
                cwd=self._cwd,
                env=self._environ,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                bufsize=0,
                process_group=0,
            )
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error)
            if isinstance(error, OSError) and error.filename == self._cwd:
                reason = f"the working directory '{self._cwd}': {reason}"
            raise SpawnError(f"cannot run '{self._argv[0]}': {reason}") from error
        self._wake_read, self._wake_write = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        self._thread = threading.Thread(
            target=self._run, args=(receive, ended), name=f"mcp-{self._server}", daemon=True
        )
        self._thread.start()

    def send(self, message: RpcMessage) -> None:
        """Queue a message for the server.

        Raises: PeerGoneError, if the server has ended.
        """
        line = encode_message(message) + b"\n"
        with self._lock:
            if self._is_ending or self._process is None:
                raise PeerGoneError(f"the MCP server '{self._server}' is not running")
            self._outgoing.append(line)
            self._wake()

    def agreed(self, protocol_version: str) -> None:
        """Do nothing: on pipes, nothing depends on the version."""

    def begin_close(self) -> None:
        """Tell the thread to end the server: it closes stdin, then sends SIGTERM, then SIGKILL."""
        with self._lock:
            self._is_ending = True
            if self._thread is not None:
                self._wake()

    def close(self) -> None:
        """End the server; wait until it has ended, unless called in the transport's thread."""
        self.begin_close()
        thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join()

    def _wake(self) -> None:
        with contextlib.suppress(BlockingIOError):
            os.write(self._wake_write, b"x")

    # Everything below runs in the thread `mcp-NAME`

    def _run(
        self, receive: Callable[[RpcMessage | InvalidMessage], None], ended: Callable[[str], None]
    ) -> None:
        process = self._process
        assert process is not None
        try:
            self._pump(process, receive)
        except Exception:
            logger.debug("the thread of %s failed", self._server, exc_info=True)
        with self._lock:
            was_asked = self._is_ending
            self._is_ending = True
        obituary = self._end(process)
        ended("it was stopped" if was_asked else obituary)
        with self._lock:
            os.close(self._wake_read)
            os.close(self._wake_write)
            self._thread = None

    def _pump(
        self,
        process: subprocess.Popen[bytes],
        receive: Callable[[RpcMessage | InvalidMessage], None],
    ) -> None:
        """Serve the pipes until the server closes its output, or `close` is called."""
        stdin, stdout, stderr = _descriptors(process)
        lines = _Lines(receive)
        with selectors.DefaultSelector() as selector:
            for fd in (stdout, stderr, self._wake_read):
                selector.register(fd, selectors.EVENT_READ)
            while not self._is_ending:
                ready = {key.fd for key, _ in selector.select()}
                if self._wake_read in ready:
                    os.read(self._wake_read, _PIECE_BYTES)
                if stderr in ready and not self._keep_stderr(_read(stderr)):
                    selector.unregister(stderr)
                if stdout in ready and (piece := _read(stdout)) is not None:
                    if not piece:
                        return
                    lines.take(piece)
                self._write(stdin, selector)

    def _write(self, stdin: int, selector: selectors.BaseSelector) -> None:
        """Write queued messages, as far as the server accepts them."""
        while True:
            with self._lock:
                line = self._outgoing.popleft() if self._outgoing else None
            if line is None:
                break
            try:
                written = os.write(stdin, line)
            except BlockingIOError:
                written = 0
            except OSError:
                return  # The server has stopped reading; its output will tell whether it runs.
            if written < len(line):
                with self._lock:
                    self._outgoing.appendleft(line[written:])
                break
        is_watched = stdin in selector.get_map()
        if line is not None and not is_watched:
            selector.register(stdin, selectors.EVENT_WRITE)
        elif line is None and is_watched:
            selector.unregister(stdin)

    def _keep_stderr(self, piece: bytes | None) -> bool:
        """Append `piece` to the kept end of stderr; return False if stderr is closed."""
        if piece:
            self._stderr = (self._stderr + piece)[-STDERR_BYTES:]
            for line in piece.decode("utf-8", "replace").splitlines():
                logger.debug("%s: %s", self._server, line)
        return piece != b""

    def _end(self, process: subprocess.Popen[bytes]) -> str:
        """Close the server's stdin, end its process group, and return how the server ended."""
        stdin, *outputs = _descriptors(process)
        with contextlib.suppress(OSError):
            os.write(stdin, b"".join(self._outgoing))  # perhaps the cancellation of a call
        assert process.stdin is not None
        process.stdin.close()
        ended_by_itself = self._has_ended(process.pid, outputs)
        if not ended_by_itself:
            _signal_group(process.pid, signal.SIGTERM)
            self._has_ended(process.pid, outputs)
        # Signal the group before reaping the server: until then no other group can have its number.
        _signal_group(process.pid, signal.SIGKILL)
        status = process.wait()
        for stream in (process.stdout, process.stderr):
            assert stream is not None
            stream.close()
        return self._obituary(status if ended_by_itself else None)

    def _has_ended(self, pid: int, outputs: Sequence[int]) -> bool:
        """Wait up to _CLOSE_S for the server to end; return whether it has ended.

        Reads its output meanwhile: a full pipe could keep it from ending.
        """
        stdout, stderr = outputs
        deadline = time.monotonic() + _CLOSE_S
        while not (has_ended := _is_zombie(pid)) and time.monotonic() < deadline:
            _read(stdout)
            self._keep_stderr(_read(stderr))
            time.sleep(POLL_S)
        self._keep_stderr(_read(stderr))
        return has_ended

    def _obituary(self, status: int | None) -> str:
        """Return how the server ended, and the end of its stderr, as text for the user.

        Args: status: exit status, negative for a signal; None if the server had to be ended.
        """
        if status is None:
            how = "it closed its output"
        elif status < 0:
            how = f"it was ended by signal {-status}"
        else:
            how = f"it exited with status {status}"
        words = printable(self._stderr.decode("utf-8", "replace")).strip()
        return f"{how}; the end of its stderr:\n{words}" if words else how


def _descriptors(process: subprocess.Popen[bytes]) -> tuple[int, int, int]:
    """Return the descriptors of a process's stdin, stdout and stderr, set to non-blocking."""
    streams = (process.stdin, process.stdout, process.stderr)
    fds = [stream.fileno() for stream in streams if stream is not None]
    for fd in fds:
        os.set_blocking(fd, False)
    stdin, stdout, stderr = fds
    return stdin, stdout, stderr


def _read(fd: int) -> bytes | None:
    """Return the bytes that are available; b"" at the end, None if there are none yet."""
    try:
        return os.read(fd, _PIECE_BYTES)
    except BlockingIOError:
        return None
    except OSError:
        return b""


def _is_zombie(pid: int) -> bool:
    """Return whether a child has ended, without reaping it."""
    return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


class _Lines:
    """Splits a server's output into messages; a line that is too long becomes an InvalidMessage."""

    def __init__(self, receive: Callable[[RpcMessage | InvalidMessage], None]) -> None:
        self._receive = receive
        self._lines = LineBuffer()
        self._told_count = 0

    def take(self, piece: bytes) -> None:
        """Pass on every message that `piece` completes."""
        for line in self._lines.feed(piece):
            for message in parse_messages(line):
                self._receive(message)
        while self._told_count < self._lines.dropped_count:
            self._told_count += 1
            self._receive(
                InvalidMessage(None, PARSE_ERROR, f"a line of over {MAX_LINE_BYTES:,} bytes")
            )


def _signal_group(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)
