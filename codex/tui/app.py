"""App: makes and connects the parts of the application; owns the event loop and the signals.

What keys do is in keys.py, the exchange with the engine in conversation.py, the `/` commands in
commands/. The parts return Lines; frame.py places them on the screen, and screen.py draws them.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import time
from functools import partial
from typing import TYPE_CHECKING, Any

from codex.base.git import repository_root
from codex.protocol import events as ev
from codex.protocol.replies import HistoryReloaded, ListModelsResponse
from codex.tui.commands.table import Commands
from codex.tui.composer.composer import Composer
from codex.tui.composer.draft import Draft
from codex.tui.conversation import Conversation
from codex.tui.dialogs.approval import ApprovalDialog
from codex.tui.dialogs.git_warning import GitWarning
from codex.tui.dialogs.slot import ModalSlot
from codex.tui.engine import BackgroundEngine
from codex.tui.frame import Frame, Parts
from codex.tui.keys import Keys
from codex.tui.screen import Screen
from codex.tui.terminal.notifications import Desktop
from codex.tui.transcript.chat import Chat, ChatSettings
from codex.tui.transcript.scrollback import Scrollback
from codex.tui.transcript.window import Window

if TYPE_CHECKING:
    from collections.abc import Callable

    from prompt_toolkit.input import Input
    from prompt_toolkit.output import Output

    from codex.base.host import Host
    from codex.config.types import Config
    from codex.rollout.resume import Resumed
    from codex.tui.composer.composer import HistoryMsg
    from codex.tui.options import TuiOptions

_SAMPLE = "`x`\n\n```python\nx = 1\n```\n"
"""Markdown that makes the renderer load all of its parts."""
_SIGNALS = (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)

logger = logging.getLogger(__name__)


class App:
    """The full-screen application, which connects its parts."""

    def __init__(
        self,
        host: Host,
        config: Config,
        options: TuiOptions,
        *,
        input: Input,
        output: Output,
        resumed: Resumed | None = None,
    ) -> None:
        """Make the parts; `run` starts the application.

        Args: resumed: the session to resume; None for a new session.
        """
        self.host = host
        self.home = host.home()
        self._options = options
        self._has_color = not host.environ.get("NO_COLOR")
        self._desktop = Desktop(config.tui, host.environ)
        self._hint, self._hint_until = "", 0.0
        self._is_prepared = False
        self.has_stopped_by_signal = False
        """Whether a signal ended the run; closing must then be quick."""
        self._loop: asyncio.AbstractEventLoop | None = None
        self._make_parts(config, resumed)
        self._screen = self._make_screen(input, output)

    def _make_parts(self, config: Config, resumed: Resumed | None) -> None:
        settings = ChatSettings(
            cwd=config.cwd,
            home=self.home,
            file_opener=config.file_opener.value,
            hide_agent_reasoning=config.hide_agent_reasoning,
        )
        self.chat = Chat(settings, time.monotonic)
        self.window = Window(self.chat.cells)
        self._scrollback = (
            None
            if self._options.has_alternate_screen
            else Scrollback(self.chat, has_color=self._has_color)
        )
        self.conversation = Conversation(config, self.chat, self, self._open_engine, resumed)
        self.commands = Commands(self)
        self.composer = Composer(
            cwd=config.cwd,
            environ=self.host.environ,
            commands=self.commands.rows,
            submit=self._submit,
            send=self.conversation.send,
            run_editor=self._run_editor,
            notice=self.say,
            invalidate=self.redraw,
        )
        self.slot = ModalSlot(
            self, self.composer, next_dialog=self._next_dialog, clock=time.monotonic
        )
        parts = Parts(
            conversation=self.conversation,
            window=self.window,
            scrollback=self._scrollback,
            slot=self.slot,
            composer=self.composer,
            hint=lambda: self._hint if time.monotonic() < self._hint_until else "",
        )
        self._frame = Frame(parts, has_color=self._has_color)

    def _make_screen(self, input: Input, output: Output) -> Screen:
        keys = Keys(
            self,
            composer=self.composer,
            conversation=self.conversation,
            slot=self.slot,
            commands=self.commands,
            frame=self._frame,
        )
        return Screen(
            self._frame,
            keys.bindings(),
            self.slot,
            self._desktop,
            scrollback=self._scrollback,
            is_running=lambda: self.chat.is_running,
            environ=self.host.environ,
            has_color=self._has_color,
            input=input,
            output=output,
        )

    # The run.

    async def run(self) -> int:
        """Run until the user quits, or SIGTERM, SIGHUP or SIGQUIT arrives.

        Returns: 0 if the user quit, else the number of the signal.
        Raises: EOFError, if the terminal is gone.
        """
        self._loop = asyncio.get_running_loop()
        for number in _SIGNALS:
            with contextlib.suppress(RuntimeError, ValueError):  # not in the main thread: a test
                self._loop.add_signal_handler(number, self._stop, number)
        self._loop.set_exception_handler(self._report)
        return await self._screen.run(self._begin)

    def close(self) -> None:
        """End the file search and all sessions' engines; wait up to CLOSE_S for each engine."""
        self.composer.close()
        self.conversation.close()

    def quit(self) -> None:
        """End the run; `run` returns 0."""
        self._stop(0)

    def _stop(self, number: int) -> None:
        self.has_stopped_by_signal = number != 0
        self._screen.exit(number)

    def _report(self, _: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Log and show an error that a callback of the event loop raised; the program continues."""
        error = context.get("exception")
        text = f"{type(error).__name__}: {error}" if error else str(context.get("message"))
        logger.error("in the loop: %s", text, exc_info=error)
        self.chat.notice(f"internal error: {text} (/logs shows more)", is_error=True)
        self.redraw()

    def _begin(self) -> None:
        """Start the session after the first frame; outside a repository, first ask the user."""
        config = self.conversation.config
        needs_consent = not (
            self._options.skip_git_repo_check
            or config.sandbox_policy.is_unrestricted
            or repository_root(config.cwd)
        )
        if needs_consent:
            self.slot.open(GitWarning(config.cwd, self.home, self._consent))
        else:
            self._start()

    def _consent(self, is_given: bool) -> None:  # noqa: FBT001 - the only argument
        self.slot.dismiss()
        if is_given:
            self._start()
        else:
            self.quit()

    def _start(self) -> None:
        for warning in self.conversation.config.warnings:
            self.chat.warn(warning)
        self.conversation.start()

    def _open_engine(
        self, config: Config, take: Callable[[ev.Event], None], resumed: Resumed | None
    ) -> BackgroundEngine:
        assert self._loop is not None
        return BackgroundEngine(config, self.host, self._loop, take, resumed)

    # What the conversation asks of the screen.

    def redraw(self) -> None:
        """Update `Composer.is_busy` and ask for a new frame; may be called from any thread."""
        self.composer.is_busy = self.conversation.is_busy
        self._screen.redraw()

    def follow(self) -> None:
        """Scroll to the end of the transcript, and follow it as it grows."""
        self.window.to_bottom()
        self.redraw()

    def show_waiting(self) -> None:
        """Show the dialog of the oldest unanswered request, or close the dialog if none is left.

        Do nothing while another modal is open.
        """
        self.slot.show_waiting()

    def _next_dialog(self) -> ApprovalDialog | None:
        requests = self.conversation.requests
        if not requests:
            return None
        return ApprovalDialog(
            requests[0].request,
            cwd=self.conversation.config.cwd,
            home=self.home,
            answer=partial(self.conversation.answer, requests[0]),
            count=len(requests),
        )

    def notify(self, kind: str, text: str) -> None:
        """Send a desktop notification or a beep, if the settings and the focus ask for one.

        Args: kind: TURN_COMPLETE or APPROVAL_REQUESTED.
        """
        if sequence := self._desktop.sequence(kind, text):
            self.write(sequence)

    def history(self, msg: HistoryMsg) -> None:
        """Pass an event about the message history to the composer; a reload also to `/history`."""
        self.composer.handle(msg)
        if isinstance(msg, HistoryReloaded):
            self.commands.texts.history_loaded(msg)

    def models(self, msg: ListModelsResponse) -> None:
        """Pass the provider's list of models to `/model`."""
        self.commands.settings.models_listed(msg)

    def ready(self) -> None:
        """Send the prompt and images of the command line, if any: the first session has started."""
        if self._options.prompt is None and not self._options.images:
            return
        text = self._options.prompt or ""
        if text:
            self.composer.remember(text)
        self.conversation.submit(Draft(text, self._options.images))

    # What the slot, the keys and the commands ask.

    def modal_opened(self) -> None:
        """Clear the status line's hint, which was not about the new modal."""
        self._hint = ""

    def focus(self, *, is_modal: bool) -> None:
        """Give the keyboard focus to the modal or to the composer."""
        self._screen.focus(is_modal=is_modal)

    def is_burst(self) -> bool:
        """Return whether the last characters came faster than a hand types."""
        return self._screen.is_burst

    def call_later(self, delay_s: float, act: Callable[[], None]) -> None:
        """Call a function in the event loop after a delay; before `run`, do nothing."""
        if self._loop is not None:
            self._loop.call_later(delay_s, act)

    def say(self, text: str, seconds: float = 4.0) -> None:
        """Show a text in the status line for some seconds."""
        self._hint, self._hint_until = text, time.monotonic() + seconds
        self.call_later(seconds + 0.01, self.redraw)
        self.redraw()

    def write(self, sequence: str) -> None:
        """Send the terminal an escape sequence that draws nothing."""
        self._screen.write(sequence)

    def clear(self) -> None:
        """Empty the transcript, forget its session and token counts, and redraw the screen."""
        self.chat.clear()
        if self._scrollback is not None:
            self._scrollback.restart()
        self.window.to_bottom()
        self.redraw_all()

    def in_background(self, work: Callable[[], Callable[[], None]]) -> None:
        """Run `work` in a thread; then run the function that it returned in the event loop."""

        async def run() -> None:
            finish = await asyncio.get_running_loop().run_in_executor(None, work)
            finish()
            self.redraw()

        self._screen.start(run())

    def suspend(self) -> None:
        """Restore the terminal and suspend the process group (SIGTSTP) until it is continued."""
        stop = partial(os.kill, 0, signal.SIGTSTP)
        self._screen.start(self._screen.outside(stop))

    def resized(self) -> None:
        """Draw for a new window size, where no SIGWINCH reports it (in tests)."""
        self._screen.resized()

    def redraw_all(self) -> None:
        """Redraw the whole screen; rows that are already in the terminal's scrollback stay."""
        self.composer.is_busy = self.conversation.is_busy
        self._screen.redraw_all()

    # The user's input.

    def _submit(self, draft: Draft) -> None:
        if draft.command is not None:
            draft.command.run(draft.args)
            self.redraw()
        else:
            self.conversation.submit(draft)
            self._prepare()

    def _prepare(self) -> None:
        """Load the Markdown renderer in a thread, before the model's first message arrives."""
        if self._loop is not None and not self._is_prepared:
            self._is_prepared = True
            self._loop.run_in_executor(None, _draw_sample)

    def _run_editor(self, text: str) -> None:
        self._screen.start(self._edit(text))

    async def _edit(self, text: str) -> None:
        from codex.tui.composer.external_editor import EditorError, edit_draft

        def work() -> None:
            try:
                self.composer.finish_editor(edit_draft(text, self.host.environ))
            except EditorError as error:
                self.chat.notice(str(error), is_error=True)

        await self._screen.outside(work)


def _draw_sample() -> None:
    from codex.tui.drawing.markdown import render

    render(_SAMPLE, 80)
