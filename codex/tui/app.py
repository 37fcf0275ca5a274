"""The application: the loop, the layout, and which key means what. The owner of asyncio.

What is shown comes as Lines from the parts; what the user and the engine do with each other stands
in conversation.py, the `/` commands in actions.py. Here they are put on prompt_toolkit's screen.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
from functools import partial
from typing import TYPE_CHECKING, Any

from prompt_toolkit.application import Application
from prompt_toolkit.layout import Layout
from prompt_toolkit.output.color_depth import ColorDepth

from codex.base.git import repository_root
from codex.tui.actions import Actions
from codex.tui.composer.composer import Composer
from codex.tui.composer.draft import Draft
from codex.tui.conversation import Conversation
from codex.tui.dialogs.approval import ApprovalDialog
from codex.tui.dialogs.git_warning import GitWarning
from codex.tui.engine import Engine
from codex.tui.frame import Frame
from codex.tui.keys import bindings
from codex.tui.terminal.notifications import Notifier
from codex.tui.terminal.terminal import FOCUS_REPORTS, MORE_KEYS, WHEEL_AS_ARROWS, KeyParser
from codex.tui.transcript.cells import MORE
from codex.tui.transcript.chat import Chat, ChatSettings
from codex.tui.transcript.scrollback import Scrollback, follow_reflow, has_reflow
from codex.tui.transcript.status import FRAME_S
from codex.tui.transcript.window import Transcript

if TYPE_CHECKING:
    from collections.abc import Callable

    from prompt_toolkit.input import Input
    from prompt_toolkit.output import Output

    from codex.base.host import Host
    from codex.config.types import Config
    from codex.protocol import events as ev
    from codex.rollout.resume import Resumed
    from codex.tui.dialogs.modal import Modal
    from codex.tui.options import TuiOptions

FRAME_INTERVAL_S = 1 / 60
KEY_TIMEOUT_S = 0.05
"""How long the bytes after an Escape may take that are one key with it."""
QUIET_S = 0.3
"""How long a dialog must be seen, and no key come, before keys are for it."""
TYPING_QUIET_S = 1.0
"""The same, while something is being written: a pause between words is no answer."""
DOUBLE_S = 1.5
"""Within which a key counts as pressed twice."""
SAMPLE = "`x`\n\n```python\nx = 1\n```\n"
"""Markdown that needs all that draws Markdown."""
SIGNALS = (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)


class App:
    """The whole screen."""

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
        """Make it. Args: resumed: the conversation to go on with."""
        self._host = host
        self._options = options
        self.output = output
        self.home = host.home()
        self.chat = Chat(
            ChatSettings(
                cwd=config.cwd,
                home=self.home,
                file_opener=config.file_opener.value,
                hide_agent_reasoning=config.hide_agent_reasoning,
            ),
            time.monotonic,
        )
        self.transcript = Transcript(self.chat.cells)
        self.conversation = Conversation(config, self.chat, self, self._open_engine, resumed)
        self.composer = Composer(
            cwd=config.cwd,
            environ=host.environ,
            submit=self._submit,
            send=self.conversation.send,
            run_editor=self._run_editor,
            notice=self.say,
            invalidate=self.redraw,
        )
        self.actions = Actions(self, host)
        self._notifier = Notifier(config.tui, host.environ)
        self._has_color = not host.environ.get("NO_COLOR")
        self._is_full = options.has_alternate_screen
        self.scrollback = (
            None if self._is_full else Scrollback(self.chat, has_color=self._has_color)
        )
        self.modal: Modal | None = None
        self._modal_seen: float | None = None
        self._last_key = 0.0
        self.hint = ""
        self.hint_until = 0.0
        self._pressed: tuple[str, float] = ("", 0.0)
        self._has_ticker = False
        self._is_prepared = False
        self._parser: KeyParser | None = None
        self.has_stopped_by_signal = False
        """So that leaving may not take long."""
        self._loop: asyncio.AbstractEventLoop | None = None
        self._frame = Frame(self, has_color=self._has_color, is_full=self._is_full)
        self._app = self._make(input)

    # The run.

    async def run(self) -> int:
        """Until the user leaves; 0, or the number of the signal that ended it."""
        self._loop = asyncio.get_running_loop()
        for number in SIGNALS:
            with contextlib.suppress(RuntimeError, ValueError):  # not in the main thread: a test
                self._loop.add_signal_handler(number, self._stop, number)
        self._loop.set_exception_handler(self._report)
        self._app.after_render += self._begin
        try:
            result = await self._app.run_async(
                handle_sigint=False, set_exception_handler=False, pre_run=self._enter
            )
        finally:
            self._leave()
        return int(result)

    def close(self) -> None:
        """End what still runs."""
        self.composer.close()
        self.conversation.close()

    def quit(self) -> None:
        """Leave."""
        self._stop(0)

    def _stop(self, number: int) -> None:
        self.has_stopped_by_signal = number != 0
        if self._app.future is not None and not self._app.future.done():
            self._app.exit(result=number)

    def _report(self, _: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """A defect in a callback: said in the transcript; the program lives."""
        error = context.get("exception")
        text = f"{type(error).__name__}: {error}" if error else str(context.get("message"))
        self.actions.log.error("in the loop: %s", text, exc_info=error)
        self.chat.notice(f"internal error: {text} (/logs shows more)", is_error=True)
        self.redraw()

    def _enter(self) -> None:
        if self._is_full:
            self.output.write_raw(WHEEL_AS_ARROWS[0])
        self.output.write_raw(FOCUS_REPORTS[0] + MORE_KEYS[0])

    def _leave(self) -> None:
        if self.scrollback is not None:
            self._print_finished(is_last=True)
        self.output.write_raw(WHEEL_AS_ARROWS[1] + FOCUS_REPORTS[1] + MORE_KEYS[1])
        self.output.flush()

    def _begin(self, _: object) -> None:
        """The first frame is there: ask what has to be asked, and start."""
        self._app.after_render -= self._begin
        self._app.after_render += self._rendered
        config = self.conversation.config
        needs_consent = not (
            self._options.skip_git_repo_check
            or config.sandbox_policy.is_unrestricted
            or repository_root(config.cwd)
        )
        if needs_consent:
            self.open(GitWarning(config.cwd, self.home, self._consent))
        else:
            self._start()

    def _consent(self, is_given: bool) -> None:  # noqa: FBT001 - the one thing it is told
        self.dismiss()
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
    ) -> Engine:
        assert self._loop is not None
        return Engine(config, self._host, self._loop, take, resumed)

    # What the conversation asks of the screen.

    def redraw(self) -> None:
        """Something has changed; from any thread."""
        self.composer.is_busy = self.conversation.is_busy
        self._app.invalidate()

    def follow(self) -> None:
        """Show the end of the transcript."""
        self.transcript.to_bottom()
        self.redraw()

    def requests_changed(self) -> None:
        """Show the request that waits longest, if there is one."""
        requests = self.conversation.requests
        if isinstance(self.modal, ApprovalDialog):
            self.dismiss()
        if requests and self.modal is None:
            asked = requests[0]
            self.open(
                ApprovalDialog(
                    asked.request,
                    cwd=self.conversation.config.cwd,
                    home=self.home,
                    answer=lambda given: self.conversation.answer(asked, given),
                    count=len(requests),
                )
            )

    def notify(self, kind: str, text: str) -> None:
        """Tell the user who looks elsewhere."""
        if sequence := self._notifier.sequence(kind, text):
            self.write(sequence)

    def history(self, msg: Any) -> None:
        """What the engine says about the message history."""
        self.composer.handle(msg)
        self.actions.history(msg)

    def models(self, msg: ev.ListModelsResponse) -> None:
        """The models that were asked for."""
        self.actions.models(msg)

    def ready(self) -> None:
        """The session is there: send what the command line says."""
        if self._options.prompt is None and not self._options.images:
            return
        text = self._options.prompt or ""
        if text:
            self.composer.remember(text)
        self.conversation.submit(Draft(text, self._options.images))

    # What the actions ask.

    def open(self, modal: Modal) -> None:
        """Let something take the keys until it is dismissed."""
        self.modal = modal
        self._modal_seen = None
        self.hint = ""
        if modal.is_armed:
            self._app.layout.focus(self._frame.sink)
        self.redraw()

    def dismiss(self) -> None:
        """Give the keys back to the composer."""
        self.modal = None
        self._app.layout.focus(self.composer.focus_target)
        self.redraw()
        if self.conversation.requests:
            self.requests_changed()

    def say(self, text: str, seconds: float = 4.0) -> None:
        """A word for a moment, in the status line."""
        self.hint, self.hint_until = text, time.monotonic() + seconds
        if self._loop is not None:
            self._loop.call_later(seconds + 0.01, self.redraw)
        self.redraw()

    def write(self, sequence: str) -> None:
        """Send the terminal what draws nothing."""
        self.output.write_raw(sequence)
        self.output.flush()

    def clear(self) -> None:
        """Forget what was shown."""
        self.chat.clear()
        if self.scrollback is not None:
            self.scrollback.restart()
        self.transcript.to_bottom()
        self.redraw_all()

    def in_background(self, work: Callable[[], Callable[[], None]]) -> None:
        """Do something slow in a thread, then in the loop what it returns."""

        async def run() -> None:
            assert self._loop is not None
            finish = await self._loop.run_in_executor(None, work)
            finish()
            self.redraw()

        self._app.create_background_task(run())

    async def outside(self, work: Callable[[], None]) -> None:
        """Do something with the terminal as it was before."""
        from prompt_toolkit.application import in_terminal

        self._leave()
        async with in_terminal():
            work()
        self._enter()
        self.redraw()

    # Drawing.

    def _make(self, input: Input) -> Application[int]:
        application: Application[int] = Application(
            layout=Layout(self._frame.root, focused_element=self.composer.focus_target),
            key_bindings=bindings(self),
            full_screen=self._is_full,
            erase_when_done=True,
            color_depth=None if self._has_color else ColorDepth.DEPTH_1_BIT,
            include_default_pygments_style=False,
            min_redraw_interval=FRAME_INTERVAL_S,
            max_render_postpone_time=FRAME_INTERVAL_S,
            terminal_size_polling_interval=None,
            input=input,
            output=self.output,
        )
        # What prompt_toolkit calls on SIGWINCH.
        self._on_resize = application._on_resize
        application._on_resize = self.resized  # type: ignore[method-assign]
        application.ttimeoutlen = application.timeoutlen = KEY_TIMEOUT_S
        application.key_processor.before_key_press += self._note_key
        if (parser := getattr(input, "vt100_parser", None)) is not None:
            self._parser = KeyParser(parser.feed_key_callback, self._focus_changed)
            input.vt100_parser = self._parser  # type: ignore[attr-defined]
        return application

    def _rendered(self, _: object) -> None:
        """After each frame: what finished goes into the scrollback; the spinner goes on."""
        if self.chat.is_running and not self._has_ticker and self._loop is not None:
            self._has_ticker = True
            self._loop.call_later(FRAME_S, self._tick)
        if self.scrollback is not None and self.scrollback.has_finished():
            self._print_finished()

    def _tick(self) -> None:
        self._has_ticker = False
        if self.chat.is_running:
            self.redraw()

    def _print_finished(self, *, is_last: bool = False) -> None:
        """Move finished cells above the live part, into the terminal's own scrollback."""
        assert self.scrollback is not None
        text = self.scrollback.take(self.output.get_size().columns, is_last=is_last)
        if not text:
            return
        if not is_last:
            self._app.renderer.erase()
        self.output.write_raw(text)
        self.output.flush()
        if not is_last:
            self._app.renderer.request_absolute_cursor_position()
            self.redraw()

    # Keys.

    def _focus_changed(self, has_focus: bool) -> None:  # noqa: FBT001 - the one thing it is told
        self._notifier.has_focus = has_focus

    def _note_key(self, _: object) -> None:
        self._last_key = time.monotonic()

    @property
    def is_modal_armed(self) -> bool:
        """Whether keys are the modal's."""
        return self.modal is not None and self.modal.is_armed

    def modal_drawn(self) -> None:
        """The modal is on the screen: the time begins after which keys are its own."""
        if self._modal_seen is None:
            self._modal_seen = time.monotonic()
            self._arm_later()

    def _arm_later(self) -> None:
        """Give the keys to a modal that nobody asked for, when no key came for a while."""
        modal = self.modal
        if modal is None or modal.is_armed or self._loop is None:
            return
        quiet = QUIET_S if self.composer.is_empty else TYPING_QUIET_S
        seen = self._modal_seen or time.monotonic()
        left = max(seen, self._last_key) + quiet - time.monotonic()
        if left > 0:
            self._loop.call_later(left, self._arm_later)
            return
        modal.is_armed = True
        self._app.layout.focus(self._frame.sink)
        self.redraw()

    def modal_key(self, name: str, data: str) -> None:
        """Give the modal a key; typing that was not meant for it goes on into the composer."""
        modal = self.modal
        if isinstance(modal, ApprovalDialog) and not modal.is_typing:
            is_burst = self._parser is not None and self._parser.is_burst
            if is_burst or not modal.takes(name):
                self._disarm(modal, data)
                return
        if modal is not None:
            modal.key(name, data)
        self.redraw()

    def _disarm(self, modal: Modal, data: str) -> None:
        """Take the keys from a modal until no more come for a while."""
        modal.is_armed = False
        self._app.layout.focus(self.composer.focus_target)
        self.composer.type(data)
        self._arm_later()
        self.redraw()

    def _twice(self, key: str) -> bool:
        """Whether the key was pressed a moment before, too."""
        last, self._pressed = self._pressed, (key, time.monotonic())
        if last[0] == key and self._pressed[1] - last[1] < DOUBLE_S:
            self._pressed = ("", 0.0)
            return True
        return False

    def press_ctrl_c(self) -> None:
        """Clear what is written; or stop the task; or, pressed twice, leave."""
        if self.composer.has_popup or (
            not self.composer.is_empty and not self.conversation.is_busy
        ):
            self.composer.clear()
            self.say("cleared; Up brings it back")
        elif self.conversation.is_busy:
            self.conversation.interrupt()
        elif self._twice("c-c"):
            self.quit()
        else:
            self.say("Ctrl+C again to quit", DOUBLE_S)

    def press_ctrl_d(self) -> None:
        """Leave; with a task at work, when it is pressed twice."""
        if not self.conversation.is_busy or self._twice("c-d"):
            self.quit()
        else:
            self.say("a task is running: Ctrl+D again to quit", DOUBLE_S)

    def press_escape(self) -> None:
        """Stop the task; or, pressed twice, write an earlier message anew."""
        if self.conversation.is_busy:
            self.conversation.interrupt()
        elif self._twice("escape"):
            self.actions.edit_earlier()
        elif self.composer.is_empty:
            self.say("Esc again to edit an earlier message", DOUBLE_S)

    def take_back(self) -> None:
        """Put the newest message that waits back into the composer."""
        if not self.composer.is_empty:
            self.say("send or clear what is written first")
        elif (draft := self.conversation.take_back()) is not None:
            self.composer.set_text(("!" if draft.is_shell else "") + draft.text)

    def scroll(self, rows: int) -> None:
        """Move the transcript up (negative) or down."""
        if self._is_full:
            self.transcript.scroll(rows, width=self._frame.width, height=self._frame.height)
            self.redraw()
        else:
            self.say(MORE)

    @property
    def page(self) -> int:
        """How many rows PageUp and PageDown scroll."""
        return max(1, self._frame.height - 2)

    def to_top(self) -> None:
        """Show the beginning of the transcript."""
        self.transcript.to_top()
        self.redraw()

    def resized(self) -> None:
        """The window has another size; called by hand where no signal says so."""
        if self.scrollback is not None and has_reflow(self._host.environ):
            follow_reflow(self._app.renderer, self.output.get_size().columns)
        self._on_resize()

    def redraw_all(self) -> None:
        """Draw everything anew, whatever the terminal shows now; what is printed stays."""
        if self._is_full:
            self._app.renderer.clear()
        else:
            self._app.renderer.erase()
        self.redraw()

    def suspend(self) -> None:
        """Stop as any program does; the shell brings it back."""
        stop = partial(os.kill, 0, signal.SIGTSTP)
        self._app.create_background_task(self.outside(stop))

    # The user's input.

    def _submit(self, draft: Draft) -> None:
        if draft.command is not None:
            self.actions.run(draft.command.name, draft.args)
        else:
            self.conversation.submit(draft)
            self._prepare()

    def _prepare(self) -> None:
        """Load what draws an answer while the model is still thinking."""
        if self._loop is not None and not self._is_prepared:
            self._is_prepared = True
            self._loop.run_in_executor(None, _draw_sample)

    def _run_editor(self, text: str) -> None:
        self._app.create_background_task(self._edit(text))

    async def _edit(self, text: str) -> None:
        from codex.tui.composer.external_editor import EditorError, edit

        def work() -> None:
            try:
                self.composer.finish_editor(edit(text, self._host.environ))
            except EditorError as error:
                self.chat.notice(str(error), is_error=True)

        await self.outside(work)


def _draw_sample() -> None:
    from codex.tui.drawing.markdown import render

    render(SAMPLE, 80)
