"""Find everything that a command may run, to detect what is forbidden or dangerous, not to permit.

`codex.base.bash` accepts only text that it understands for sure; this module does the reverse. It
splits any text where a shell would split it, and examines every piece that could be a command. It
finds every command that `codex.base.bash` finds, and knows words that only some shells reserve. A
program that wants to hide what it does (`python -c`, a script file, a variable) still can: that is
what the sandbox is for.
"""

from __future__ import annotations

import itertools
import re
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Words = tuple[str, ...]

SHELLS = frozenset({"bash", "sh", "zsh", "dash", "ksh", "ash", "fish"})
SCRIPT_FLAG = re.compile(r"-[a-zA-Z]*c[a-zA-Z]*", re.ASCII)
WRAPPERS = (
    frozenset({"sudo", "doas", "env", "nohup", "nice", "ionice", "timeout", "xargs", "command"})
    | frozenset({"exec", "builtin", "eval", "stdbuf", "setsid", "busybox", "unbuffer", "chroot"})
    | frozenset({"time", "coproc", "function", "noglob", "nocorrect", "repeat"})
)
"""Programs that run a command from the words after them; any of these words may be its first.

Some, such as `time` and `repeat`, are reserved words in some shells and name programs in others.
"""
FIND_RUNS = frozenset({"-exec", "-execdir", "-ok", "-okdir"})
RESERVED = frozenset({"if", "then", "else", "elif", "do", "while", "until", "!", "{"})
"""Words after which every shell expects a command, if they are written without quotes."""
BEFORE_COMMAND = RESERVED | {"&", "and", "or", "not", "begin"}
"""Words that may come before a command, including those that only some shells reserve."""
ASSIGNMENT = re.compile(r"\w+(\[.*\])?\+?=", re.ASCII | re.DOTALL)
DESCRIPTOR = re.compile(r"\d+|\{\w+\}", re.ASCII)
"""Pattern of a word that is part of the redirection after it: the `2` of `2>`, or `{name}`."""
HERE_DOCUMENT = re.compile(r"<(?!<)-?[ \t]*(['\"\\]?)([^\s'\";&|<>()]+)\1?")
OPERATOR = re.compile(r"<-|[<>&|]*")
ARITHMETIC = re.compile(r"\(\(|[\w$]\[")
"""Pattern of arithmetic: a `<<` in the same line may be a shift, the next lines commands."""
SUBSTITUTION = re.compile(r'\$\([^()"]*+(?:"[^"]*"[^()"]*+)*+\)|`[^`]*`')
"""Pattern of a command substitution that contains no other one."""
SUBSTITUTION_SIGN = re.compile(r"(?<!\\)\$\(|[()]")
DOUBLE_QUOTED = re.compile(r'(?:[^"\\$]|\\.|\$\([^()"]*+(?:"[^"]*"[^()"]*+)*+\)|\$)*+', re.DOTALL)
"""Pattern of the text before the closing `"`; a `"` inside a substitution does not close it."""
DOUBLE_ESCAPE = re.compile(r'\\([$`"\\\n])')
ANSI_QUOTED = re.compile(r"(?:[^'\\]|\\.)*+", re.DOTALL)
"""Pattern of the text inside `$'...'`."""
ANSI_ESCAPE = re.compile(
    r"\\(?:x([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{1,4})|U([0-9a-fA-F]{1,8})|([0-7]{1,3})|(.))",
    re.DOTALL,
)
ANSI_LETTERS = dict(zip("abeEfnrtv\\'\"?", "\a\b\x1b\x1b\f\n\r\t\v\\'\"?", strict=True))
MAX_WORDS = 200
"""Most words of a command that are examined, from its first on; the rest is ignored."""
MAX_SCRIPTS = 500
"""Limit on the scripts found within one command; beyond it, the search ends."""


def possible_commands(argv: Sequence[str]) -> Iterator[Words]:
    """Yield each command that `argv` might run, itself first, up to MAX_WORDS and MAX_SCRIPTS.

    Some results may be no command.
    """
    scripts: list[str] = []
    yield from _of_words(tuple(argv), scripts)
    for script in scripts:  # The list grows meanwhile.
        if len(scripts) > MAX_SCRIPTS:
            return
        reader = _LooseReader(script)
        for words in reader.commands():
            yield from _of_words(words, scripts)
        # The words around a substitution may belong together: `rm $(cat list) -f`.
        _add_new(scripts, [*reader.inner, SUBSTITUTION.sub("$_", script)])


def _add_new(scripts: list[str], found: Sequence[str]) -> None:
    known = set(scripts)
    scripts += (script for script in dict.fromkeys(found) if script not in known)


def _of_words(words: Words, scripts: list[str]) -> Iterator[Words]:
    """Yield the commands within a list of words; add the shell text among them to `scripts`."""
    words = words[:MAX_WORDS]
    for index in _starts(words):
        command = words[index:]
        yield command
        name = _name(command)
        if name in SHELLS:
            pairs = itertools.pairwise(command[1:])
            _add_new(scripts, [word for flag, word in pairs if SCRIPT_FLAG.fullmatch(flag)])
        elif name == "eval":
            _add_new(scripts, [" ".join(command[1:])])


def _starts(words: Words) -> Iterator[int]:
    """Yield the indexes of the words at which a command may begin, 0 first."""
    found = {0}
    for index, word in enumerate(words):
        if index not in found:
            continue
        yield index
        name = _name(words[index:])
        if name in WRAPPERS:
            yield from (at for at in range(index + 1, len(words)) if not _assigns(words[at]))
            return
        if word in BEFORE_COMMAND or _assigns(word):
            found.add(index + 1)
        elif name == "find":
            found.update(at + 1 for at, option in enumerate(words) if option in FIND_RUNS)


def _assigns(word: str) -> bool:
    return ASSIGNMENT.match(word) is not None


def _name(words: Words) -> str:
    return words[0].rpartition("/")[2]


def is_dangerous(argv: Sequence[str]) -> bool:
    """Whether a command might delete files by force: `rm -f`, also in scripts or after wrappers."""
    return any(map(_is_forced_removal, possible_commands(argv)))


def _is_forced_removal(words: Words) -> bool:
    if _name(words) != "rm":
        return False
    options = words[1 : words.index("--")] if "--" in words else words[1:]
    return any(
        word == "--force" or (word.startswith("-") and word[1:2] != "-" and "f" in word)
        for word in options
    )


def _ansi_character(match: re.Match[str]) -> str:
    """Return the character that an escape sequence inside `$'...'` stands for."""
    *hexadecimal, octal, letter = match.groups()
    if letter is not None:
        return ANSI_LETTERS.get(letter, match[0])
    code = int(octal, 8) if octal else int(next(filter(None, hexadecimal)), 16)
    return chr(code) if code <= sys.maxunicode else ""


def _substitutions(text: str) -> list[str]:
    """Return the scripts of a text's command substitutions, found by counting parentheses."""
    found = text.split("`")[1::2]
    depth = start = 0
    for match in SUBSTITUTION_SIGN.finditer(text):
        if match[0] == "$(" and depth == 0:
            start = match.end()
        if depth or match[0] == "$(":
            depth += -1 if match[0] == ")" else 1
            if depth == 0:
                found.append(text[start : match.start()])
    return found if depth == 0 else [*found, text[start:]]


class _LooseReader:
    """Splits shell text into words and commands, without understanding it."""

    def __init__(self, script: str) -> None:
        self._script = script
        self._position = 0
        self._words: list[str] = []
        self._word: str | None = None
        self._plain_length: int | None = None
        """Length of the current word's part before its first quote; None if it has no quotes."""
        self._is_at_start = True
        """Whether the command has only reserved words so far, so that the next may be one, too."""
        self._skips_word = False
        """Whether the next word is the target of a redirection."""
        self._here_documents: list[tuple[str, bool]] = []
        """Here-documents that begin after this line: (delimiter, whether substitutions run)."""
        self._line_start = 0
        self._names_shell = False
        """Whether a word of this line names a shell."""
        self.inner: list[str] = []
        """Scripts within this one: substitutions, and here-documents that a shell may read."""

    def commands(self) -> list[Words]:
        """Return every piece of the text that could be a command, as its words."""
        found: list[Words] = []
        while self._position < len(self._script):
            if self._read():
                found.append(self._end_command())
        found.append(self._end_command())
        return [words for words in found if words]

    def _read(self) -> bool:
        """Read one character or quotation; return whether a command ends here."""
        character = self._script[self._position]
        self._position += 1
        if character in " \t":
            self._end_word()
        elif character in "<>":
            self._redirect(character)
        elif character in "'\"":
            self._quoted(character)
        elif character == "$" and self._script.startswith(("'", '"'), self._position):
            self._dollar_quoted()
        elif character == "\\":
            self._escaped()
        elif character == "#" and self._word is None:
            end = self._script.find("\n", self._position)
            self._position = len(self._script) if end == -1 else end
        elif character in "\n;&|()`":
            return self._joint(character)
        else:
            self._word = (self._word or "") + character
        return False

    def _joint(self, character: str) -> bool:
        """Read a separator of commands, or `&>`; return whether a command ends here."""
        if character == "&" and self._script.startswith(">", self._position):
            # bash reads `&>` as a redirection, other shells as the command's end and `>`.
            end = self._script.find("\n", self._position)
            self.inner.append(self._script[self._position : None if end == -1 else end])
            self._end_word()
            self._position += 1
            self._redirect(">")
            return False
        return True

    def _end_command(self) -> Words:
        """Return the command that ends before the character that was read last, and reset."""
        self._end_word()
        words, self._words = tuple(self._words), []
        end = self._script[self._position - 1 : self._position]
        # What follows a substitution may be the rest of a word or of a command.
        self._is_at_start = end not in (")", "`")
        self._skips_word = False
        if end == "\n":
            self._skip_here_documents()
        return words

    def _add_quoted(self, text: str) -> None:
        self._word = self._word or ""
        if self._plain_length is None:
            self._plain_length = len(self._word)
        self._word += text

    def _end_word(self) -> None:
        word, plain_length = self._word, self._plain_length
        self._word = self._plain_length = None
        if word is None:
            return
        if self._skips_word:
            self._skips_word = False
            return
        self._names_shell |= _name((word,)) in SHELLS
        if not self._words:
            if self._is_at_start and plain_length is None and word in RESERVED:
                return
            self._is_at_start = False
            if _assigns(word[:plain_length]):
                return
        self._words.append(word)

    def _escaped(self) -> None:
        character = self._script[self._position : self._position + 1] or "\\"
        self._position += 1
        if character != "\n":
            self._add_quoted(character)

    def _quoted(self, quote: str) -> None:
        if quote == '"':
            match = DOUBLE_QUOTED.match(self._script, self._position)
            assert match is not None  # The pattern matches an empty text, too.
            end, text = match.end(), match[0]
            if "$(" in text or "`" in text:
                self.inner.append(text)
            text = DOUBLE_ESCAPE.sub(lambda escape: escape[1].replace("\n", ""), text)
        else:
            end = self._script.find(quote, self._position)
            end = len(self._script) if end == -1 else end
            text = self._script[self._position : end]
        self._add_quoted(text)
        self._position = end + 1

    def _dollar_quoted(self) -> None:
        quote = self._script[self._position]
        self._position += 1
        if quote == '"':
            self._quoted(quote)
            return
        match = ANSI_QUOTED.match(self._script, self._position)
        assert match is not None  # The pattern matches an empty text, too.
        self._add_quoted(ANSI_ESCAPE.sub(_ansi_character, match[0]).partition("\0")[0])
        self._position = match.end() + 1

    def _redirect(self, character: str) -> None:
        if self._plain_length is None and DESCRIPTOR.fullmatch(self._word or ""):
            self._word = None
        self._end_word()
        self._is_at_start = False
        if character == "<":
            match = HERE_DOCUMENT.match(self._script, self._position)
            if match is not None:
                self._here_documents.append((match[2], not match[1]))
                self._position = match.end()
                return
        operator = OPERATOR.match(self._script, self._position)
        assert operator is not None  # The pattern matches an empty text, too.
        self._position = operator.end()
        self._skips_word = not self._script.startswith("(", self._position)

    def _skip_here_documents(self) -> None:
        line = self._script[self._line_start : self._position]
        is_script = self._names_shell or ARITHMETIC.search(line) is not None
        for delimiter, is_expanded in self._here_documents:
            text = self._here_document(delimiter)
            if is_script:
                self.inner.append(text)
            elif is_expanded:
                self.inner += _substitutions(text)
        self._here_documents = []
        self._names_shell = False
        self._line_start = self._position

    def _here_document(self, delimiter: str) -> str:
        start = self._position
        while self._position < len(self._script):
            end = self._script.find("\n", self._position)
            end = len(self._script) if end == -1 else end
            line = self._script[self._position : end]
            self._position = end + 1
            if line.strip("\t") == delimiter:
                break
        return self._script[start : self._position]
