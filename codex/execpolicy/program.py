"""One rule about one program: its options and arguments, and whether a call matches them.

Unlike in codex-rs, bundled flags and `--name=value` are understood if the rule says so, and `--`
ends the options.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from codex.execpolicy.args import (
    ArgType,
    MatchedArg,
    Matcher,
    MismatchError,
    PositionalArg,
    match_args,
)

if TYPE_CHECKING:
    from collections.abc import Sequence


class ExecCall(NamedTuple):
    """A program and its arguments, without a shell."""

    program: str
    args: tuple[str, ...]

    @property
    def json(self) -> dict[str, object]:
        """The call in the JSON that the CLI prints."""
        return {"program": self.program, "args": list(self.args)}


class Option(msgspec.Struct, frozen=True):
    """An option that a rule accepts."""

    name: str
    """Name with its dashes."""
    type: ArgType | None = None
    """Type of the option's value; None for a flag, which has no value."""
    is_required: bool = False


class MatchedOption(msgspec.Struct, frozen=True):
    """An option that a call gives with a value; flags are kept apart, as `Match.flags`."""

    name: str
    type: ArgType
    value: str

    @property
    def json(self) -> dict[str, object]:
        """The option in the JSON that the CLI prints."""
        return {"name": self.name, "value": self.value, "type": self.type.json}


class Match(NamedTuple):
    """A call that matches a rule, with its arguments taken apart."""

    program: str
    flags: tuple[str, ...]
    options: tuple[MatchedOption, ...]
    args: tuple[MatchedArg, ...]
    system_path: tuple[str, ...]
    """The rule's `system_path`: the paths of the trusted program."""

    @property
    def types(self) -> tuple[ArgType, ...]:
        """Types of the arguments, then of the options' values."""
        return (*(arg.type for arg in self.args), *(option.type for option in self.options))

    @property
    def may_write(self) -> bool:
        """Whether any argument or option's value may name a file that the program writes."""
        return any(found.may_write for found in self.types)

    @property
    def json(self) -> dict[str, object]:
        """The match in the JSON that the CLI prints."""
        return {
            "program": self.program,
            "flags": [{"name": name} for name in self.flags],
            "opts": [option.json for option in self.options],
            "args": [argument.json for argument in self.args],
            "system_path": list(self.system_path),
        }


class ProgramSpec(msgspec.Struct, frozen=True, kw_only=True):
    """One rule of `define_program`: the options and arguments that a program may be called with."""

    program: str
    options: dict[str, Option] = {}
    args: tuple[Matcher, ...] = ()
    system_path: tuple[str, ...] = ()
    """Paths of the trusted program; they are printed, and not compared with the call."""
    option_bundling: bool = False
    """Whether `-al` means `-a -l`; the last option may take the next argument as its value."""
    combined_format: bool = False
    """Whether `--name=value` means `--name value`."""
    forbidden: str | None = None
    """Reason why a call that matches is forbidden; None if it is not."""

    def match(self, call: ExecCall) -> Match:
        """Match the arguments of a call against this rule; return what each of them is.

        The program's name is not compared, and a call that matches may be `forbidden`.

        Raises: MismatchError, if the arguments do not match.
        """
        scan = _Scan(self)
        for index, word in enumerate(call.args):
            scan.take(index, word)
        scan.finish()
        args = match_args(self.program, scan.positionals, self.args)
        given = {*scan.flags, *(option.name for option in scan.options)}
        required = (option.name for option in self.options.values() if option.is_required)
        if missing := sorted(name for name in required if name not in given):
            raise MismatchError("MissingRequiredOptions", program=self.program, options=missing)
        return Match(self.program, tuple(scan.flags), tuple(scan.options), args, self.system_path)


class _Scan:
    """One pass over the arguments of a call, from left to right, which classifies each of them."""

    def __init__(self, spec: ProgramSpec) -> None:
        self._spec = spec
        self._pending: Option | None = None
        self._is_after_options = False
        self.flags: list[str] = []
        self.options: list[MatchedOption] = []
        self.positionals: list[PositionalArg] = []

    def take(self, index: int, word: str) -> None:
        """Classify the next argument as option, value of an option, or positional argument."""
        if self._pending is not None:
            self._take_value(self._pending, word)
        elif self._is_after_options or not word.startswith("-") or word == "-":
            self.positionals.append(PositionalArg(index, word))
        elif word == "--":
            self._is_after_options = True
        else:
            for part in self._parts(word):
                self._take_option(part)

    def finish(self) -> None:
        """Check that the last option has its value. Raises: MismatchError, if it lacks one."""
        if self._pending is not None:
            raise MismatchError(
                "OptionMissingValue", program=self._spec.program, option=self._pending.name
            )

    def _take_value(self, option: Option, value: str) -> None:
        if value.startswith("-"):
            raise MismatchError(
                "OptionFollowedByOptionInsteadOfValue",
                program=self._spec.program,
                option=option.name,
                value=value,
            )
        self._record(option, value)
        self._pending = None

    def _record(self, option: Option, value: str) -> None:
        assert option.type is not None
        option.type.check(value)
        self.options.append(MatchedOption(option.name, option.type, value))

    def _parts(self, word: str) -> Sequence[str]:
        """Return the options in a word such as `-al`: several if the rule allows bundles."""
        is_known = word in self._spec.options
        if is_known or word.startswith("--") or not self._spec.option_bundling:
            return (word,)
        return [f"-{letter}" for letter in word[1:]]

    def _take_option(self, word: str) -> None:
        if self._pending is not None:  # Inside a bundle, where only the last may take a value.
            self.finish()
        name, sign, value = word.partition("=")
        option = self._spec.options.get(word)
        is_combined = sign and self._spec.combined_format and name.startswith("--")
        if option is None and is_combined:
            option = self._spec.options.get(name)
            if option is not None and option.type is not None:
                self._record(option, value)
                return
            option = None
        if option is None:
            raise MismatchError("UnknownOption", program=self._spec.program, option=word)
        if option.type is None:
            self.flags.append(option.name)
        else:
            self._pending = option
