"""Run a program in a pseudo-terminal, whose screen pyte emulates."""

from __future__ import annotations

import contextlib
import fcntl
import os
import select
import signal
import struct
import subprocess
import termios
import threading
import time
from typing import TYPE_CHECKING, Any

from tests.support.screen.tui import Shown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

PATIENCE_S = 60.0


class TerminalProgram:
    """One run of a program; a context manager that kills its process group."""

    def __init__(
        self,
        argv: Sequence[str],
        *,
        cwd: Path,
        environ: Mapping[str, str],
        size: tuple[int, int] = (80, 24),
    ) -> None:
        """Start the program. Args: size: columns and rows."""
        self._master, self._slave = os.openpty()
        self._set_size(size)
        self.modes_before = self.modes()
        self.shown = Shown(*size)
        self.process = subprocess.Popen(
            argv,
            cwd=cwd,
            env={**environ, "TERM": "xterm-256color"},
            stdin=self._slave,
            stdout=self._slave,
            stderr=self._slave,
            start_new_session=True,
        )
        self._is_closing = False
        self._reader = threading.Thread(target=self._read, name="pty-reader")
        self._reader.start()

    def __enter__(self) -> TerminalProgram:
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self._is_closing = True
        self._reader.join()
        os.close(self._master)
        os.close(self._slave)

    def _read(self) -> None:
        rest = b""
        while not self._is_closing:
            if not select.select([self._master], [], [], 0.05)[0]:
                continue
            rest += os.read(self._master, 65536)
            text = rest.decode("utf-8", "ignore")
            rest = b"" if rest == text.encode() else rest[len(text.encode()) :]
            self.shown.write(text)
            if "\x1b[6n" in text:
                os.write(self._master, b"\x1b[1;1R")

    def _set_size(self, size: tuple[int, int]) -> None:
        fcntl.ioctl(self._slave, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))

    def resize(self, columns: int, rows: int) -> None:
        """Resize the window, and tell the program by SIGWINCH."""
        self.shown.resize(columns, rows)
        self._set_size((columns, rows))
        os.killpg(self.process.pid, signal.SIGWINCH)

    def modes(self) -> list[Any]:
        """Return the settings of the terminal's line discipline."""
        return termios.tcgetattr(self._slave)

    def send(self, text: str) -> None:
        """Type `text`."""
        os.write(self._master, text.encode())

    def text(self) -> str:
        """Return the text of the screen."""
        with self.shown.changed:
            return "\n".join(row.rstrip() for row in self.shown.screen.display)

    def wait_for(self, what: str) -> str:
        """Wait until the screen shows a text; return the screen."""
        end = time.monotonic() + PATIENCE_S
        with self.shown.changed:
            while what not in (text := self._display()):
                left = end - time.monotonic()
                assert left > 0, f"not {what!r} on the screen:\n{text}"
                self.shown.changed.wait(min(left, 1.0))
            return text

    def _display(self) -> str:
        return "\n".join(row.rstrip() for row in self.shown.screen.display)

    def wait(self) -> int:
        """Wait for the program's end; return the exit code, negative for a signal."""
        status = self.process.wait(PATIENCE_S)
        # Its last output may still be on its way.
        self._is_closing = True
        self._reader.join()
        with contextlib.suppress(OSError):
            while select.select([self._master], [], [], 0)[0]:
                self.shown.write(os.read(self._master, 65536).decode("utf-8", "ignore"))
        return status
