"""The composer's key bindings, on top of prompt_toolkit's Emacs bindings.

Holds no state: each key calls the composer, or changes prompt_toolkit's buffer.
"""

from __future__ import annotations

from typing import Protocol

from prompt_toolkit.filters import Condition
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.keys import Keys

from codex.tui.composer.paste import clean_input

# Keys of prompt_toolkit that are useless here: macros, numeric arguments, shell words, comments,
# control characters, its own completion, sending by Ctrl+O.
_UNWANTED: tuple[tuple[str, ...], ...] = (
    *(("escape", digit) for digit in "0123456789-"),
    *(("escape", key) for key in (".", "_", "#", "*", "/", "c-y", "c-]")),
    *(("c-x", key) for key in ("(", ")", "e")),
    *((key,) for key in ("c-o", "c-q", "c-v", "s-tab")),
)


class EditorTarget(Protocol):
    """The members of the composer that the editor's keys use."""

    @property
    def has_menu(self) -> bool:
        """Whether a popup is open."""

    def dismiss(self) -> None:
        """Close the popup."""

    def enter(self) -> None:
        """Choose from the popup, or send."""

    def tab(self) -> None:
        """Complete from the popup, or queue the draft."""

    def newline(self) -> None:
        """Begin a new line without sending."""

    def up(self) -> None:
        """Go to the row above or to an earlier message."""

    def down(self) -> None:
        """Go to the row below or to a later message."""

    def type(self, text: str) -> None:
        """Insert typed characters."""

    def paste(self, text: str) -> None:
        """Insert pasted text."""

    def open_search(self) -> None:
        """Begin a history search."""

    def run_editor(self) -> None:
        """Open the draft in the user's editor."""


class SearchTarget(Protocol):
    """The methods of the composer that the keys of the history search call."""

    def search_older(self) -> None:
        """Select the next older match."""

    def search_newer(self) -> None:
        """Select the next newer match."""

    def accept_search(self) -> None:
        """Replace the draft by the selected match."""

    def close_search(self) -> None:
        """Close the history search and return to the draft."""


def editor_keys(composer: EditorTarget) -> KeyBindings:
    """Return the key bindings of the editor."""
    keys = KeyBindings()
    has_menu = Condition(lambda: composer.has_menu)
    _bind_sending(keys, composer)
    _bind_moving(keys, composer)
    _bind_typing(keys, composer)
    keys.add("escape", filter=has_menu)(lambda event: composer.dismiss())
    keys.add("c-r")(lambda event: composer.open_search())
    keys.add("c-g")(lambda event: composer.run_editor())
    keys.add("escape", "_", save_before=lambda _: False)(lambda event: event.current_buffer.redo())
    return keys


def _bind_sending(keys: KeyBindings, composer: EditorTarget) -> None:
    keys.add("enter")(lambda event: composer.enter())
    keys.add("tab")(lambda event: composer.tab())
    for newline in (("c-j",), ("escape", "enter"), ("escape", "c-j")):
        keys.add(*newline)(lambda event: composer.newline())


def _bind_moving(keys: KeyBindings, composer: EditorTarget) -> None:
    for up in ("up", "c-p"):
        keys.add(up)(lambda event: composer.up())
    for down in ("down", "c-n"):
        keys.add(down)(lambda event: composer.down())

    @keys.add("escape", "<")
    def to_start(event: KeyPressEvent) -> None:
        event.current_buffer.cursor_position = 0

    @keys.add("escape", ">")
    def to_end(event: KeyPressEvent) -> None:
        event.current_buffer.cursor_position = len(event.current_buffer.text)


def _bind_typing(keys: KeyBindings, composer: EditorTarget) -> None:
    for unwanted in _UNWANTED:
        keys.add(*unwanted)(lambda event: None)
    keys.add(Keys.BracketedPaste)(lambda event: composer.paste(event.data))

    # Undo takes back one word at a time, not all the characters typed in a row.
    @keys.add(Keys.Any, save_before=lambda event: not event.is_repeat or event.data == " ")
    def type_(event: KeyPressEvent) -> None:
        composer.type(event.data)


def search_keys(composer: SearchTarget) -> KeyBindings:
    """Return the key bindings of the row in which the history search's query is typed."""
    keys = KeyBindings()
    for older in ("c-r", "up", "c-p"):
        keys.add(older)(lambda event: composer.search_older())
    for newer in ("c-s", "down", "c-n"):
        keys.add(newer)(lambda event: composer.search_newer())
    for accept in ("enter", "tab", "c-j"):
        keys.add(accept)(lambda event: composer.accept_search())
    for back in ("escape", "c-g", "c-c"):
        keys.add(back)(lambda event: composer.close_search())
    for unwanted in _UNWANTED:
        keys.add(*unwanted)(lambda event: None)

    @keys.add(Keys.Any)
    @keys.add(Keys.BracketedPaste)
    def type_(event: KeyPressEvent) -> None:
        event.current_buffer.insert_text(clean_input(event.data).strip("\n").split("\n")[0])

    return keys
