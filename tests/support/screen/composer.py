"""A Composer in a real Application: key bytes in, text and screen out."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable
from typing import Any, cast

import pyte
from prompt_toolkit.application import Application
from prompt_toolkit.data_structures import Size
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.input.ansi_escape_sequences import ANSI_SEQUENCES
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.keys import Keys
from prompt_toolkit.layout import HSplit, Layout, Window
from prompt_toolkit.output.vt100 import Vt100_Output
from prompt_toolkit.styles import Style

from codex.protocol.ops import AddToHistory, Op
from codex.tui.commands.context import CommandContext
from codex.tui.commands.table import Commands
from codex.tui.composer.composer import Composer
from codex.tui.composer.draft import Draft
from codex.tui.composer.editor_view import STYLE

STEP, END = "\x1b[23~", "\x1b[24~"
"""F11 and F12, which the driver keeps for itself."""
ESC = "\x1b[27u"
"""The Esc key in the unambiguous form of some terminals, which prompt_toolkit does not know."""
ANSI_SEQUENCES[ESC] = Keys.Escape
COMMANDS = Commands(cast(CommandContext, None)).rows
"""The rows of the program's `/` commands, none of which can run here."""
UP, DOWN, LEFT, RIGHT = "\x1b[A", "\x1b[B", "\x1b[D", "\x1b[C"

Step = str | Callable[[], object]


class ComposerDriver:
    """Feeds keys to a composer and records what it passes to its application."""

    def __init__(self, cwd: str = "/", *, columns: int = 80, rows: int = 24) -> None:
        self.drafts: list[Draft] = []
        self.ops: list[Op] = []
        self.notices: list[str] = []
        self.edited: list[str] = []
        self.was_invalidated = threading.Event()
        self.size = Size(rows=rows, columns=columns)
        self.environ = {"HOME": "/nowhere", "PATH": "/usr/bin:/bin"}
        self._app: Application[None] | None = None
        self.composer = Composer(
            cwd=cwd,
            environ=self.environ,
            commands=COMMANDS,
            submit=self.drafts.append,
            send=self.ops.append,
            run_editor=self.edited.append,
            notice=self.notices.append,
            invalidate=self._invalidate,
        )

    @property
    def requests(self) -> list[Op]:
        """Return the Ops that the composer sent, except history entries."""
        return [op for op in self.ops if not isinstance(op, AddToHistory)]

    def run(self, *steps: Step) -> str:
        """Type each text and call each function, in order. Returns: the text of the composer."""
        pending = [step for step in steps if callable(step)]
        keys = KeyBindings()
        keys.add("f12")(lambda event: event.app.exit())

        @keys.add("f11")
        def next_step(_: KeyPressEvent) -> None:
            pending.pop(0)()

        with create_pipe_input() as pipe:
            typed = "".join(step if isinstance(step, str) else STEP for step in steps)
            pipe.send_bytes((typed + END).encode("utf-8", "surrogateescape"))
            app: Application[None] = Application(
                layout=Layout(
                    HSplit([Window(), self.composer.container]),
                    focused_element=self.composer.focus_target,
                ),
                key_bindings=keys,
                input=pipe,
                output=self._output(io.StringIO()),
                style=Style.from_dict(STYLE),
            )
            self._app = app
            app.run()
            self._app = None
        return self.composer.text

    def screen(self) -> list[str]:
        """Return the rows that a terminal of this size would show, without trailing blanks."""
        written = io.StringIO()
        with create_pipe_input() as pipe:
            pipe.send_text(END)
            keys = KeyBindings()
            keys.add("f12")(lambda event: event.app.exit())
            app: Application[Any] = Application(
                layout=Layout(
                    HSplit([Window(), self.composer.container]),
                    focused_element=self.composer.focus_target,
                ),
                key_bindings=keys,
                input=pipe,
                output=self._output(written),
                style=Style.from_dict(STYLE),
                full_screen=True,
            )
            drawn: list[list[str]] = []
            app.after_render += lambda _: drawn.append(self._seen(written.getvalue()))
            app.run()
        return drawn[0]

    def _seen(self, written: str) -> list[str]:
        terminal = pyte.Screen(self.size.columns, self.size.rows)
        pyte.Stream(terminal).feed(written)
        return [line.rstrip() for line in terminal.display]

    def _output(self, stream: io.StringIO) -> Vt100_Output:
        return Vt100_Output(stream, lambda: self.size, term="xterm", enable_cpr=False)

    def _invalidate(self) -> None:
        self.was_invalidated.set()
        if self._app is not None:
            self._app.invalidate()
