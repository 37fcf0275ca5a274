"""The commands that run without a question because they can only read.

The table is closed: a program, subcommand or option that it does not name is not trusted, which
leads to a question and nothing worse. Programs are trusted by their bare name or in /bin and
/usr/bin only. Options are judged in any position, because this module does not work out whether a
word is an option or the value of one.

Trusted commands still run in a sandbox, a read-only one, unless the session has full access and
asks before no command. unattended.py ensures that no profile file, variable or repository setting
starts anything else.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from codex.base.bash import script_of, split_script

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


ALWAYS = _words(
    "basename cat cd cksum cmp comm cut df dirname du echo expr false grep head id ls md5sum nl "
    "numfmt od paste pwd readlink realpath rev seq sha1sum sha256sum sha512sum stat tac tr "
    "true uname wc which whoami"
)
"""Programs with no option that writes a file or starts a program. Left out on purpose: `printf`
and `test` (bash evaluates the text in the brackets of an array name), `sort`, `uniq`, `tree` and
`xxd` (write files), `date` and `hostname` (set the clock and the name of the machine), `env` and
`xargs` (start programs)."""

FOLDERS = ("/bin/", "/usr/bin/")


def plain_commands(argv: Sequence[str]) -> tuple[tuple[str, ...], ...] | None:
    """Return the commands that an argv runs, each as its words; None if that is not certain."""
    script = script_of(argv)
    if script is None:
        return (tuple(argv),)
    return split_script(script) if _system_name(argv[0]) is not None else None


def is_trusted(argv: Sequence[str]) -> bool:
    """Whether a command is certain to only read: `is_reader`, or a script of such commands only."""
    commands = plain_commands(argv)
    return commands is not None and all(map(is_reader, commands))


def is_reader(argv: Sequence[str]) -> bool:
    """Whether a plain command, not a script, is certain to only read; False if in doubt."""
    name = _system_name(argv[0]) if argv else None
    if name is None:
        return False
    check = CHECKS.get(name)
    return name in ALWAYS if check is None else check(argv[1:])


def _system_name(program: str) -> str | None:
    """Return a program's name without its folder; None if that is not /bin or /usr/bin."""
    folder, slash, name = program.rpartition("/")
    return None if slash and folder + slash not in FOLDERS else name


def _are_options(words: Sequence[str], pattern: re.Pattern[str]) -> bool:
    """Whether every word that starts with `-` or `+` matches; other words may be anything."""
    return all(pattern.fullmatch(word) for word in words if word.startswith(("-", "+")))


BASE64_OPTIONS = re.compile(r"-d|-D|-i|-w\d*|--decode|--ignore-garbage|--wrap=\d+")
SORT_OPTIONS = re.compile(r"-[bcCdfghiMmnRrsuVz]*(k[\d.,bdfgiMhnRrV]*|t.?)?", re.ASCII)
UNIQ_OPTIONS = re.compile(r"-[cdDiuz]+|-[fsw]\d+|--[a-z-]+(=\w+)?", re.ASCII)


def _is_reading_tail(words: Sequence[str]) -> bool:
    """Whether this `tail` ends: one that follows its file would look as if nothing happened."""
    return not any(
        word.startswith(("--f", "--r", "--p"))
        or (word.startswith("-") and word[1:2] != "-" and {"f", "F"} & set(word))
        for word in words
    )


def _is_reading_base64(words: Sequence[str]) -> bool:
    return _are_options(words, BASE64_OPTIONS)


def _is_reading_sort(words: Sequence[str]) -> bool:
    return _are_options(words, SORT_OPTIONS)


def _is_reading_uniq(words: Sequence[str]) -> bool:
    # A second operand is a file to write.
    operands = [word for word in words if word == "-" or not word.startswith("-")]
    return len(operands) <= 1 and _are_options([w for w in words if w != "-"], UNIQ_OPTIONS)


FIND_WORDS = _words(
    "-P -L -H -a -and -o -or -not -name -iname -path -ipath -wholename -iwholename -regex -iregex "
    "-regextype -type -xtype -maxdepth -mindepth -depth -xdev -mount -daystart -follow -noleaf "
    "-size -empty -mtime -mmin -atime -amin -ctime -cmin -used -newer -anewer -cnewer -perm -user "
    "-group -uid -gid -nouser -nogroup -links -inum -samefile -lname -ilname -readable -writable "
    "-executable -true -false -prune -print -print0 -printf -ls -quit"
)
FIND_VALUE = re.compile(r"-\d+[a-zA-Z]?|-newer[aBcmt][aBcmt]", re.ASCII)


def _is_reading_find(words: Sequence[str]) -> bool:
    return all(
        word in FIND_WORDS or FIND_VALUE.fullmatch(word) for word in words if word.startswith("-")
    )


RG_RUNS = ("--pre", "--hostname-bin", "--search-zip")


def _is_reading_rg(words: Sequence[str]) -> bool:
    """Whether this `rg` starts no preprocessor or decompressor; `-z` may be joined as in `-nz`."""
    return not any(
        word.startswith(RG_RUNS) or (word.startswith("-") and word[1:2] != "-" and "z" in word)
        for word in words
    )


SED_RANGE = re.compile(r"\d+(,\d+)?p", re.ASCII)


def _is_reading_sed(words: Sequence[str]) -> bool:
    """Whether the command is `sed -n RANGEp [FILE]`; no other form of sed is trusted."""
    if len(words) not in (2, 3) or words[0] != "-n" or not SED_RANGE.fullmatch(words[1]):
        return False
    return len(words) == 2 or (words[2] != "" and not words[2].startswith("-"))


GIT_READERS = _words(
    "blame describe diff log ls-files ls-tree merge-base name-rev rev-list rev-parse shortlog "
    "show status"
)
GIT_DANGERS = (
    "--output",
    "--ext-diff",
    "--textconv",
    "--exec",
    "--paginate",
    "--show-signature",
    "--help",
    "--web",
)
"""Options that write a file or start a program. git accepts abbreviations of long options."""

GIT_SIGNATURE = re.compile(r"%[-+ ]?G|\(\*?signature")

GIT_BRANCH_LISTING = re.compile(
    r"-a|-r|-v|-vv|-i|--all|--remotes|--verbose|--list|--show-current|--ignore-case"
    r"|--(no-)?(color|column)|--(color|column|sort|format|contains|no-contains|merged|no-merged"
    r"|points-at|abbrev)=.*",
    re.DOTALL,
)


def _is_reading_git(words: Sequence[str]) -> bool:
    rest = list(words)
    while rest and rest[0] in ("--no-pager", "--no-optional-locks", "--literal-pathspecs", "-C"):
        del rest[: 2 if rest[0] == "-C" else 1]
    if not rest:
        return False
    command, *arguments = rest
    if command == "branch":
        return _is_listing_branches(arguments)
    return command in GIT_READERS and not any(map(_is_git_danger, arguments))


def _is_git_danger(word: str) -> bool:
    name = word.split("=", 1)[0]
    is_abbreviated = len(name) > 2 and any(danger.startswith(name) for danger in GIT_DANGERS)
    # The formats %G? and %(signature) start gpg to check a signature.
    return is_abbreviated or GIT_SIGNATURE.search(word) is not None


def _is_listing_branches(words: Sequence[str]) -> bool:
    names = [word for word in words if not word.startswith("-")]
    is_list = not names or "--list" in words
    return is_list and all(
        GIT_BRANCH_LISTING.fullmatch(word) and not GIT_SIGNATURE.search(word)
        for word in words
        if word.startswith("-")
    )


CHECKS: dict[str, Callable[[Sequence[str]], bool]] = {
    "base64": _is_reading_base64,
    "find": _is_reading_find,
    "git": _is_reading_git,
    "rg": _is_reading_rg,
    "sed": _is_reading_sed,
    "sort": _is_reading_sort,
    "tail": _is_reading_tail,
    "uniq": _is_reading_uniq,
}
