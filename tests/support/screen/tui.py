"""The full screen under test: the real application, keys in by a pipe, its output on a pyte screen.

with FakeModel([Reply.text("hello")]) as model, Tui(model, tmp_path) as tui:
    tui.type("hi\\r")
    tui.wait_for("hello")
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import io
import os
import re
import termios
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pyte
from prompt_toolkit.data_structures import Size
from prompt_toolkit.input import create_pipe_input

from codex.protocol.policy import AskForApproval
from codex.tui.app import App
from codex.tui.options import TuiOptions
from codex.tui.screen import KEY_TIMEOUT_S
from codex.tui.terminal.terminal import TerminalOutput
from tests.support.engine import fake_config
from tests.support.hosts import make_host
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from codex.rollout.resume import Resumed
    from tests.support.model.fake_model import FakeModel

PATIENCE_S = 30.0
KEYS = {
    "enter": "\r", "escape": "\x1b", "tab": "\t", "up": "\x1b[A", "down": "\x1b[B",
    "pageup": "\x1b[5~", "pagedown": "\x1b[6~", "home": "\x1b[H", "end": "\x1b[F",
    "alt-up": "\x1b\x1b[A", "shift-up": "\x1b[1;2A", "shift-down": "\x1b[1;2B",
    "wheel-up": "\x1b[A" * 3, "wheel-down": "\x1b[B" * 3, "backspace": "\x7f",
    **{f"ctrl-{letter}": chr(ord(letter) & 0x1F) for letter in "abcdefghijklmnopqrstuvwxyz"},
}  # fmt: skip
_PRIVATE = re.compile(r"\x1b\[[<=>][0-9;]*[a-zA-Z]")
"""Sequences that pyte misreads."""


class Shown(io.StringIO):
    """Output stream whose text is drawn on an emulated screen."""

    def __init__(self, columns: int, rows: int) -> None:
        super().__init__()
        self.changed = threading.Condition()
        self.screen = pyte.Screen(columns, rows)
        self._stream = pyte.Stream(self.screen)
        self.raw = ""
        """All text written so far."""

    def isatty(self) -> bool:
        return True

    def write(self, text: str) -> int:
        with self.changed:
            self.raw += text
            self._stream.feed(_PRIVATE.sub("", text))
            self.changed.notify_all()
        return len(text)

    def resize(self, columns: int, rows: int) -> None:
        with self.changed:
            self.screen.resize(rows, columns)


class Tui:
    """The application in a thread; a context manager that ends it."""

    def __init__(
        self,
        model: FakeModel,
        folder: Path,
        /,
        *,
        options: TuiOptions | None = None,
        size: tuple[int, int] = (80, 24),
        environ: dict[str, str] | None = None,
        is_repository: bool = True,
        resumed: Resumed | None = None,
        **settings: object,
    ) -> None:
        """Prepare a run in `folder`. Args: size: columns and rows. settings: fields of Config."""
        if is_repository:
            (folder / ".git").mkdir(exist_ok=True)
        self.folder = folder
        self.size = size
        self.shown = Shown(*size)
        config = fake_config(model.base_url, str(folder))
        config = msgspec.structs.replace(config, approval_policy=AskForApproval.UNTRUSTED)
        self.config = msgspec.structs.replace(config, **settings)
        self._options = options or TuiOptions()
        self._resumed = resumed
        home = folder / "codex-home"
        home.mkdir(exist_ok=True)
        self._host = make_host(
            folder,
            environ={
                "PATH": os.environ["PATH"],
                "HOME": str(home),
                "TERM": "xterm-256color",
                **(environ or {}),
            },
        )._replace(clock=time.time)
        self._ready = threading.Event()
        self.result: int | None = None
        self.failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="tui-under-test")

    def __enter__(self) -> Tui:
        self._thread.start()
        assert self._ready.wait(PATIENCE_S)
        return self

    def __exit__(self, *_: object) -> None:
        self._call(self.app.quit)
        self.join()
        assert self.failure is None, self.failure

    def join(self) -> int:
        """Wait for the application's end; return its exit code, or -1 if it has none."""
        self._thread.join(PATIENCE_S)
        assert not self._thread.is_alive(), "the application does not end"
        return self.result if self.result is not None else -1

    def _run(self) -> None:
        try:
            asyncio.run(self._run_async())
        except BaseException as error:  # noqa: BLE001 - the test reports it
            self.failure = error
        finally:
            self._ready.set()

    async def _run_async(self) -> None:
        with create_pipe_input() as pipe:
            self._pipe = pipe
            output = TerminalOutput(
                self.shown,
                lambda: Size(rows=self.size[1], columns=self.size[0]),
                term="xterm-256color",
                enable_cpr=False,
            )
            self.app = App(
                self._host,
                self.config,
                self._options,
                input=pipe,
                output=output,
                resumed=self._resumed,
            )
            self._loop = asyncio.get_running_loop()
            self._ready.set()
            try:
                self.result = await self.app.run()
            finally:
                self.app.close()

    def _call(self, function: Callable[[], object]) -> None:
        with contextlib.suppress(RuntimeError):  # it has ended by itself
            self._loop.call_soon_threadsafe(function)

    # What the user does.

    def type(self, text: str) -> None:
        """Send `text` as the terminal would, and wait until the application has handled it.

        Keys that are sent later never arrive together with these: that would be a paste.
        """
        self._pipe.send_text(text)
        wait_until(
            lambda: not (self._thread.is_alive() and self._holds_unread_keys()),
            "the application reads its keys",
        )
        self._pass_in_loop(0)

    def press(self, *names: str) -> None:
        """Press keys by name, one after the other; each is handled before the next."""
        for name in names:
            self.type(KEYS.get(name, name))
            self.settle()

    def paste(self, text: str) -> None:
        """Paste, as terminals mark it."""
        self.type(f"\x1b[200~{text}\x1b[201~")

    def resize(self, columns: int, rows: int) -> None:
        """Resize the window."""
        self.size = (columns, rows)
        self.shown.resize(columns, rows)
        self._call(self.app.resized)

    def settle(self) -> None:
        """Wait until all input is handled, with an Escape at its end recognized as a key."""
        self._pass_in_loop(3 * KEY_TIMEOUT_S)

    def _pass_in_loop(self, delay_s: float) -> None:
        """Wait until `delay_s` seconds have passed in the application's loop, or it has ended."""
        done = threading.Event()
        self._call(lambda: self._loop.call_later(delay_s, done.set))
        while self._thread.is_alive() and not done.wait(0.02):
            pass

    def _holds_unread_keys(self) -> bool:
        with contextlib.suppress(OSError, ValueError):  # it has ended by itself
            size = fcntl.ioctl(self._pipe.fileno(), termios.FIONREAD, bytes(4))
            return any(size)
        return False

    # What the user sees.

    def lines(self) -> list[str]:
        """Return the rows of the screen, without trailing blanks."""
        with self.shown.changed:
            return [row.rstrip() for row in self.shown.screen.display]

    def text(self) -> str:
        """Return the text of the screen."""
        return "\n".join(self.lines())

    def wait_for(self, what: str | Callable[[str], bool], *, is_there: bool = True) -> str:
        """Wait until the screen shows a text, or no longer shows it; return the screen."""
        end = time.monotonic() + PATIENCE_S
        while True:
            with self.shown.changed:
                text = "\n".join(row.rstrip() for row in self.shown.screen.display)
                found = what in text if isinstance(what, str) else what(text)
                if found == is_there:
                    return text
                left = end - time.monotonic()
                if left <= 0 or not self._thread.is_alive():
                    raise AssertionError(f"not {what!r} on the screen:\n{text}\n{self.failure!r}")
                self.shown.changed.wait(min(left, 1.0))

    def wait_gone(self, what: str) -> str:
        """Wait until the screen no longer shows a text; return the screen."""
        return self.wait_for(what, is_there=False)
