"""Host: what the program was given by the outside world, read once and passed down as one value.

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
    """The arguments, without the program's name."""
    environ: Mapping[str, str]
    cwd: str
    """Absolute."""
    stdin: TextIO
    stdout: TextIO
    stderr: TextIO
    clock: Callable[[], float]
    """Seconds since the epoch."""

    def home(self) -> str | None:
        """The user's home directory, from HOME or the user database; None when neither knows."""
        if home := self.environ.get("HOME"):
            return home
        # Not os.path.expanduser, to which an empty HOME means "/".
        try:
            import pwd

            return pwd.getpwuid(os.getuid()).pw_dir or None
        except (ImportError, KeyError):  # KeyError: no such user, as in an empty root
            return None

    def abandon_output(self, stream: TextIO | None = None) -> None:
        """Let what is still buffered go nowhere: nobody reads it, and the interpreter complains.

        For the streams of a process, once writing to one of them has failed.

        Args: stream: the one that failed, where the other can still say so; None is both.
        """
        with contextlib.suppress(OSError), open(os.devnull, "wb") as nowhere:
            for failed in (self.stdout, self.stderr) if stream is None else (stream,):
                os.dup2(nowhere.fileno(), failed.fileno())


def current_host() -> Host:
    """The Host of this process.

    A working directory that no longer exists is taken from PWD, or becomes "/", so that the program
    can still say what is wrong with it.
    """
    for stream in (sys.stdout, sys.stderr):
        # An old locale must not make text unprintable; a stream may also be closed from the start.
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
    """What stands for a standard stream that the caller closed."""
    return open(os.devnull, mode, encoding="utf-8")
