"""Fuzz targets: the full screen under random keys, and random output of commands and models."""

from __future__ import annotations

import asyncio
import fcntl
import logging
import termios
from collections.abc import Callable
from pathlib import Path

from prompt_toolkit.data_structures import Size
from prompt_toolkit.input import create_pipe_input

from codex.protocol import events as ev
from codex.tui.app import App
from codex.tui.options import TuiOptions
from codex.tui.terminal.terminal import KeyParser, TerminalOutput
from tests.support.engine import fake_config
from tests.support.fuzz import Target
from tests.support.hosts import make_host
from tests.support.screen.tui import Shown
from tests.support.waiting import PATIENCE_S

SIZES = ((80, 24), (20, 6), (33, 9), (120, 40))
KEYS = [
    "hello\r\x1b[A\x1b[B\x1b\x1b\x03\x14/x\rq\x1b[200~paste\ny\x1b[201~\x15\t",
    "/model\r\x1b@src\x1b[13;2u!ls\r\x12abc\x1b[5~\x1b[6~\x1b[H\x1b[F\x0c",
    "\x1b[I\x1b[O\x1b[<64;1;1M\x1b[57414u\x1b]11;rgb:1/2/3\x07\x1b[1;5A\x1bOP\x1b[",
    "\x1b[A\x1b[A\x1b[A\x1b[B\x1b[B\x1b[B\x1b[200~unended \x1b[201",
    "ü漢字👩‍👩‍👧‍👦é\x01\x05\x0b\x19\x17\x1bd\x1bb\x1bf\x1f",
]
OUTPUTS = [
    "plain\n\ttabbed\r\nover\rwritten\x1b[31mred\x1b[0m\x1b[2J\x1b[H\x1b]0;title\x07\x07",
    "# head\n\n- a\n  - b\n\n| a | b |\n|---|---|\n| 漢 | 👍 |\n\n```python\nx = [1\n```\n> q",
    "\x1b[?1049l\x1b[3;4r\x9b2J\x1bP0;x\x1b\\\u202eabc\u2066\ud83d\x00\x08\x08\x1b[K",
    "【F:a.py†L1】 <b>html</b> [link](http://x\x1b]8;;y\x07) https://e.org/?q=\x1b",
]


class _Application:
    """One application without an engine, whose loop advances on request."""

    def __init__(self, folder: Path, size: tuple[int, int]) -> None:
        (folder / ".git").mkdir(exist_ok=True)
        self.size = size
        self.shown = Shown(*size)
        self._folder = folder

    def run(self, act: Callable[[App, Callable[[str], None]], None]) -> list[str]:
        """Run an action; return the screen after it was drawn."""
        return asyncio.run(self._run(act))

    async def _run(self, act: Callable[[App, Callable[[str], None]], None]) -> list[str]:
        loop = asyncio.get_running_loop()
        failures: list[object] = []
        columns, rows = self.size
        with create_pipe_input() as pipe:
            app = App(
                make_host(self._folder, environ={"HOME": str(self._folder), "TERM": "xterm"}),
                fake_config("http://127.0.0.1:9/v1", str(self._folder)),
                TuiOptions(),
                input=pipe,
                output=TerminalOutput(
                    self.shown, lambda: Size(rows=rows, columns=columns), enable_cpr=False
                ),
            )
            app.conversation.start = lambda: None  # type: ignore[method-assign]
            running = asyncio.ensure_future(app.run())
            await asyncio.sleep(0)
            loop.set_exception_handler(lambda _, context: failures.append(context["exception"]))
            act(app, pipe.send_text)
            while any(fcntl.ioctl(pipe.fileno(), termios.FIONREAD, bytes(4))):
                await asyncio.sleep(0)
            # A sequence without an end, which a terminal's user would have to wait for.
            screen = app._screen._app
            screen.key_processor.feed_multiple(pipe.flush_keys())
            screen.key_processor.process_keys()
            is_drawn = asyncio.Event()
            screen.after_render += lambda _: is_drawn.set()
            app.redraw_all()
            drawing = asyncio.ensure_future(is_drawn.wait())
            ends = {drawing, running}  # Some keys end it.
            await asyncio.wait(ends, timeout=PATIENCE_S, return_when=asyncio.FIRST_COMPLETED)
            drawing.cancel()
            display = list(self.shown.screen.display)
            app.quit()
            await running
            app.close()
        for failure in failures:
            assert isinstance(failure, BaseException)
            raise failure
        return display


def _keys(folder: Path) -> Callable[[str], object]:
    def take(text: str) -> None:
        data = text.encode("utf-8", "replace").decode()

        def press(app: App, send: Callable[[str], None]) -> None:
            logging.getLogger("codex.tui.app").disabled = True
            send(data.replace("\x1a", "").replace("\x07", ""))

        _Application(folder, SIZES[len(text) % len(SIZES)]).run(press)

    return take


def _parser(_: Path) -> Callable[[str], object]:
    def take(text: str) -> None:
        presses: list[object] = []
        parser = KeyParser(presses.append, lambda _: None)
        step = 1 + len(text) % 7
        for start in range(0, len(text), step):
            parser.feed(text[start : start + step])
        parser.flush()

    return take


def _output(folder: Path) -> Callable[[str], object]:
    def take(text: str) -> None:
        half = len(text) // 2

        def show(app: App, _: object) -> None:
            chat = app.chat
            chat.handle(ev.TaskStarted(), "1")
            chat.handle(ev.ExecCommandBegin("c", ("sh", text[:20]), "/"), "1")
            stream = ev.OutputStream.STDOUT
            chat.handle(ev.ExecCommandOutputDelta("c", stream, text[:half]), "1")
            chat.handle(ev.AgentMessageDelta(text[half:]), "1")
            chat.handle(ev.AgentReasoning(text), "1")
            chat.handle(ev.UserMessage(text), "1")
            chat.handle(ev.Error(text), "2")

        size = SIZES[len(text) % len(SIZES)]
        screen = _Application(folder, size).run(show)
        assert len(screen) == size[1]
        # The last rows are the program's own, whatever the text above them was.
        assert "fake-model" in screen[-2] or size[0] < 40
        assert screen[-1].startswith("›")

    return take


TARGETS = {
    "keys": Target(_keys, KEYS, inputs=40),
    "key bytes": Target(_parser, KEYS),
    "output on the screen": Target(_output, OUTPUTS, inputs=40),
}
