"""What a command may run, read loosely: to find what is forbidden or dangerous, never to permit.

`codex.base.bash` understands little and is sure of it; here it is the other way round. Text that
is no plain list of commands is cut where a shell would cut it, quotes or not quite, and each piece
that could be a command is looked at. A program that wants to hide what it does (`python -c`, a
script file) still can: that is what the sandbox is for.
Source: spec/exec-and-sandbox.md, section 9 (the "dangerous" list).
"""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Words = tuple[str, ...]

SHELLS = frozenset({"bash", "sh", "zsh", "dash", "ksh", "ash", "fish"})
SCRIPT_FLAG = re.compile(r"-[a-zA-Z]*c[a-zA-Z]*", re.ASCII)
WRAPPERS = frozenset(
    {"sudo", "doas", "env", "nohup", "nice", "ionice", "time", "timeout", "xargs", "command"}
) | frozenset({"exec", "builtin", "eval", "stdbuf", "setsid", "busybox", "unbuffer", "chroot"})
"""Programs that run what stands behind them; at which word that begins is not worked out."""
FIND_RUNS = frozenset({"-exec", "-execdir", "-ok", "-okdir"})
BEFORE_COMMAND = frozenset(
    {"if", "then", "else", "elif", "do", "while", "until", "!", "{", "time", "coproc", "&"}
)
ASSIGNMENT = re.compile(r"\w+\+?=.*", re.ASCII | re.DOTALL)
HERE_DOCUMENT = re.compile(r"<(?!<)-?[ \t]*(['\"\\]?)([^\s'\";&|<>()]+)\1?")
OPERATOR = re.compile(r"[<>&|]*")
MAX_WORDS = 200
"""Of a command that is looked at; the number of its words at which another may begin, too."""
MAX_SCRIPTS = 500


def possible_commands(argv: Sequence[str]) -> Iterator[Words]:
    """Everything that a command could turn out to run, itself first; some of it may be wrong."""
    scripts: list[str] = []
    yield from _of_words(tuple(argv), scripts)
    for script in scripts:  # It grows meanwhile.
        if len(scripts) > MAX_SCRIPTS:
            return
        reader = _LooseReader(script)
        for words in reader.commands():
            yield from _of_words(words, scripts)
        _add_new(scripts, reader.inner)


def _add_new(scripts: list[str], found: Sequence[str]) -> None:
    known = set(scripts)
    scripts += (script for script in dict.fromkeys(found) if script not in known)


def _of_words(words: Words, scripts: list[str]) -> Iterator[Words]:
    """The commands that stand in one list of words; `scripts` gets the shell text among them."""
    words = _without_assignments(words[:MAX_WORDS])
    for index in _starts(words):
        command = _without_assignments(words[index:])
        if not command:
            continue
        yield command
        name = _name(command)
        if name in SHELLS:
            pairs = itertools.pairwise(command[1:])
            _add_new(scripts, [word for flag, word in pairs if SCRIPT_FLAG.fullmatch(flag)])
        elif name == "eval":
            _add_new(scripts, [" ".join(command[1:])])


def _starts(words: Words) -> Sequence[int]:
    """Where in the words a command may begin."""
    if words and _name(words) in WRAPPERS:
        return range(len(words))
    if words and _name(words) == "find":
        return [0, *(index + 1 for index, word in enumerate(words) if word in FIND_RUNS)]
    return (0,)


def _without_assignments(words: Words) -> Words:
    while words and (ASSIGNMENT.fullmatch(words[0]) or words[0] in BEFORE_COMMAND):
        words = words[1:]
    return words


def _name(words: Words) -> str:
    return words[0].rpartition("/")[2]


def is_dangerous(argv: Sequence[str]) -> bool:
    """Whether it deletes files by force, or could: `rm -f`, also behind others and in scripts."""
    return any(map(_is_forced_removal, possible_commands(argv)))


def _is_forced_removal(words: Words) -> bool:
    if _name(words) != "rm":
        return False
    options = words[1 : words.index("--")] if "--" in words else words[1:]
    return any(
        word == "--force" or (word.startswith("-") and word[1:2] != "-" and "f" in word)
        for word in options
    )


class _LooseReader:
    """Shell text, cut into words and commands without understanding it."""

    def __init__(self, script: str) -> None:
        self._script = script
        self._position = 0
        self._words: list[str] = []
        self._word: str | None = None
        self._skips_word = False
        """The next word is what a redirection names."""
        self._here_documents: list[tuple[str, bool]] = []
        """(delimiter, whether a shell will read the text)."""
        self.inner: list[str] = []
        """Scripts within: substitutions, and here-documents for a shell."""

    def commands(self) -> list[Words]:
        """All pieces that could be a command."""
        found: list[Words] = []
        while self._position < len(self._script):
            if self._read():
                self._end_word()
                found.append(tuple(self._words))
                self._words = []
        self._end_word()
        found.append(tuple(self._words))
        return [words for words in found if words]

    def _read(self) -> bool:
        """Read a little; whether a command ends here."""
        character = self._script[self._position]
        self._position += 1
        if character in " \t":
            self._end_word()
        elif character in "<>":
            self._redirect(character)
        elif character in "'\"":
            self._quoted(character)
        elif character == "\\":
            self._add(self._script[self._position : self._position + 1].replace("\n", ""))
            self._position += 1
        elif character == "#" and self._word is None:
            end = self._script.find("\n", self._position)
            self._position = len(self._script) if end == -1 else end
        elif character in "\n;&|()`":
            if character == "\n":
                self._end_word()
                self._skip_here_documents()
            return True
        else:
            self._add(character)
        return False

    def _add(self, text: str) -> None:
        self._word = (self._word or "") + text

    def _end_word(self) -> None:
        if self._word is not None and not self._skips_word:
            self._words.append(self._word)
        if self._word is not None:
            self._skips_word = False
        self._word = None

    def _quoted(self, quote: str) -> None:
        end = self._script.find(quote, self._position)
        while quote == '"' and end > 0 and self._script[end - 1] == "\\":
            end = self._script.find(quote, end + 1)
        end = len(self._script) if end == -1 else end
        text = self._script[self._position : end]
        if quote == '"' and ("$(" in text or "`" in text):
            self.inner.append(text)
        self._add(text.replace("\\\n", "") if quote == '"' else text)
        self._position = end + 1

    def _redirect(self, character: str) -> None:
        self._end_word()
        if character == "<":
            match = HERE_DOCUMENT.match(self._script, self._position)
            if match is not None:
                name = _name(tuple(self._words)) if self._words else ""
                self._here_documents.append((match[2], name in SHELLS))
                self._position = match.end()
                return
        operator = OPERATOR.match(self._script, self._position)
        assert operator is not None  # It matches nothing, too.
        self._position = operator.end()
        self._skips_word = not self._script.startswith("(", self._position)

    def _skip_here_documents(self) -> None:
        for delimiter, is_for_shell in self._here_documents:
            start = self._position
            while self._position < len(self._script):
                end = self._script.find("\n", self._position)
                end = len(self._script) if end == -1 else end
                line = self._script[self._position : end]
                self._position = end + 1
                if line.strip("\t") == delimiter:
                    break
            if is_for_shell:
                self.inner.append(self._script[start : self._position])
        self._here_documents = []
