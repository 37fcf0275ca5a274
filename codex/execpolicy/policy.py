"""Policy: the rules of one or more files, and their verdict on a call.

Unlike in codex-rs, a rule that forbids wins over an earlier one that permits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from codex.execpolicy.args import MismatchError
from codex.execpolicy.prefix import Decision, PrefixMatch, PrefixRule
from codex.execpolicy.program import ExecCall, Match, ProgramSpec

if TYPE_CHECKING:
    import re
    from collections.abc import Sequence


class Matched(NamedTuple):
    """The verdict that a rule matches the call, and that no rule forbids it."""

    match: Match


class Forbidden(NamedTuple):
    """The verdict that a rule forbids the call."""

    reason: str
    cause: dict[str, object]
    """What is forbidden, in the JSON that the CLI prints."""


class Unverified(NamedTuple):
    """The verdict that no rule matches the call."""

    error: dict[str, object]
    """Reason why the last rule for the program does not match, or that there is no such rule, in
    the JSON that the CLI prints."""


CallResult = Matched | Forbidden | Unverified


class ForbiddenProgram(NamedTuple):
    """One rule of `forbid_program_regex`: the programs that it forbids, and why."""

    regex: re.Pattern[str]
    reason: str


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """The rules of one or more files, in the order of the files."""

    programs: tuple[ProgramSpec, ...] = ()
    forbidden_programs: tuple[ForbiddenProgram, ...] = ()
    forbidden_substrings: tuple[str, ...] = ()
    prefix_rules: tuple[PrefixRule, ...] = ()
    host_executables: dict[str, tuple[str, ...]] = {}
    """Absolute paths of each declared program, by its bare name."""

    @property
    def has_programs(self) -> bool:
        """Whether `check` has rules to apply: any that are not prefix rules."""
        return bool(self.programs or self.forbidden_programs or self.forbidden_substrings)

    def joined(self, other: Policy) -> Policy:
        """Return a policy with the rules of this one, then those of `other`."""
        names = {*self.host_executables, *other.host_executables}
        return Policy(
            programs=self.programs + other.programs,
            forbidden_programs=self.forbidden_programs + other.forbidden_programs,
            forbidden_substrings=self.forbidden_substrings + other.forbidden_substrings,
            prefix_rules=self.prefix_rules + other.prefix_rules,
            host_executables={
                name: self.host_executables.get(name, ()) + other.host_executables.get(name, ())
                for name in sorted(names)
            },
        )

    def check(self, call: ExecCall) -> CallResult:
        """Return the verdict on a call by all rules except prefix rules."""
        return self._forbidden_by_name(call) or self._forbidden_by_word(call) or self._fit(call)

    def match_prefixes(self, argv: Sequence[str]) -> tuple[PrefixMatch, ...]:
        """Return the prefix rules that match a command.

        If the command names its program by a path, rules that match with the program's base name
        count too; those that allow count only if `host_executable` lists the path.

        Args: argv: the words of the command, the program first.
        """
        if not argv:
            return ()
        found = [
            PrefixMatch(rule, tuple(argv[: len(rule.pattern)]))
            for rule in self.prefix_rules
            if rule.matches(argv)
        ]
        name = argv[0].rpartition("/")[2]
        if name and name != argv[0]:
            bare = (name, *argv[1:])
            is_listed = argv[0] in self.host_executables.get(name, ())
            found += [
                PrefixMatch(rule, bare[: len(rule.pattern)], argv[0])
                for rule in self.prefix_rules
                if rule.matches(bare) and (is_listed or rule.decision is not Decision.ALLOW)
            ]
        return tuple(found)

    def _forbidden_by_name(self, call: ExecCall) -> Forbidden | None:
        cause: dict[str, object] = {"Program": {"program": call.program, "exec_call": call.json}}
        for regex, reason in self.forbidden_programs:
            if regex.search(call.program):
                return Forbidden(reason, cause)
        return None

    def _forbidden_by_word(self, call: ExecCall) -> Forbidden | None:
        cause: dict[str, object]
        for word in self.forbidden_substrings:
            if word in call.program:
                cause = {"Program": {"program": call.program, "exec_call": call.json}}
                return Forbidden(f"program '{call.program}' contains forbidden '{word}'", cause)
        for argument in call.args:
            if any(word in argument for word in self.forbidden_substrings):
                cause = {"Arg": {"arg": argument, "exec_call": call.json}}
                return Forbidden(f"arg `{argument}` contains forbidden substring", cause)
        return None

    def _fit(self, call: ExecCall) -> CallResult:
        matched: Matched | None = None
        error: dict[str, object] = {"type": "NoSpecForProgram", "program": call.program}
        for spec in self.programs:
            if spec.program != call.program:
                continue
            try:
                match = spec.match(call)
            except MismatchError as mismatch:
                error = mismatch.error
                continue
            if spec.forbidden is not None:
                return Forbidden(spec.forbidden, {"Exec": {"exec": match.json}})
            matched = matched or Matched(match)
        return matched or Unverified(error)
