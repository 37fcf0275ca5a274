"""Read loosely what a command may run, to find what is forbidden or dangerous, never to permit.

`codex.base.bash` understands little and is sure of it; this file does the reverse. It cuts text
that is no plain list of commands where a shell would cut it, and looks at every piece that could be
a command. Whatever `codex.base.bash` finds in a script is found here too, as are words that only
some shells reserve. A program that wants to hide what it does (`python -c`, a script file, a
variable) still can: that is what the sandbox is for.
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
"""Programs that run the words after them; it is not worked out at which word that begins.

The last row is reserved in some shells and names a program in others.
"""
FIND_RUNS = frozenset({"-exec", "-execdir", "-ok", "-okdir"})
RESERVED = frozenset({"if", "then", "else", "elif", "do", "while", "until", "!", "{"})
"""The words after which every shell expects a command, as long as they are written plainly."""
BEFORE_COMMAND = RESERVED | {"&", "and", "or", "not", "begin"}
"""The words that may precede a command: some because a shell reserves them."""
ASSIGNMENT = re.compile(r"\w+(\[.*\])?\+?=", re.ASCII | re.DOTALL)
DESCRIPTOR = re.compile(r"\d+|\{\w+\}", re.ASCII)
"""The word directly before a redirection that belongs to it: `2>`, `{name}>`."""
HERE_DOCUMENT = re.compile(r"<(?!<)-?[ \t]*(['\"\\]?)([^\s'\";&|<>()]+)\1?")
OPERATOR = re.compile(r"<-|[<>&|]*")
ARITHMETIC = re.compile(r"\(\(|[\w$]\[")
"""Sign that `<<` in the same line may be a shift, so that commands follow the line."""
SUBSTITUTION = re.compile(r'\$\([^()"]*+(?:"[^"]*"[^()"]*+)*+\)|`[^`]*`')
"""Form of a substitution that contains no other one."""
SUBSTITUTION_SIGN = re.compile(r"(?<!\\)\$\(|[()]")
DOUBLE_QUOTED = re.compile(r'(?:[^"\\$]|\\.|\$\([^()"]*+(?:"[^"]*"[^()"]*+)*+\)|\$)*+', re.DOTALL)
"""Form of the text up to the closing quote, which is not one within a substitution."""
DOUBLE_ESCAPE = re.compile(r'\\([$`"\\\n])')
ANSI_QUOTED = re.compile(r"(?:[^'\\]|\\.)*+", re.DOTALL)
"""Pattern of the text inside `$'...'`."""
ANSI_ESCAPE = re.compile(
    r"\\(?:x([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{1,4})|U([0-9a-fA-F]{1,8})|([0-7]{1,3})|(.))",
    re.DOTALL,
)
ANSI_LETTERS = dict(zip("abeEfnrtv\\'\"?", "\a\b\x1b\x1b\f\n\r\t\v\\'\"?", strict=True))
MAX_WORDS = 200
"""Most words of a command that are examined, and most of them at which another may begin."""
MAX_SCRIPTS = 500


def possible_commands(argv: Sequence[str]) -> Iterator[Words]:
    """Everything that a command might run, itself first; some results may be wrong."""
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
    """The commands within one list of words; `scripts` gets the shell text among them."""
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
    """The positions in the words at which a command may begin, the first one included."""
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
    """Whether it might delete files by force: `rm -f`, also after wrappers and in scripts."""
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
    """The character that an escape of `$'...'` stands for."""
    *hexadecimal, octal, letter = match.groups()
    if letter is not None:
        return ANSI_LETTERS.get(letter, match[0])
    code = int(octal, 8) if octal else int(next(filter(None, hexadecimal)), 16)
    return chr(code) if code <= sys.maxunicode else ""


def _substitutions(text: str) -> list[str]:
    """The scripts that a shell runs to expand a text, cut out by counting brackets."""
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
    """Shell text, cut into words and commands without understanding it."""

    def __init__(self, script: str) -> None:
        self._script = script
        self._position = 0
        self._words: list[str] = []
        self._word: str | None = None
        self._plain_length: int | None = None
        """The length of the word's part before its first quote; None when it has no quotes."""
        self._is_at_start = True
        """Whether only reserved words precede, so that another one would be reserved as well."""
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
        """Return all pieces that could be a command."""
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
            # bash reads a redirection, other shells an end and a redirection.
            end = self._script.find("\n", self._position)
            self.inner.append(self._script[self._position : None if end == -1 else end])
            self._end_word()
            self._position += 1
            self._redirect(">")
            return False
        return True

    def _end_command(self) -> Words:
        """Take the words read so far, which end before the character that was read last."""
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
            assert match is not None  # It matches nothing, too.
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
        assert match is not None  # It matches nothing, too.
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
        assert operator is not None  # It matches nothing, too.
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
