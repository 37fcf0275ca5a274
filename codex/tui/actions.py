"""What the `/` commands and a few keys do, each in one place.

Must not draw: an action changes the conversation, reports into the transcript, or opens a modal.
"""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING, NamedTuple, Protocol

import msgspec

from codex import __version__
from codex.base.errors import CodexError
from codex.protocol import events as ev
from codex.protocol.items import TokenUsage
from codex.protocol.ops import ListMcpTools, ListModels, ReloadHistory
from codex.protocol.policy import (
    APPROVAL_NAMES,
    DANGER_FULL_ACCESS,
    READ_ONLY,
    WORKSPACE_WRITE,
    AskForApproval,
    SandboxPolicy,
)
from codex.tui.composer.draft import Draft
from codex.tui.conversation import with_model
from codex.tui.dialogs.old_sessions import MAX_SESSIONS, is_same_folder, session_choices
from codex.tui.dialogs.picker import Choice, Picker
from codex.tui.drawing.text import lines
from codex.tui.terminal.terminal import clipboard
from codex.tui.transcript.cells import HeaderCell, LinesCell, PromptCell
from codex.tui.transcript.pager import Pager
from codex.tui.transcript.status import Report, status_report

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from codex.base.host import Host
    from codex.rollout.files import SessionSummary
    from codex.rollout.resume import Resumed
    from codex.tui.composer.composer import Composer
    from codex.tui.conversation import Conversation
    from codex.tui.dialogs.modal import Modal
    from codex.tui.transcript.cells import Cell
    from codex.tui.transcript.chat import Chat

INIT_PROMPT = """\
Write a file AGENTS.md for this repository: what a coding agent has to know to work in it. Look at \
the code, the build and the tests first. Say what the project is and how it is laid out, how to \
build, run and test it, how its code is written, and what a change needs to be complete. Only what \
you have seen here, in short sentences, at most 400 words. If there is an AGENTS.md already, \
improve it and keep what is right."""


class Preset(NamedTuple):
    """One choice of `/approvals`."""

    name: str
    detail: str
    approval: AskForApproval
    sandbox: SandboxPolicy


PRESETS = (
    Preset(
        "ask",
        "commands only read; asks before anything else",
        AskForApproval.UNTRUSTED,
        READ_ONLY,
    ),
    Preset(
        "edit",
        "may change files in the workspace; asks before commands",
        AskForApproval.AUTO_EDIT,
        WORKSPACE_WRITE,
    ),
    Preset(
        "auto",
        "runs in the sandbox of the workspace; asks when something is blocked",
        AskForApproval.ON_FAILURE,
        WORKSPACE_WRITE,
    ),
    Preset(
        "full access",
        "no sandbox and no questions; only where something else contains it",
        AskForApproval.NEVER,
        DANGER_FULL_ACCESS,
    ),
)


class Screen(Protocol):
    """What actions need of the application."""

    chat: Chat
    composer: Composer
    conversation: Conversation
    home: str | None

    def open(self, modal: Modal) -> None:
        """Let something take the keys."""

    def dismiss(self) -> None:
        """Give them back."""

    def say(self, text: str) -> None:
        """A word for a moment."""

    def write(self, sequence: str) -> None:
        """Send the terminal what draws nothing."""

    def clear(self) -> None:
        """Forget what was shown."""

    def quit(self) -> None:
        """Leave."""

    def redraw(self) -> None:
        """Something has changed."""

    def in_background(self, work: Callable[[], Callable[[], None]]) -> None:
        """Do something slow in a thread, then in the loop what it returns."""


class Actions:
    """The commands by name."""

    def __init__(self, screen: Screen, host: Host) -> None:
        self._screen = screen
        self._host = host
        self._wants_models = False
        self._wants_history = False
        self.log = logging.getLogger("codex.tui")

    def run(self, name: str, args: str) -> None:
        """Run a `/` command."""
        run: dict[str, Callable[[str], None]] = {
            "approvals": self._approvals,
            "clear": self._clear,
            "copy": self._copy,
            "diff": self._diff,
            "export": self._export,
            "fork": self._fork,
            "help": self._help,
            "history": self._reload_history,
            "init": self._init,
            "logs": self._logs,
            "mcp": self._mcp,
            "mention": self._mention,
            "model": self._model,
            "new": self._new,
            "quit": self._quit,
            "rename": self._rename,
            "resume": self._resume,
            "status": self._status,
        }
        run[name](args)
        self._screen.redraw()

    # The conversation.

    def _quit(self, _: str) -> None:
        self._screen.quit()

    def _new(self, _: str) -> None:
        self._screen.conversation.restart()

    def _clear(self, _: str) -> None:
        self._screen.clear()
        self._screen.conversation.restart()

    def _init(self, _: str) -> None:
        self._screen.conversation.submit(Draft(INIT_PROMPT))

    def _mention(self, _: str) -> None:
        self._screen.composer.insert_text("@")

    def edit_earlier(self) -> None:
        """Esc Esc: choose an earlier message, to write it anew and go on from there."""
        prompts = self._said()
        if not prompts:
            self._screen.say("there is no earlier message")
            return
        order = list(reversed(range(len(prompts))))

        def done(chosen: int | None) -> None:
            self._screen.dismiss()
            if chosen is not None:
                self._edit(prompts[order[chosen]], before=order[chosen])

        choices = [Choice(" ".join(prompts[index].message.split())[:200]) for index in order]
        note = "what came after it stays in the session so far"
        self._screen.open(Picker("Which message?", choices, done, note=note))

    def _said(self) -> list[PromptCell]:
        """What the user has said in this session, as far as the model has read it."""
        cells = self._screen.chat.cells
        starts = [at for at, cell in enumerate(cells) if isinstance(cell, HeaderCell)]
        here = cells[starts[-1] :] if starts else []
        return [cell for cell in here if isinstance(cell, PromptCell) and not cell.is_queued]

    def _edit(self, prompt: PromptCell, *, before: int) -> None:
        """Go on in a copy that ends before a message. Args: before: the message's index."""
        self._screen.composer.set_text(prompt.message)
        self._go_on(self._copied(before))

    def _fork(self, _: str) -> None:
        self._go_on(self._copied(None))

    def _copied(self, keep_messages: int | None) -> Callable[[], Resumed]:
        """What copies the session so far, or its beginning."""
        from codex.rollout.fork import fork
        from codex.rollout.resume import load

        config, session = self._screen.conversation.config, self._screen.chat.session
        path = session.rollout_path if session is not None else None

        def copy() -> Resumed:
            if path is None:
                raise CodexError("this session is not recorded, so it cannot be copied")
            clock_s = self._host.clock()
            return fork(load(path), config, clock_s=clock_s, keep_messages=keep_messages)

        return copy

    def _resume(self, args: str) -> None:
        from codex.rollout.store import list_sessions, open_session

        screen = self._screen
        home, cwd = screen.conversation.config.codex_home, screen.conversation.config.cwd
        if args:
            self._go_on(lambda: open_session(home, args, cwd=cwd))
            return

        def work() -> Callable[[], None]:
            found = list_sessions(home, cwd=cwd, limit=MAX_SESSIONS)
            return lambda: self._choose_session(found)

        screen.in_background(work)

    def _choose_session(self, found: Sequence[SessionSummary]) -> None:
        from codex.rollout.store import open_session

        screen = self._screen
        session = screen.chat.session
        others = [one for one in found if session is None or one.id != session.session_id]
        if not others:
            screen.say("there is no other session of this folder")
            return
        home = screen.conversation.config.codex_home
        cwd = screen.conversation.config.cwd

        def done(index: int | None) -> None:
            screen.dismiss()
            if index is not None:
                wanted = others[index].id
                self._go_on(lambda: open_session(home, wanted, cwd=cwd))

        choices = session_choices(others, self._host.clock(), home=self._host.home())
        screen.open(Picker("Which session?", choices, done))

    def _go_on(self, load: Callable[[], Resumed]) -> None:
        """Leave the session so far for another one."""
        screen = self._screen
        cwd = screen.conversation.config.cwd

        def work() -> Callable[[], None]:
            try:
                resumed = load()
                if resumed.cwd is not None and not is_same_folder(resumed.cwd, cwd):
                    raise CodexError(
                        f"that session belongs to '{resumed.cwd}'",
                        advice=f"To go on with it: codex resume {resumed.session_id}",
                    )
            except CodexError as error:
                text = str(error)
                return lambda: screen.chat.notice(text, is_error=True)
            return lambda: self._show(resumed)

        screen.in_background(work)

    def _show(self, resumed: Resumed) -> None:
        self._screen.clear()
        self._screen.conversation.restart(resumed)

    def _rename(self, args: str) -> None:
        from codex.rollout.names import rename

        screen = self._screen
        session = screen.chat.session
        if session is None or session.rollout_path is None:
            screen.chat.notice("this session is not recorded, so it has no name", is_error=True)
            return
        home = screen.conversation.config.codex_home
        try:
            rename(home, session.session_id, args, clock_s=self._host.clock())
        except CodexError as error:
            screen.chat.notice(str(error), is_error=True)
            return
        screen.chat.session = msgspec.structs.replace(session, name=args or None)
        screen.say(f"this session is called {args}" if args else "this session has no name now")

    # Settings.

    def _model(self, args: str) -> None:
        if args:
            self._choose_model(args)
            return
        self._wants_models = True
        self._screen.say("asking the server for its models")
        self._screen.conversation.send(ListModels())

    def models(self, msg: ev.ListModelsResponse) -> None:
        """The models that were asked for, here or for the model's window."""
        if not self._wants_models:
            return
        self._wants_models = False
        self._screen.say("")
        if not msg.models:
            why = msg.error or "the server has none"
            self._screen.chat.notice(
                f"no list of models: {why}\n/model NAME takes any name.", is_error=True
            )
            return
        current = self._screen.conversation.config.model.model
        choices = [
            Choice(
                entry.id,
                f"{entry.context_window:,} tokens" if entry.context_window else "",
                is_current=entry.id == current,
            )
            for entry in msg.models
        ]

        def done(index: int | None) -> None:
            self._screen.dismiss()
            if index is not None:
                self._choose_model(msg.models[index].id)

        self._screen.open(Picker("Which model?", choices, done))

    def _choose_model(self, name: str) -> None:
        conversation = self._screen.conversation
        conversation.configure(with_model(conversation.config, name))

    def _approvals(self, args: str) -> None:
        config = self._screen.conversation.config
        if args:
            self._choose_approval(args)
            return

        def done(index: int | None) -> None:
            self._screen.dismiss()
            if index is not None:
                self._configure(PRESETS[index].approval, PRESETS[index].sandbox)

        now = (config.approval_policy, config.sandbox_policy)
        choices = [
            Choice(preset.name, preset.detail, is_current=(preset.approval, preset.sandbox) == now)
            for preset in PRESETS
        ]
        note = f"now: {config.approval_policy.value}"
        self._screen.open(Picker("What may run without a question?", choices, done, note=note))

    def _choose_approval(self, name: str) -> None:
        if name in APPROVAL_NAMES:
            sandbox = self._screen.conversation.config.sandbox_policy
            self._configure(APPROVAL_NAMES[name], sandbox)
            return
        known = ", ".join(APPROVAL_NAMES)
        self._screen.chat.notice(f"/approvals {name}: expected one of {known}", is_error=True)

    def _configure(self, approval: AskForApproval, sandbox: SandboxPolicy) -> None:
        conversation = self._screen.conversation
        conversation.configure(
            msgspec.structs.replace(
                conversation.config, approval_policy=approval, sandbox_policy=sandbox
            )
        )

    def _mcp(self, _: str) -> None:
        self._screen.conversation.send(ListMcpTools())

    def _reload_history(self, _: str) -> None:
        self._wants_history = True
        self._screen.conversation.send(ReloadHistory())

    def history(self, msg: object) -> None:
        """What the engine says about the message history."""
        if isinstance(msg, ev.HistoryReloaded) and self._wants_history:
            self._wants_history = False
            self._screen.say(f"{msg.entry_count:,} messages can be recalled")

    # What is shown.

    def _status(self, _: str) -> None:
        screen = self._screen
        session, usage = screen.chat.session, screen.chat.usage
        if session is None:
            screen.chat.notice("the session has not started yet")
            return
        report = Report(
            version=__version__,
            session_id=session.session_id,
            name=session.name,
            rollout_path=session.rollout_path,
            model=session.model,
            provider=session.provider,
            cwd=session.cwd,
            home=screen.home,
            approval=session.approval_policy,
            sandbox=session.sandbox,
            usage=usage.total if usage else TokenUsage(),
            context_window=usage.context_window
            if usage
            else screen.conversation.config.model.context_window,
            context_left_percent=usage.context_left_percent if usage else None,
        )
        screen.chat.report(status_report(report))

    def pager(self) -> None:
        """Ctrl+T: the whole transcript."""
        self._page(self._screen.chat.cells, "Transcript")

    def _page(self, cells: Sequence[Cell], title: str) -> None:
        screen = self._screen
        screen.open(Pager(cells, close=screen.dismiss, copy=self._copy_text, title=title))

    def _help(self, _: str) -> None:
        from codex.tui.help import help_lines

        self._page([LinesCell(help_lines())], "Help")

    def _logs(self, _: str) -> None:
        from codex.tui.terminal.log import log_path, log_tail

        home = self._screen.conversation.config.codex_home
        try:
            text = log_tail(home)
        except OSError as error:
            self._screen.chat.notice(f"no log: {error.strerror}: {log_path(home)}", is_error=True)
            return
        rows = [*lines(f"{log_path(home)}\n\n"), *lines(text or "(empty)")]
        self._page([LinesCell(rows)], "Log")

    def _diff(self, _: str) -> None:
        from codex.tui.git_diff import changes

        screen = self._screen
        cwd, environ = screen.conversation.config.cwd, self._host.environ

        def work() -> Callable[[], None]:
            try:
                text = changes(cwd, environ)
            except OSError as error:
                why = str(error)
                return lambda: screen.chat.notice(f"no diff: {why}", is_error=True)
            if not text:
                return lambda: screen.say("nothing has changed")
            return lambda: self._show_diff(text)

        screen.in_background(work)

    def _show_diff(self, text: str) -> None:
        from codex.tui.transcript.patch_cell import git_lines

        self._page([LinesCell(git_lines(text))], "Changes")

    # Texts that leave the screen.

    def _copy(self, _: str) -> None:
        answer = self._screen.chat.last_answer
        self._screen.say(self._copy_text(answer) if answer else "there is no answer yet")

    def _copy_text(self, text: str) -> str:
        sequence = clipboard(text)
        if sequence is None:
            return "too long for the terminal's clipboard: /export writes a file"
        self._screen.write(sequence)
        return f"copied {len(text):,} characters, where the terminal allows it"

    def _export(self, args: str) -> None:
        from codex.tui.transcript.export import as_markdown

        screen = self._screen
        session = screen.chat.session
        name = args or f"codex-{session.session_id if session else 'session'}.md"
        path = os.path.join(screen.conversation.config.cwd, os.path.expanduser(name))
        try:
            with open(path, "x", encoding="utf-8", errors="replace") as file:
                file.write(as_markdown(screen.chat))
        except OSError as error:
            screen.chat.notice(f"cannot write '{path}': {error.strerror}", is_error=True)
            return
        screen.chat.notice(f"written: {path}")
