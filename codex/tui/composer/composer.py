"""Composer: the editor, its history, popups and attachments as one container of the layout.

Must not hold or start an Application; must not lose anything that was typed. `keys.py` says which
keys call which method.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from prompt_toolkit.application.current import get_app
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.document import Document
from prompt_toolkit.filters import Condition
from prompt_toolkit.layout.containers import ConditionalContainer, HSplit, Window

from codex.protocol.events import SessionConfigured
from codex.protocol.ops import AddToHistory, Op
from codex.protocol.replies import GetHistoryEntriesResponse, HistoryReloaded, SearchHistoryResponse
from codex.tui.composer import keys as composer_keys
from codex.tui.composer import terminal_keys
from codex.tui.composer.attachments import Attachments
from codex.tui.composer.completion import CommandMenu, Completion, FileMenu
from codex.tui.composer.draft import Draft, Mode
from codex.tui.composer.editor_rows import Wrapper
from codex.tui.composer.editor_view import EditorControl, RowsControl
from codex.tui.composer.file_search import FileSearch
from codex.tui.composer.history_search import HistorySearch
from codex.tui.composer.mention import written
from codex.tui.composer.paste import clean_input, image_paths, is_large
from codex.tui.composer.recall import Recall
from codex.tui.composer.search_line import SearchLine
from codex.tui.composer.slash_command import CommandNames, TypedCommand

if TYPE_CHECKING:
    from collections.abc import Sequence

    from codex.tui.composer.popup import Fragments
    from codex.tui.composer.slash_command import SlashCommand

HistoryMsg = SessionConfigured | GetHistoryEntriesResponse | SearchHistoryResponse | HistoryReloaded


class Composer:
    """The editor with its popups, history and attachments.

    `container` goes into the application's layout: popup, search line and editor, from top to
    bottom, in as many rows as `height` returns.
    """

    def __init__(
        self,
        *,
        cwd: str,
        environ: Mapping[str, str],
        commands: Sequence[SlashCommand],
        submit: Callable[[Draft], None],
        send: Callable[[Op], None],
        run_editor: Callable[[str], None],
        notice: Callable[[str], None],
        invalidate: Callable[[], None],
        placeholder: str = "Ask codex to do anything",
    ) -> None:
        """Make an empty composer.

        Its keys are bound to its editor and take precedence over the application's, except over its
        eager ones. It sends AddToHistory after each message and `!` command, so the caller need not
        record them.

        Args:
            cwd: working directory, where `@` searches and relative image paths start.
            environ: environment for git and the home directory.
            commands: the `/` commands.
            submit: called with each draft after it has left the editor.
            send: submits the composer's own Ops, all about the message history.
            run_editor: called with the text on Ctrl+G; runs `edit_draft` while the terminal is
                restored, then calls `finish_editor` with the result.
            notice: shows the user a line that says why a draft was not submitted.
            invalidate: asks for a redraw; called from any thread.
            placeholder: shown while the editor is empty.
        """
        terminal_keys.install()
        self.is_busy = False
        """Whether a task runs, set by the application: Enter then steers and Tab queues."""
        self._cwd = cwd
        self._home = environ.get("HOME")
        self._submit = submit
        self._send = send
        self._run_editor = run_editor
        self._notice = notice
        self._attachments = Attachments()
        self._recall = Recall(send)
        self.files = FileSearch(cwd, environ, changed=invalidate)
        self._commands = CommandNames(commands)
        self._completion = Completion(self.files, self._commands)
        self._placed: tuple[str, int] | None = None
        """Text that was put in, not typed, and the cursor's position; no popup opens over it."""
        self._is_placing = False
        self._goal_column: int | None = None
        """Column that Up and Down return to after a shorter row."""
        self._build(placeholder)

    def _build(self, placeholder: str) -> None:
        self._buffer = Buffer(multiline=True)
        self._buffer.on_text_changed += lambda _: self._changed()
        self._buffer.on_cursor_position_changed += lambda _: self._changed()
        self._wrapper = Wrapper(self._attachments.label)
        self._editor = EditorControl(
            self._buffer,
            wrapper=self._wrapper,
            label=self._attachments.label,
            shown=lambda: self._line.shown,
            placeholder=placeholder,
            key_bindings=composer_keys.editor_keys(self),
        )
        self._line = SearchLine(composer_keys.search_keys(self))
        self._editor_window = Window(
            self._editor, height=lambda: self._rows(self._editor_height), wrap_lines=False
        )
        popup = Window(RowsControl(self._popup_rows), height=lambda: self._rows(self._popup_height))
        self.container = HSplit(
            [
                ConditionalContainer(popup, Condition(lambda: self.has_menu)),
                self._line.container,
                self._editor_window,
            ]
        )

    # What the application asks.

    @property
    def focus_target(self) -> Window:
        """The window to focus: the editor, or the search line while it is open."""
        return self._editor_window if self._search is None else self._line.window

    @property
    def text(self) -> str:
        """The draft as it would be sent: pastes written out, images as labels."""
        return self._attachments.expand(self._buffer.text)

    @property
    def is_empty(self) -> bool:
        """Whether nothing is written and no search is open."""
        return not self._buffer.text and self._search is None

    @property
    def has_popup(self) -> bool:
        """Whether a popup or the history search is open, so that Esc is not for the task."""
        return self.has_menu or self._search is not None

    def height(self, columns: int, rows: int) -> int:
        """Return the number of rows that `container` takes on a screen of this size."""
        search = 1 if self._search is not None else 0
        return self._popup_height(columns, rows) + search + self._editor_height(columns, rows)

    def _rows(self, height: Callable[[int, int], int]) -> int:
        size = get_app().output.get_size()
        return height(size.columns, size.rows)

    def _editor_height(self, columns: int, rows: int) -> int:
        return max(1, min(self._editor.rows_for(columns), max(3, rows // 3), rows))

    def _popup_height(self, columns: int, rows: int) -> int:
        menu = self._completion.menu
        if menu is None:
            return 0
        return menu.popup.height(max(1, rows // 2 - self._editor_height(columns, rows)))

    # What the application does.

    def set_text(self, text: str) -> None:
        """Replace the draft with a text, whose image labels become images; Up recalls the draft."""
        self._recall.displaced(self._buffer.text)
        self._place(self._attachments.restore(text))

    def insert_text(self, text: str) -> None:
        """Insert text at the cursor as if it were typed: an `@` opens the file search."""
        self._buffer.insert_text(clean_input(text))

    def clear(self) -> None:
        """Empty the editor and close the history search (Ctrl+C); Up recalls the draft."""
        self.close_search()
        self._recall.displaced(self._buffer.text)
        self._empty()

    def finish_editor(self, text: str) -> None:
        """Replace the draft with the text from the external editor; undo brings the draft back."""
        self._buffer.save_to_undo_stack()
        self._place(self._attachments.restore(clean_input(text)))

    def remember(self, text: str) -> None:
        """Add the prompt of the command line to the message history, so that Up finds it."""
        self._recall.submitted(text, recorded=text)
        self._send(AddToHistory(text))

    def handle(self, msg: HistoryMsg) -> None:
        """Handle an event about the message history; it may bring the entry that Up waits for."""
        if isinstance(msg, SearchHistoryResponse):
            if self._search is not None:
                self._search.handle(msg)
            return
        self._show(self._recall.handle(msg, self._buffer.text))
        is_page = isinstance(msg, GetHistoryEntriesResponse)
        if self._search is not None and self._recall.log_id is not None and not is_page:
            self._search.open_log(self._recall.log_id)

    def close(self) -> None:
        """End the file search."""
        self.files.close()

    # What the keys do.

    @property
    def has_menu(self) -> bool:
        """Whether a popup is open."""
        return self._completion.menu is not None

    def enter(self) -> None:
        """Choose from the popup; else send, or replace a backslash at the end with a new line."""
        if self._choose():
            return
        text = self._buffer.text
        slashes = len(text) - len(text.rstrip("\\"))
        if slashes % 2 and self._buffer.cursor_position == len(text):
            self._buffer.delete_before_cursor()
            self._buffer.insert_text("\n")
            return
        self._submit_text(self._mode("steer"))

    def tab(self) -> None:
        """Complete from the popup; else, during a task, queue the draft, or run its `/` command."""
        menu = self._completion.menu
        if isinstance(menu, CommandMenu):
            if menu.chosen is not None:
                self._replace_word(f"/{menu.chosen.name} ", 0, 1 + len(menu.word))
        elif menu is not None:
            self._choose()
        elif self.is_busy:
            self._submit_text("queue")

    def up(self) -> None:
        """Go up a row in the popup or text; from the text's first row, to an earlier message.

        From a recalled message with text and cursor untouched, go to an earlier one from any row.
        """
        layout = self._editor.layout()
        if self._completion.menu is not None:
            self._completion.menu.popup.move(-1)
        elif self._is_at_placed() or layout.row_of(self._buffer.cursor_position) == 0:
            self._show(self._recall.older(self._buffer.text))
        else:
            self._move_row(-1)

    def down(self) -> None:
        """Go down a row in the popup or text; from the text's last row, to a later message."""
        layout = self._editor.layout()
        last = len(layout.rows) - 1
        if self._completion.menu is not None:
            self._completion.menu.popup.move(1)
        elif self._is_at_placed() or layout.row_of(self._buffer.cursor_position) == last:
            self._show(self._recall.newer(self._buffer.text))
        else:
            self._move_row(1)

    def newline(self) -> None:
        """Begin a new line without sending."""
        self._buffer.insert_text("\n")

    def type(self, text: str) -> None:
        """Insert typed characters, in place of the selection if there is one."""
        if self._buffer.selection_state is not None:
            self._buffer.cut_selection()
        self._buffer.insert_text(clean_input(text))

    def paste(self, text: str) -> None:
        """Insert pasted text, in place of the selection if there is one.

        Paths of images, and large texts, become attachments.
        """
        text = clean_input(text)
        images = image_paths(text, cwd=self._cwd, home=self._home)
        if images:
            text = " ".join(self._attachments.add_image(path) for path in images) + " "
        elif is_large(text):
            text = self._attachments.add_paste(text)
        if self._buffer.selection_state is not None:
            self._buffer.cut_selection()
        self._buffer.insert_text(text)

    def dismiss(self) -> None:
        """Close the popup until the command word changes or the cursor leaves the word."""
        self._completion.dismiss()

    def run_editor(self) -> None:
        """Open the draft in the user's editor, with pastes written out."""
        self._run_editor(self.text)

    # The history search.

    def open_search(self) -> None:
        """Begin a history search; the draft stays in the editor, hidden."""
        self._completion.close()
        self._recall.stop_waiting()
        recall = self._recall
        self._line.open(HistorySearch(self._send, log_id=recall.log_id, local=recall.local))

    def search_older(self) -> None:
        """Select the next older match."""
        if self._search is not None:
            self._search.older()

    def search_newer(self) -> None:
        """Select the next newer match."""
        if self._search is not None:
            self._search.newer()

    def accept_search(self) -> None:
        """Close the search and replace the draft with the selected match; Up recalls the draft.

        Without a match, the draft stays.
        """
        shown = self._line.shown
        self.close_search()
        if shown is not None:
            self._recall.displaced(self._buffer.text)
            self._place(shown.text)

    def close_search(self) -> None:
        """Close the history search, if it is open, and return to the draft."""
        if self._search is not None:
            self._line.close(self._editor_window)

    @property
    def _search(self) -> HistorySearch | None:
        return self._line.search

    def _popup_rows(self, width: int, height: int) -> list[Fragments]:
        menu = self._completion.menu
        return (
            [] if menu is None else menu.popup.rows(width, min(height, menu.popup.height(height)))
        )

    # How the text changes.

    def _changed(self) -> None:
        """React to a change of text or cursor, whatever caused it."""
        if self._is_placing:
            return
        text, cursor = self._buffer.text, self._buffer.cursor_position
        self._goal_column = None
        self._recall.stop_waiting()
        if self._placed is not None and text == self._placed[0]:
            self._completion.close()
        else:
            self._placed = None
            self._completion.update(text, cursor)

    def _show(self, text: str | None) -> None:
        """Put in the text that Up or Down reached; None means that there is none, or none yet."""
        if text is None:
            return
        self._place(text)
        if not self._recall.is_browsing(text):  # the draft: popups may open again
            self._placed = None
            self._completion.update(text, len(text))

    def _place(self, text: str) -> None:
        self._is_placing = True
        self._buffer.exit_selection()
        self._buffer.document = Document(text, len(text))
        self._is_placing = False
        self._placed = (text, len(text))
        self._goal_column = None
        self._completion.close()

    def _empty(self) -> None:
        """Empty the editor and its undo stack."""
        self._is_placing = True
        self._buffer.reset()
        self._is_placing = False
        self._placed = None
        self._completion.update("", 0)

    def _is_at_placed(self) -> bool:
        """Whether a history entry is shown, unchanged and with the cursor where it was put."""
        here = (self._buffer.text, self._buffer.cursor_position)
        return here == self._placed and self._recall.is_browsing(here[0])

    def _move_row(self, by: int) -> None:
        self._buffer.exit_selection()
        layout = self._editor.layout()
        row = layout.row_of(self._buffer.cursor_position)
        goal = self._goal_column
        if goal is None:
            goal = self._wrapper.column(layout, row, self._buffer.cursor_position)
        self._buffer.cursor_position = self._wrapper.position(layout, row + by, goal)
        self._goal_column = goal

    def _replace_word(self, text: str, start: int, end: int) -> None:
        """Replace the text between two positions; a blank at the end of `text` is not doubled."""
        whole = self._buffer.text
        rest = whole[end:]
        if text.endswith(" ") and rest[:1].isspace():
            text = text[:-1]
        self._buffer.document = Document(whole[:start] + text + rest, start + len(text))

    def _choose(self) -> bool:
        """Run the selected command or insert the selected path; return False if there is none."""
        menu = self._completion.menu
        if isinstance(menu, CommandMenu) and menu.chosen is not None:
            rest = self._buffer.text[1 + len(menu.word) :].strip()
            self._run_command(TypedCommand(menu.chosen.name, rest, menu.chosen.command))
            return True
        if isinstance(menu, FileMenu) and menu.chosen is not None:
            mention = menu.mention
            self._replace_word(f"{written(menu.chosen)} ", mention.start, mention.end)
            self._completion.close()
            return True
        return False

    # Sending.

    def _mode(self, while_busy: Mode) -> Mode:
        return while_busy if self.is_busy else "send"

    def _submit_text(self, mode: Mode) -> None:
        raw = self._buffer.text
        line = self._commands.parse(raw)
        if line is not None:
            self._run_command(line)
        elif raw.startswith("!") and not raw[1:].strip():
            self._notice('Type a command after "!".')
        elif raw.strip() and self._has_its_images(raw):
            text = self.text
            is_shell = raw.startswith("!")
            draft = Draft(
                text[1:].strip() if is_shell else text,
                self._attachments.images(raw),
                is_shell=is_shell,
                mode=mode,
            )
            self._recall.submitted(raw, recorded=text)
            self._empty()
            self._submit(draft)
            self._send(AddToHistory(text))

    def _has_its_images(self, raw: str) -> bool:
        gone = self._attachments.missing(raw)
        if gone is not None:
            self._notice(f'The image "{gone}" no longer exists: delete its label from the draft.')
        return gone is None

    def _run_command(self, line: TypedCommand) -> None:
        """Submit a `/` command, or say why not and keep the text."""
        command = line.command
        if command is None:
            self._notice(self._unknown(line.name))
        elif line.args and not command.argument:
            self._notice(f"/{line.name} takes no argument.")
        elif self.is_busy and not command.during_task:
            self._notice(f"/{line.name} must wait until the task ends.")
        else:
            text = f"/{line.name} {line.args}".rstrip()
            self._recall.submitted(text)
            self._empty()
            self._submit(Draft(text, command=command, args=line.args, mode=self._mode("steer")))

    def _unknown(self, name: str) -> str:
        nearest = self._commands.nearest(name)
        meant = f" Did you mean /{nearest}?" if nearest is not None else ""
        advice = "To send the text as a message, put a space before the slash."
        return f"There is no command /{name}.{meant} {advice}"
