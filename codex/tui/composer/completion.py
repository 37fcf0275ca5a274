"""Completion: which popup is open for a text and a cursor, and what it offers.

Must not change the text: the composer inserts what was chosen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from codex.tui.composer.mention import Mention, mention_at
from codex.tui.composer.popup import Popup, PopupRow
from codex.tui.composer.slash_command import NamedCommand, SlashCommand, command_word

if TYPE_CHECKING:
    from codex.tui.composer.file_search import FileSearch, Found
    from codex.tui.composer.slash_command import CommandNames


class CommandMenu(NamedTuple):
    """The popup of `/` commands."""

    popup: Popup
    word: str
    commands: tuple[NamedCommand, ...]

    @property
    def chosen(self) -> NamedCommand | None:
        """The selected command; None if no command matches."""
        return self.commands[self.popup.selected] if self.commands else None


class FileMenu(NamedTuple):
    """The popup of the file search."""

    popup: Popup
    mention: Mention
    found: Found | None

    @property
    def chosen(self) -> str | None:
        """The selected path, maybe found for an earlier text; None if none is found (yet)."""
        paths = self.found.paths if self.found is not None else ()
        return paths[self.popup.selected] if paths else None


class Completion:
    """The state of completion: which popup is open, if any."""

    def __init__(self, files: FileSearch, commands: CommandNames) -> None:
        self._files = files
        self._commands = commands
        self._open: CommandMenu | FileMenu | None = None
        self._dismissed: str | int | None = None
        """Command word, or position of the mention, whose popup the user has closed."""

    @property
    def menu(self) -> CommandMenu | FileMenu | None:
        """The open popup, with the files found so far; None if no popup is open."""
        menu = self._open
        found = self._files.found
        if isinstance(menu, FileMenu) and found is not None and found is not menu.found:
            menu = self._open = _file_menu(menu.mention, found)
        return menu

    def update(self, text: str, cursor: int) -> None:
        """Open, change or close the popup after a change of text or cursor."""
        word = command_word(text)
        if word is not None and cursor <= 1 + len(word):
            self._offer_commands(word)
            return
        mention = mention_at(text, cursor)
        if mention is not None:
            self._offer_files(mention)
            return
        self._open = None
        self._dismissed = None

    def close(self) -> None:
        """Close the popup until the next `update`, which may open it again."""
        self._open = None

    def dismiss(self) -> None:
        """Close the popup (Esc) until the command word changes or the cursor leaves the word."""
        match self._open:
            case CommandMenu():
                self._dismissed = self._open.word
            case FileMenu():
                self._dismissed = self._open.mention.start
        self._open = None

    def _offer_commands(self, word: str) -> None:
        if self._dismissed == word:
            self._open = None
            return
        self._dismissed = None
        if isinstance(self._open, CommandMenu) and self._open.word == word:
            return
        commands = self._commands.matching(word)
        choices = [PopupRow(_title(named), named.command.description) for named in commands]
        popup = Popup(choices, empty="no such command")
        self._open = CommandMenu(popup, word, commands)

    def _offer_files(self, mention: Mention) -> None:
        if self._dismissed == mention.start:
            self._open = None
            return
        self._dismissed = None
        if not isinstance(self._open, FileMenu) or self._open.mention.start != mention.start:
            self._files.begin()
            self._files.find(mention.query)
            self._open = _file_menu(mention, None)
        elif self._open.mention != mention:
            self._files.find(mention.query)
            self._open = self._open._replace(mention=mention)


def _title(named: NamedCommand) -> str:
    command: SlashCommand = named.command
    return f"/{named.name} {command.argument}".rstrip()


def _file_menu(mention: Mention, found: Found | None) -> FileMenu:
    if found is None:
        return FileMenu(Popup((), empty="searching for files"), mention, None)
    choices = [PopupRow(path, is_path=True) for path in found.paths]
    return FileMenu(Popup(choices, empty="no file matches"), mention, found)
