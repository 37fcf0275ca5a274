"""Match the positional arguments of a call against the argument matchers of a rule. Pure."""

from __future__ import annotations

import enum
import re
from typing import TYPE_CHECKING

import msgspec

from codex.execpolicy.sed import is_safe_sed

if TYPE_CHECKING:
    from collections.abc import Sequence

POSITIVE_INTEGER = re.compile(r"\+?0*[1-9]\d{0,19}", re.ASCII)
_MAX_UINT64 = 2**64 - 1


class MismatchError(Exception):
    """A call does not match a rule; `error` is the JSON that the CLI prints."""

    def __init__(self, kind: str, **fields: object) -> None:
        """Args: kind: the `type` in the JSON. fields: its other members."""
        super().__init__(kind)
        self.error: dict[str, object] = {"type": kind, **fields}


class ArgType(msgspec.Struct, frozen=True):
    """The type of an argument or of an option's value."""

    name: str
    """Name in the JSON that the CLI prints, such as "ReadableFile"."""
    literal: str | None = None
    """The one word that the type "Literal" accepts; None for all other types."""

    @property
    def may_write(self) -> bool:
        """Whether the program may write to the file that the argument may name."""
        return self.name in ("WriteableFile", "Unknown")

    @property
    def is_file(self) -> bool:
        """Whether the argument names a file."""
        return self.name in ("ReadableFile", "WriteableFile")

    @property
    def json(self) -> object:
        """The type in the JSON that the CLI prints."""
        return self.name if self.literal is None else {self.name: self.literal}

    def check(self, value: str) -> None:
        """Check the form of a value; no file needs to exist.

        Raises: MismatchError, if the value is not of this type.
        """
        match self.name:
            case "Literal" if value != self.literal:
                raise MismatchError("LiteralValueDidNotMatch", expected=self.literal, actual=value)
            case "ReadableFile" | "WriteableFile" if not value:
                raise MismatchError("EmptyFileName")
            case "PositiveInteger" if not _is_positive(value):
                raise MismatchError("InvalidPositiveInteger", value=value)
            case "SedCommand" if not is_safe_sed(value):
                raise MismatchError("SedCommandNotProvablySafe", command=value)


def _is_positive(value: str) -> bool:
    return POSITIVE_INTEGER.fullmatch(value) is not None and int(value) <= _MAX_UINT64


class Count(enum.Enum):
    """Number of arguments that a matcher accepts."""

    ONE = "one"
    SOME = "at least one"
    ANY = "any number"


class Matcher(msgspec.Struct, frozen=True):
    """What a rule accepts at one place of its `args`: a type, and a number of arguments."""

    name: str
    """Name of the constant of the policy language, such as ARG_RFILE, or the literal word."""
    type: ArgType
    count: Count = Count.ONE

    @property
    def json(self) -> object:
        """The matcher in the JSON of `MismatchError.error`."""
        return self.type.json if self.type.literal is not None else self.name


def literal(word: str) -> Matcher:
    """Return a matcher that accepts exactly one argument, which must be `word`."""
    return Matcher(word, ArgType("Literal", word))


MATCHERS: dict[str, Matcher] = {
    matcher.name: matcher
    for matcher in (
        Matcher("ARG_OPAQUE_VALUE", ArgType("OpaqueNonFile")),
        Matcher("ARG_RFILE", ArgType("ReadableFile")),
        Matcher("ARG_WFILE", ArgType("WriteableFile")),
        Matcher("ARG_RFILES", ArgType("ReadableFile"), Count.SOME),
        Matcher("ARG_RFILES_OR_CWD", ArgType("ReadableFile"), Count.ANY),
        Matcher("ARG_POS_INT", ArgType("PositiveInteger")),
        Matcher("ARG_SED_COMMAND", ArgType("SedCommand")),
        Matcher("ARG_UNVERIFIED_VARARGS", ArgType("Unknown"), Count.ANY),
    )
}


class PositionalArg(msgspec.Struct, frozen=True):
    """An argument of a call that is neither an option nor the value of one."""

    index: int
    """Index among all arguments of the call, options included."""
    value: str


class MatchedArg(msgspec.Struct, frozen=True):
    """A positional argument of a call, with the type that it matches."""

    index: int
    """Index among all arguments of the call, options included."""
    type: ArgType
    value: str

    @property
    def json(self) -> dict[str, object]:
        """The argument in the JSON that the CLI prints."""
        return {"index": self.index, "type": self.type.json, "value": self.value}


def match_args(
    program: str, given: Sequence[PositionalArg], matchers: Sequence[Matcher]
) -> tuple[MatchedArg, ...]:
    """Assign each positional argument to a matcher; return the arguments with their types.

    Args: program: the program's name, for the error.
    Raises: MismatchError, if arguments are left over, missing, or not of the matcher's type, or if
        more than one matcher accepts a variable number of arguments.
    """
    at = _variable_index(program, matchers)
    prefix = matchers if at is None else matchers[:at]
    suffix = () if at is None else matchers[at + 1 :]
    if len(given) < len(prefix) or len(given) < len(suffix):
        raise MismatchError(
            "NotEnoughArgs",
            program=program,
            args=[msgspec.structs.asdict(argument) for argument in given],
            arg_patterns=[matcher.json for matcher in matchers],
        )
    end = len(given) - len(suffix)
    if end < len(prefix):
        raise MismatchError("PrefixOverlapsSuffix")
    pairs = list(zip(prefix, given, strict=False))
    rest = given[len(prefix) : end]
    if at is None:
        if rest:
            raise MismatchError(
                "UnexpectedArguments",
                program=program,
                args=[msgspec.structs.asdict(argument) for argument in rest],
            )
    else:
        variable = matchers[at]
        if variable.count is Count.SOME and not rest:
            raise MismatchError(
                "VarargMatcherDidNotMatchAnything", program=program, matcher=variable.json
            )
        pairs += [(variable, argument) for argument in rest]
    pairs += zip(suffix, given[end:], strict=True)
    return tuple(_matched(matcher, argument) for matcher, argument in pairs)


def _variable_index(program: str, matchers: Sequence[Matcher]) -> int | None:
    """Return the index of the matcher whose count is not ONE; None without one.

    Raises: MismatchError, if there are several.
    """
    found = [index for index, matcher in enumerate(matchers) if matcher.count is not Count.ONE]
    if len(found) > 1:
        first, second = (matchers[index].json for index in found[:2])
        raise MismatchError("MultipleVarargPatterns", program=program, first=first, second=second)
    return found[0] if found else None


def _matched(matcher: Matcher, argument: PositionalArg) -> MatchedArg:
    matcher.type.check(argument.value)
    return MatchedArg(argument.index, matcher.type, argument.value)
