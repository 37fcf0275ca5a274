"""Screen: runs prompt_toolkit on the user's terminal: sets modes, reads keys, draws and prints.

Must not know the conversation: a callback says whether a task runs, for the spinner, and the
scrollback says which cells are finished, to print them.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from prompt_toolkit.application import Application
from prompt_toolkit.layout import Layout
from prompt_toolkit.output.color_depth import ColorDepth
from prompt_toolkit.styles import Style as ToolkitStyle

from codex.tui.composer.editor_view import STYLE
from codex.tui.terminal.terminal import FOCUS_REPORTS, MORE_KEYS, WHEEL_AS_ARROWS, KeyParser
from codex.tui.transcript.scrollback import follow_reflow, has_reflow
from codex.tui.transcript.status import FRAME_S

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping

    from prompt_toolkit.input import Input
    from prompt_toolkit.key_binding import KeyBindings
    from prompt_toolkit.output import Output

    from codex.tui.dialogs.slot import ModalSlot
    from codex.tui.frame import Frame
    from codex.tui.terminal.notifications import Desktop
    from codex.tui.transcript.scrollback import Scrollback

FRAME_INTERVAL_S = 1 / 60
KEY_TIMEOUT_S = 0.05
"""Seconds within which bytes after an Escape belong to the same key."""


class Screen:
    """prompt_toolkit's application, which draws the frame and reads the keys."""

    def __init__(
        self,
        frame: Frame,
        keys: KeyBindings,
        slot: ModalSlot,
        desktop: Desktop,
        *,
        scrollback: Scrollback | None,
        is_running: Callable[[], bool],
        environ: Mapping[str, str],
        has_color: bool,
        input: Input,
        output: Output,
    ) -> None:
        """Make the application; `run` draws the first frame.

        Args:
            slot: told of each key.
            desktop: told whether the terminal has the focus.
            scrollback: gives the cells to print; None: draw on the alternate screen, print none.
            is_running: returns whether a task runs.
            environ: tells whether the terminal rewraps its rows.
        """
        self._frame = frame
        self._desktop = desktop
        self._scrollback = scrollback
        self._is_running = is_running
        self._environ = environ
        self._output = output
        self._has_ticker = False
        self._parser: KeyParser | None = None
        self._app: Application[int] = Application(
            layout=Layout(frame.root, focused_element=frame.composer.focus_target),
            key_bindings=keys,
            full_screen=scrollback is None,
            erase_when_done=True,
            color_depth=None if has_color else ColorDepth.DEPTH_1_BIT,
            style=ToolkitStyle.from_dict(STYLE),
            include_default_pygments_style=False,
            min_redraw_interval=FRAME_INTERVAL_S,
            max_render_postpone_time=FRAME_INTERVAL_S,
            terminal_size_polling_interval=None,
            input=input,
            output=output,
        )
        # prompt_toolkit calls this on SIGWINCH.
        self._on_resize = self._app._on_resize
        self._app._on_resize = self.resized  # type: ignore[method-assign]
        self._app.ttimeoutlen = self._app.timeoutlen = KEY_TIMEOUT_S
        self._app.key_processor.before_key_press += lambda _: slot.note_key()
        if (parser := getattr(input, "vt100_parser", None)) is not None:
            self._parser = KeyParser(parser.feed_key_callback, self._focus_changed)
            input.vt100_parser = self._parser  # type: ignore[attr-defined]

    async def run(self, begin: Callable[[], None]) -> int:
        """Draw frames and read keys until `exit` is called; return the number passed to it.

        Args: begin: called after the first frame.
        Raises: EOFError, if the terminal is gone.
        """

        def after_first(_: object) -> None:
            self._app.after_render -= after_first
            self._app.after_render += self._rendered
            begin()

        self._app.after_render += after_first
        try:
            result = await self._app.run_async(
                handle_sigint=False, set_exception_handler=False, pre_run=self._enter
            )
        finally:
            self._leave()
        return int(result)

    def exit(self, number: int) -> None:
        """End the run; `run` returns the number."""
        if self._app.future is not None and not self._app.future.done():
            self._app.exit(result=number)

    def start(self, work: Coroutine[object, object, None]) -> None:
        """Run a coroutine in the event loop; it is cancelled when the application ends."""
        self._app.create_background_task(work)

    def focus(self, *, is_modal: bool) -> None:
        """Give the keyboard focus to the modal or to the composer."""
        frame = self._frame
        self._app.layout.focus(frame.sink if is_modal else frame.composer.focus_target)

    @property
    def is_burst(self) -> bool:
        """Whether the last characters came faster than a hand types."""
        return self._parser is not None and self._parser.is_burst

    def _focus_changed(self, has_focus: bool) -> None:  # noqa: FBT001 - the only argument
        self._desktop.has_focus = has_focus

    # Modes of the terminal.

    def _enter(self) -> None:
        if self._scrollback is None:
            self._output.write_raw(WHEEL_AS_ARROWS[0])
        self._output.write_raw(FOCUS_REPORTS[0] + MORE_KEYS[0])

    def _leave(self) -> None:
        if self._scrollback is not None:
            self._print_finished(is_last=True)
        self.write(WHEEL_AS_ARROWS[1] + FOCUS_REPORTS[1] + MORE_KEYS[1])

    async def outside(self, work: Callable[[], None]) -> None:
        """Run a function with the terminal in its normal modes, then show the screen again.

        The function blocks the event loop. Without the alternate screen, all cells are printed
        before it, even those that may still change.
        """
        from prompt_toolkit.application import in_terminal

        self._leave()
        async with in_terminal():
            work()
        self._enter()
        self.redraw()

    # Drawing.

    def redraw(self) -> None:
        """Ask for a new frame; may be called from any thread."""
        self._app.invalidate()

    def redraw_all(self) -> None:
        """Redraw the whole screen; rows that are already in the terminal's scrollback stay."""
        if self._scrollback is None:
            self._app.renderer.clear()
        else:
            self._app.renderer.erase()
        self.redraw()

    def resized(self) -> None:
        """Draw for a new window size; prompt_toolkit calls it on SIGWINCH."""
        if self._scrollback is not None and has_reflow(self._environ):
            follow_reflow(self._app.renderer, self._output.get_size().columns)
        self._on_resize()

    def write(self, sequence: str) -> None:
        """Send the terminal an escape sequence that draws nothing."""
        self._output.write_raw(sequence)
        self._output.flush()

    def _rendered(self, _: object) -> None:
        """After each frame: keep the spinner turning, print finished cells."""
        if self._is_running() and not self._has_ticker:
            self._has_ticker = True
            asyncio.get_running_loop().call_later(FRAME_S, self._tick)
        if self._scrollback is not None and self._scrollback.has_finished():
            self._print_finished()

    def _tick(self) -> None:
        self._has_ticker = False
        if self._is_running():
            self.redraw()

    def _print_finished(self, *, is_last: bool = False) -> None:
        """Print the finished cells above the live part, into the terminal's scrollback.

        Args: is_last: print every cell, because the program gives the terminal back.
        """
        assert self._scrollback is not None
        text = self._scrollback.take(self._output.get_size().columns, is_last=is_last)
        if not text:
            return
        if not is_last:
            self._app.renderer.erase()
        self.write(text)
        if not is_last:
            self._app.renderer.request_absolute_cursor_position()
            self.redraw()
