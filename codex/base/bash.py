"""Split a shell script that is plainly a list of commands into the words that bash would pass.

The splitter is strict and accepts a fixed set of characters: the result is None if bash could
expand or redirect any part of the script, run it in the background or read it as a keyword. A
property test compares every accepted script with real bash. Knows nothing of which commands are
harmless.
"""

from __future__ import annotations

import string
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_SHELLS = frozenset({"bash", "zsh", "sh"})
SCRIPT_FLAGS = frozenset({"-c", "-lc"})

WORD_CHARACTERS = frozenset(string.ascii_letters + string.digits + "_-./,:+@%=")
"""Characters that are literal outside quotes, except for `=` or `%` at the start of a word."""

ESCAPABLE = frozenset(chr(code) for code in range(0x20, 0x7F))
"""Characters that a backslash outside quotes makes literal."""

KEYWORDS = frozenset(
    {"if", "then", "else", "elif", "fi", "case", "in", "esac", "function", "select"}
) | frozenset({"for", "while", "until", "do", "done", "time", "coproc"})
UNFINISHED = frozenset({"&&", "||", "|"})
"""Operators that another command must follow."""


def script_of(argv: Sequence[str]) -> str | None:
    """Return SCRIPT if `argv` is `bash -c SCRIPT` or `bash -lc SCRIPT`; None for anything else.

    `bash` stands for bash, zsh or sh, with or without a path. `-lc` makes a login shell, which runs
    profile files first. A SCRIPT that begins with `-` or `+` gives None: it would be an option.
    """
    if len(argv) != 3 or argv[1] not in SCRIPT_FLAGS:
        return None
    # The shell would read a script that begins with `-` or `+` as more options.
    is_shell = argv[0].rsplit("/", 1)[-1] in _SHELLS
    return argv[2] if is_shell and not argv[2].startswith(("-", "+")) else None


def join(argv: Sequence[str]) -> str:
    """Return shell text that means exactly the words `argv`, to read and to copy.

    A newline in a word stays one, so the text may have several lines.
    """
    return " ".join(_written(word, is_name=index == 0) for index, word in enumerate(argv))


def _written(word: str, *, is_name: bool) -> str:
    # A word that is plain elsewhere may be a keyword, an assignment or a job in first position.
    before = "" if is_name else "x "
    if split_script(before + word) == ((*before.split(), word),):
        return word
    return "'" + word.replace("'", "'\"'\"'") + "'"


def split_script(script: str) -> tuple[tuple[str, ...], ...] | None:
    """Return the commands of a script, each as its words, in the order of the text.

    Commands may be joined by `&&`, `||`, `;`, `|` and newlines.

    Returns: None if bash could read the script in another way, or if it holds no command.
    """
    try:
        return tuple(_commands(_Scanner(script))) or None
    except _NotPlainError:
        return None


class _NotPlainError(Exception):
    """The script is not plainly a list of commands, so the splitter rejects it."""


class _Word:
    """A word while it is read."""

    def __init__(self) -> None:
        self.text = ""
        self.is_quoted = False
        """Whether any part is quoted, so that bash does not read the word as a keyword."""
        self.is_assignment = False
        """Whether the word has an unquoted `=`: before a command, it may be an assignment."""

    def add(self, character: str) -> None:
        """Add an unquoted character to the word; raise _NotPlainError unless it is literal here."""
        if character in "~^":
            # A revision such as HEAD~2: bash expands ~ only at the start, and after : and =.
            is_plain = self.text[:1].isalnum() and ":" not in self.text and "=" not in self.text
        elif character == "=":
            # zsh expands =NAME.
            is_plain = self.text != ""
            self.is_assignment = True
        else:
            is_plain = character in WORD_CHARACTERS
        if not is_plain:
            raise _NotPlainError
        self.text += character

    def add_quoted(self, text: str) -> None:
        """Add quoted or escaped text to the word."""
        self.is_quoted = True
        self.text += text


def _commands(scanner: _Scanner) -> list[tuple[str, ...]]:
    commands: list[tuple[str, ...]] = []
    words: list[_Word] = []
    joint = "\n"
    while not scanner.is_at_end:
        if word := scanner.word():
            words.append(word)
        elif words:
            commands.append(_command(words))
            words = []
            joint = scanner.joint()
        elif scanner.joint() != "\n":
            raise _NotPlainError
    if words:
        commands.append(_command(words))
    elif joint in UNFINISHED:
        raise _NotPlainError
    return commands


def _command(words: list[_Word]) -> tuple[str, ...]:
    name = words[0]
    is_keyword = not name.is_quoted and name.text in KEYWORDS
    if is_keyword or name.is_assignment or name.text.startswith("%"):
        raise _NotPlainError
    return tuple(word.text for word in words)


class _Scanner:
    """A script and the position up to which it has been read."""

    def __init__(self, script: str) -> None:
        # An argument cannot hold a NUL; the rest of the script would be lost.
        if "\0" in script:
            raise _NotPlainError
        self._script = script
        self._position = 0
        self._skip_blanks()

    @property
    def is_at_end(self) -> bool:
        """Whether only blanks are left."""
        return self._position >= len(self._script)

    def joint(self) -> str:
        """Return the operator at the position, and advance past it.

        Raises: _NotPlainError, if it may not join commands.
        """
        rest = self._script[self._position : self._position + 3]
        joint = rest[:2] if rest[:2] in UNFINISHED else rest[:1]
        is_doubtful = rest[: len(joint) + 1] in (";;", "|&", ";&")
        if joint not in ("&&", "||", "|", ";", "\n") or is_doubtful:
            raise _NotPlainError
        self._position += len(joint)
        self._skip_blanks()
        return joint

    def word(self) -> _Word | None:
        """Return the next word, and advance past it; return None if an operator comes next."""
        if self._peek() in "&|;\n":
            return None
        word = _Word()
        while not self.is_at_end and self._peek() not in " \t&|;\n":
            self._part(word)
        self._skip_blanks()
        return word

    def _peek(self) -> str:
        return self._script[self._position]

    def _take(self) -> str:
        if self.is_at_end:
            raise _NotPlainError
        self._position += 1
        return self._script[self._position - 1]

    def _skip_blanks(self) -> None:
        """Skip spaces, tabs and escaped newlines."""
        while True:
            if self._script.startswith((" ", "\t"), self._position):
                self._position += 1
            elif self._script.startswith("\\\n", self._position):
                self._position += 2
            else:
                return

    def _part(self, word: _Word) -> None:
        character = self._take()
        if character == "'":
            end = self._script.find("'", self._position)
            if end == -1:
                raise _NotPlainError
            word.add_quoted(self._script[self._position : end])
            self._position = end + 1
        elif character == '"':
            word.add_quoted(self._double_quoted())
        elif character == "\\":
            escaped = self._take()
            if escaped in ESCAPABLE:
                word.add_quoted(escaped)
            elif escaped != "\n":
                raise _NotPlainError
        else:
            word.add(character)

    def _double_quoted(self) -> str:
        parts: list[str] = []
        while (character := self._take()) != '"':
            if character in "$`":
                raise _NotPlainError
            if character == "\\":
                escaped = self._take()
                if escaped == "\n":
                    raise _NotPlainError
                character = escaped if escaped in '$`"\\' else "\\" + escaped
            parts.append(character)
        return "".join(parts)
