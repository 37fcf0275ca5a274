"""The `/` commands that begin, copy, resume and name sessions, and the one that quits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from codex.base.errors import CodexError
from codex.tui.dialogs.old_sessions import MAX_SESSIONS, session_rows
from codex.tui.dialogs.picker import Picker, PickerRow
from codex.tui.transcript.cells import HeaderCell, PromptCell

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from codex.rollout.files import SessionSummary
    from codex.rollout.resume import Resumed
    from codex.tui.commands.context import CommandContext


class SessionCommands:
    """The `/` commands that begin, copy, resume and name sessions, and the one that quits."""

    def __init__(self, context: CommandContext) -> None:
        self._context = context

    def quit(self, _: str) -> None:
        """End the program."""
        self._context.quit()

    def new(self, _: str) -> None:
        """Start a new session; the transcript of the present one stays above it."""
        self._context.conversation.restart()

    def clear(self, _: str) -> None:
        """Start a new session on an empty screen."""
        self._context.clear()
        self._context.conversation.restart()

    def rename(self, args: str) -> None:
        """Name the session. Args: args: the name; empty: remove the present name."""
        from codex.rollout.names import rename

        context = self._context
        session = context.chat.session
        if session is None or session.rollout_path is None:
            context.chat.notice(
                "this session is not recorded, so it cannot be named", is_error=True
            )
            return
        home = context.conversation.config.codex_home
        try:
            rename(home, session.session_id, args, clock_s=context.host.clock())
        except CodexError as error:
            context.chat.notice(str(error), is_error=True)
            return
        context.chat.session = msgspec.structs.replace(session, name=args or None)
        context.say(f"this session is called {args}" if args else "this session has no name now")

    # Copies: of the whole session, or of its beginning.

    def fork(self, _: str) -> None:
        """Continue in a copy of the present session."""
        self._switch_to(self._copied(None))

    def edit_earlier(self) -> None:
        """Let the user choose an earlier message to edit and send again (Esc Esc).

        The message becomes the draft, in a copy of the session that ends before it.
        """
        prompts = self._prompts()
        if not prompts:
            self._context.say("there is no earlier message")
            return
        order = list(reversed(range(len(prompts))))

        def done(chosen: int | None) -> None:
            self._context.slot.dismiss()
            if chosen is not None:
                self._edit(prompts[order[chosen]], before=order[chosen])

        rows = [PickerRow(" ".join(prompts[index].message.split())[:200]) for index in order]
        note = "you continue in a copy that ends before it; this session keeps all its messages"
        self._context.slot.open(Picker("Which message do you want to edit?", rows, done, note=note))

    def _prompts(self) -> list[PromptCell]:
        """Return the user's messages of this session that the model has read, oldest first."""
        cells = self._context.chat.cells
        starts = [at for at, cell in enumerate(cells) if isinstance(cell, HeaderCell)]
        here = cells[starts[-1] :] if starts else []
        return [cell for cell in here if isinstance(cell, PromptCell) and not cell.is_queued]

    def _edit(self, prompt: PromptCell, *, before: int) -> None:
        """Continue in a copy of the session that ends before a message, which becomes the draft.

        Args: before: index of the message among the user's messages.
        """
        self._context.composer.set_text(prompt.message)
        self._switch_to(self._copied(before))

    def _copied(self, keep_messages: int | None) -> Callable[[], Resumed]:
        """Return a function that copies the session.

        Args: keep_messages: number of the user's messages in the copy; None copies all of them.
        """
        from codex.rollout.fork import fork
        from codex.rollout.resume import load

        config, session = self._context.conversation.config, self._context.chat.session
        path = session.rollout_path if session is not None else None

        def copy() -> Resumed:
            if path is None:
                raise CodexError("this session is not recorded, so it cannot be copied")
            clock_s = self._context.host.clock()
            return fork(load(path), config, clock_s=clock_s, keep_messages=keep_messages)

        return copy

    # Old sessions.

    def resume(self, args: str) -> None:
        """Continue an old session of this folder.

        Args: args: its id, the start of its id, or its name; empty: let the user choose.
        """
        from codex.rollout.store import list_sessions

        context = self._context
        if args:
            self._open(args)
            return
        home, cwd = context.conversation.config.codex_home, context.conversation.config.cwd

        def work() -> Callable[[], None]:
            found = list_sessions(home, cwd=cwd, limit=MAX_SESSIONS)
            return lambda: self._choose(found)

        context.in_background(work)

    def _choose(self, found: Sequence[SessionSummary]) -> None:
        context = self._context
        session = context.chat.session
        others = [one for one in found if session is None or one.id != session.session_id]
        if not others:
            context.say("there is no other session in this folder")
            return

        def done(index: int | None) -> None:
            context.slot.dismiss()
            if index is not None:
                self._open(others[index].id)

        rows = session_rows(others, context.host.clock(), home=context.home)
        context.slot.open(Picker("Which session?", rows, done))

    def _open(self, name: str) -> None:
        from codex.rollout.store import open_session

        config = self._context.conversation.config
        self._switch_to(lambda: open_session(config.codex_home, name, cwd=config.cwd))

    def _switch_to(self, load: Callable[[], Resumed]) -> None:
        """Load another session and continue in it, if it belongs to this folder.

        Args: load: called in a thread; raises CodexError if the session cannot be loaded.
        """
        from codex.rollout.store import is_same_folder

        context = self._context
        cwd = context.conversation.config.cwd

        def work() -> Callable[[], None]:
            try:
                resumed = load()
                if resumed.cwd is not None and not is_same_folder(resumed.cwd, cwd):
                    raise CodexError(
                        f"that session belongs to the folder '{resumed.cwd}'",
                        advice=f"To resume it there: codex resume {resumed.session_id}",
                    )
            except CodexError as error:
                text = str(error)
                return lambda: context.chat.notice(text, is_error=True)
            return lambda: self._show(resumed)

        context.in_background(work)

    def _show(self, resumed: Resumed) -> None:
        self._context.clear()
        self._context.conversation.restart(resumed)
