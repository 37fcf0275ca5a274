"""Host: everything the outside world gives the program, read once and passed down as one value.

The only place that reads the arguments, the standard streams, the environment, the working
directory and the clock. A test builds another Host.
"""

from __future__ import annotations

import contextlib
import io
import os
import sys
import time
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Literal, TextIO


class Host(NamedTuple):
    """The outside world of one run."""

    argv: tuple[str, ...]
    """The command-line arguments, without the program's name."""
    environ: Mapping[str, str]
    cwd: str
    """Working directory, absolute."""
    stdin: TextIO
    stdout: TextIO
    stderr: TextIO
    clock: Callable[[], float]
    """Function that returns the time, in seconds since the epoch."""

    def home(self) -> str | None:
        """Return the user's home directory from HOME or the user database; None if unknown."""
        if home := self.environ.get("HOME"):
            return home
        # os.path.expanduser would take an empty HOME for "/".
        try:
            import pwd

            return pwd.getpwuid(os.getuid()).pw_dir or None
        except (ImportError, KeyError):  # KeyError: no such user, as in an empty root
            return None

    def abandon_output(self, stream: TextIO | None = None) -> None:
        """Discard what a standard stream has buffered and what is written to it from now on.

        To be called when a write to it has failed: at exit, the interpreter would try once more and
        complain.

        Args: stream: the stream that failed, if the other one still works; None means stdout and
            stderr.
        """
        with contextlib.suppress(OSError), open(os.devnull, "wb") as nowhere:
            for failed in (self.stdout, self.stderr) if stream is None else (stream,):
                os.dup2(nowhere.fileno(), failed.fileno())


def current_host() -> Host:
    """Return the Host of this process, and make its stdout and stderr write UTF-8.

    If the working directory no longer exists, PWD or "/" takes its place, so that the program can
    still report the problem.
    """
    for stream in (sys.stdout, sys.stderr):
        # An old locale must not make text unprintable. The caller may have closed a stream.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="replace")
    try:
        cwd = os.getcwd()
    except OSError:
        cwd = os.environ.get("PWD", "/")
    return Host(
        argv=tuple(sys.argv[1:]),
        environ=dict(os.environ),
        cwd=cwd,
        stdin=sys.stdin or _nothing("r"),
        stdout=sys.stdout or _nothing("w"),
        stderr=sys.stderr or _nothing("w"),
        clock=time.time,
    )


def _nothing(mode: Literal["r", "w"]) -> TextIO:
    """Return a substitute for a standard stream that the caller closed."""
    return open(os.devnull, mode, encoding="utf-8")
