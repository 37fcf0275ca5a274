"""The application: the loop, the layout, and which key means what. The owner of asyncio.

What is shown comes as Lines from the parts; what the user and the engine do with each other stands
in conversation.py, the `/` commands in actions.py. Here they are put on prompt_toolkit's screen.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import time
from typing import TYPE_CHECKING, Any

from prompt_toolkit.application import Application
from prompt_toolkit.filters import Condition
from prompt_toolkit.key_binding import KeyBindings
from prompt_toolkit.keys import Keys
from prompt_toolkit.layout import ConditionalContainer, HSplit, Layout, Window
from prompt_toolkit.layout.controls import FormattedTextControl
from prompt_toolkit.output.color_depth import ColorDepth

from codex.git import repository_root
from codex.tui.actions import Actions
from codex.tui.approval import ApprovalDialog
from codex.tui.cells import MORE
from codex.tui.chat import Chat, ChatSettings
from codex.tui.composer import Composer
from codex.tui.conversation import Conversation
from codex.tui.draft import Draft
from codex.tui.engine import Engine
from codex.tui.git_warning import GitWarning
from codex.tui.history import Transcript
from codex.tui.inline import Scrollback
from codex.tui.layout import Rows
from codex.tui.notifications import Notifier
from codex.tui.pager import Pager
from codex.tui.status import FRAME_S, StatusState, status
from codex.tui.terminal import FOCUS_REPORTS, MORE_KEYS, WHEEL_AS_ARROWS, KeyParser
from codex.tui.text import DIM, Line, Span, Style, clip, line

if TYPE_CHECKING:
    from collections.abc import Callable

    from prompt_toolkit.input import Input
    from prompt_toolkit.key_binding import KeyPressEvent
    from prompt_toolkit.output import Output

    from codex.config.types import Config
    from codex.host import Host
    from codex.protocol import events as ev
    from codex.tui.modal import Modal
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
SIGNALS = (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)


class App:
    """The whole screen."""

    def __init__(
        self, host: Host, config: Config, options: TuiOptions, *, input: Input, output: Output
    ) -> None:
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
        self.conversation = Conversation(config, self.chat, self, self._open_engine)
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
        self._scrollback = (
            None if self._is_full else Scrollback(self.chat, has_color=self._has_color)
        )
        self._modal: Modal | None = None
        self._modal_seen: float | None = None
        self._last_key = 0.0
        self._hint = ""
        self._hint_until = 0.0
        self._pressed: tuple[str, float] = ("", 0.0)
        self._has_ticker = False
        self.has_stopped_by_signal = False
        """So that leaving may not take long."""
        self._loop: asyncio.AbstractEventLoop | None = None
        self._height = 1
        self._width = 80
        self._app = self._make(input)
        self._app.key_processor.before_key_press += self._note_key

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
        if self._scrollback is not None:
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
            self.chat.notice(warning)
        self.conversation.start()

    def _open_engine(self, config: Config, take: Callable[[ev.Event], None]) -> Engine:
        assert self._loop is not None
        return Engine(config, self._host, self._loop, take)

    # What the conversation asks of the screen.

    def redraw(self) -> None:
        """Something has changed; from any thread."""
        self._app.invalidate()

    def follow(self) -> None:
        """Show the end of the transcript."""
        self.transcript.to_bottom()
        self.redraw()

    def requests_changed(self) -> None:
        """Show the request that waits longest, if there is one."""
        requests = self.conversation.requests
        if isinstance(self._modal, ApprovalDialog):
            self.dismiss()
        if requests and self._modal is None:
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
        self._modal = modal
        self._modal_seen = None
        if modal.is_armed:
            self._app.layout.focus(self._sink)
        self.redraw()

    def dismiss(self) -> None:
        """Give the keys back to the composer."""
        self._modal = None
        self._app.layout.focus(self.composer.focus_target)
        self.redraw()
        if self.conversation.requests:
            self.requests_changed()

    def say(self, text: str, seconds: float = 4.0) -> None:
        """A word for a moment, in the status line."""
        self._hint, self._hint_until = text, time.monotonic() + seconds
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
        if self._scrollback is not None:
            self._scrollback.restart()
        self.transcript.to_bottom()
        self._app.renderer.clear()

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
        modal = Condition(lambda: self._modal is not None)
        whole = Condition(lambda: isinstance(self._modal, Pager | GitWarning))
        self._sink = Window(FormattedTextControl("", focusable=True), height=0)
        rows = self._rows
        parts: list[Any] = []
        if self._is_full:
            parts.append(rows(self._transcript_rows))
        else:
            parts.append(rows(self._live_rows, self._live_height))
        parts += [
            ConditionalContainer(rows(self._queue_rows, self._queue_height), ~modal),
            ConditionalContainer(rows(self._modal_rows, self._modal_height), modal),
            rows(self._status_rows, lambda width, height: 1),
            self.composer.container,
        ]
        root = HSplit(
            [
                ConditionalContainer(rows(self._modal_rows), whole),
                ConditionalContainer(HSplit(parts), ~whole),
                self._sink,
            ]
        )
        application: Application[int] = Application(
            layout=Layout(root, focused_element=self.composer.focus_target),
            key_bindings=self._bindings(),
            full_screen=self._is_full,
            erase_when_done=True,
            color_depth=None if self._has_color else ColorDepth.DEPTH_1_BIT,
            style=None,
            include_default_pygments_style=False,
            min_redraw_interval=FRAME_INTERVAL_S,
            max_render_postpone_time=FRAME_INTERVAL_S,
            terminal_size_polling_interval=None,
            input=input,
            output=self.output,
        )
        application.ttimeoutlen = application.timeoutlen = KEY_TIMEOUT_S
        if (parser := getattr(input, "vt100_parser", None)) is not None:
            parsed = KeyParser(parser.feed_key_callback, self._focus_changed)
            input.vt100_parser = parsed  # type: ignore[attr-defined]
        return application

    def _rows(
        self,
        get_lines: Callable[[int, int], list[Line]],
        get_height: Callable[[int, int], int] | None = None,
    ) -> Rows:
        return Rows(get_lines, get_height, has_color=self._has_color)

    def _transcript_rows(self, width: int, height: int) -> list[Line]:
        self._width, self._height = width, max(1, height)
        found = self.transcript.view(width, height)
        if not self.transcript.is_at_bottom and height > 2:
            below = self.transcript.total(width) - self.transcript.top(width, height) - height
            text = f"{max(0, below)} more rows below · End goes there"
            found = [*found[: height - 1], clip(line(text, Style(dim=True, reverse=True)), width)]
        return found

    def _live_rows(self, width: int, height: int) -> list[Line]:
        assert self._scrollback is not None
        return self._scrollback.live(width, height)

    def _live_height(self, width: int, rows: int) -> int:
        assert self._scrollback is not None
        room = max(0, rows - 1 - self.composer.height(width, rows))
        if self._modal is not None:
            room //= 3
        return len(self._scrollback.live(width, room))

    def _queue_rows(self, width: int, height: int) -> list[Line]:
        drafts = self.conversation.queue
        rows: list[Line] = [
            clip((Span("  waits: ", DIM), *line(("!" if d.is_shell else "") + d.text)), width)
            for d in drafts
        ]
        if len(rows) > height:
            rows = [*rows[: height - 1], line(f"  and {len(rows) - height + 1} more", DIM)]
        return rows

    def _queue_height(self, _width: int, rows: int) -> int:
        return min(len(self.conversation.queue), max(1, rows // 6))

    def _modal_rows(self, width: int, height: int) -> list[Line]:
        if self._modal is None:
            return []
        if self._modal_seen is None:
            self._modal_seen = time.monotonic()
            self._arm_later()
        return self._modal.lines(width, height)

    def _modal_height(self, width: int, rows: int) -> int:
        if self._modal is None:
            return 0
        room = rows - 1 - self.composer.height(width, rows)
        return max(1, min(self._modal.height(width, room), room))

    def _status_rows(self, width: int, _height: int) -> list[Line]:
        return [status(self._status_state(), width)]

    def _status_state(self) -> StatusState:
        chat, config = self.chat, self.conversation.config
        session, usage = chat.session, chat.usage
        hint = self._hint if time.monotonic() < self._hint_until else ""
        if not hint and self.conversation.queue and self.conversation.is_paused:
            hint = "Enter sends what waits · Alt+Up edits it"
        elif not hint and self.conversation.queue:
            hint = "Alt+Up edits what waits"
        return StatusState(
            model=session.model if session else config.model.model,
            approval=session.approval_policy if session else config.approval_policy.value,
            sandbox=session.sandbox if session else "",
            context_left_percent=usage.context_left_percent if usage else None,
            total_tokens=usage.total.total_tokens if usage else 0,
            elapsed_s=chat.elapsed_s() if chat.is_running else None,
            is_waiting=bool(self.conversation.requests),
            queued_count=len(self.conversation.queue),
            hint=hint,
        )

    def _rendered(self, _: object) -> None:
        """After each frame: what finished goes into the scrollback; the spinner goes on."""
        self.composer.is_busy = self.chat.is_running
        if self.chat.is_running and not self._has_ticker and self._loop is not None:
            self._has_ticker = True
            self._loop.call_later(FRAME_S, self._tick)
        if self._scrollback is not None and self._scrollback.has_finished():
            self._print_finished()

    def _tick(self) -> None:
        self._has_ticker = False
        if self.chat.is_running:
            self.redraw()

    def _print_finished(self, *, is_last: bool = False) -> None:
        """Move finished cells above the live part, into the terminal's own scrollback."""
        assert self._scrollback is not None
        text = self._scrollback.take(self.output.get_size().columns, is_last=is_last)
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
    def _is_armed(self) -> bool:
        return self._modal is not None and self._modal.is_armed

    def _arm_later(self) -> None:
        """Give the keys to a modal that nobody asked for, when no key came for a while."""
        modal = self._modal
        if modal is None or modal.is_armed or self._loop is None:
            return
        quiet = QUIET_S if self.composer.is_empty else TYPING_QUIET_S
        seen = self._modal_seen or time.monotonic()
        left = max(seen, self._last_key) + quiet - time.monotonic()
        if left > 0:
            self._loop.call_later(left, self._arm_later)
            return
        modal.is_armed = True
        self._app.layout.focus(self._sink)
        self.redraw()

    def _bindings(self) -> KeyBindings:
        keys = KeyBindings()
        armed = Condition(lambda: self._is_armed)
        chat = ~armed

        @keys.add(Keys.Any, filter=armed)
        @keys.add(Keys.BracketedPaste, filter=armed)
        @keys.add("escape", filter=armed)
        def to_modal(event: KeyPressEvent) -> None:
            self._modal_key(event)

        keys.add("escape", Keys.Any, filter=armed)(lambda event: None)
        keys.add("c-c", filter=chat, eager=True)(lambda event: self._ctrl_c())
        keys.add("c-d", filter=chat & Condition(lambda: self.composer.is_empty), eager=True)(
            lambda event: self._ctrl_d()
        )
        no_popup = chat & Condition(lambda: not self.composer.has_popup)
        keys.add("escape", filter=no_popup)(lambda event: self._escape())
        keys.add("c-t", filter=no_popup)(lambda event: self.actions.pager())
        keys.add("c-l", filter=chat, eager=True)(lambda event: self._app.renderer.clear())
        keys.add("c-z", filter=chat, eager=True)(lambda event: self._suspend())
        keys.add("escape", "up", filter=chat)(lambda event: self._take_back())
        waits = Condition(lambda: self.composer.is_empty and bool(self.conversation.queue))
        idle = Condition(lambda: not self.chat.is_running)
        keys.add("enter", filter=chat & waits & idle, eager=True)(
            lambda event: self.conversation.send_next()
        )
        self._bind_scrolling(keys, chat)
        return keys

    def _bind_scrolling(self, keys: KeyBindings, chat: Any) -> None:
        steps: tuple[tuple[str, Callable[[], int]], ...] = (
            ("pageup", lambda: -max(1, self._height - 2)),
            ("pagedown", lambda: max(1, self._height - 2)),
            (Keys.ScrollUp.value, lambda: -1),
            (Keys.ScrollDown.value, lambda: 1),
            ("s-up", lambda: -1),
            ("s-down", lambda: 1),
        )
        for key, step in steps:
            keys.add(key, filter=chat, eager=True)(lambda event, step=step: self._scroll(step()))
        empty = chat & Condition(lambda: self.composer.is_empty)
        for key, move in (
            ("home", self.transcript.to_top),
            ("end", self.transcript.to_bottom),
        ):
            keys.add(key, filter=empty, eager=True)(lambda event, move=move: self._jump(move))
            keys.add(f"c-{key}", filter=chat, eager=True)(lambda event, move=move: self._jump(move))

    def _modal_key(self, event: KeyPressEvent) -> None:
        press = event.key_sequence[-1]
        name = press.key.value if isinstance(press.key, Keys) else press.key
        if self._modal is not None:
            self._modal.key(name, press.data)
        self.redraw()

    def _twice(self, key: str) -> bool:
        """Whether the key was pressed a moment before, too."""
        last, self._pressed = self._pressed, (key, time.monotonic())
        if last[0] == key and self._pressed[1] - last[1] < DOUBLE_S:
            self._pressed = ("", 0.0)
            return True
        return False

    def _ctrl_c(self) -> None:
        if self.composer.has_popup or (not self.composer.is_empty and not self.chat.is_running):
            self.composer.clear()
            self.say("cleared; Up brings it back")
        elif self.chat.is_running:
            self.conversation.interrupt()
        elif self._twice("c-c"):
            self.quit()
        else:
            self.say("Ctrl+C again to quit", DOUBLE_S)

    def _ctrl_d(self) -> None:
        if not self.chat.is_running or self._twice("c-d"):
            self.quit()
        else:
            self.say("a task is running: Ctrl+D again to quit", DOUBLE_S)

    def _escape(self) -> None:
        if self.chat.is_running:
            self.conversation.interrupt()
        elif self._twice("escape"):
            self.actions.edit_earlier()
        elif self.composer.is_empty:
            self.say("Esc again to edit an earlier message", DOUBLE_S)

    def _take_back(self) -> None:
        if not self.composer.is_empty:
            self.say("send or clear what is written first")
        elif (draft := self.conversation.take_back()) is not None:
            self.composer.set_text(("!" if draft.is_shell else "") + draft.text)

    def _scroll(self, rows: int) -> None:
        if self._is_full:
            self.transcript.scroll(rows, width=self._width, height=self._height)
            self.redraw()
        else:
            self.say(MORE)

    def _jump(self, move: Callable[[], None]) -> None:
        move()
        self.redraw()

    def _suspend(self) -> None:
        self._leave()
        self._app.suspend_to_background()

    # The user's input.

    def _submit(self, draft: Draft) -> None:
        if draft.command is not None:
            self.actions.run(draft.command.name, draft.args)
        else:
            self.conversation.submit(draft)

    def _run_editor(self, text: str) -> None:
        self._app.create_background_task(self._edit(text))

    async def _edit(self, text: str) -> None:
        from codex.tui.editor import EditorError, edit

        def work() -> None:
            try:
                self.composer.finish_editor(edit(text, self._host.environ))
            except EditorError as error:
                self.chat.notice(str(error), is_error=True)

        await self.outside(work)
