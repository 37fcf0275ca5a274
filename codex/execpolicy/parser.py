"""Parse the text of a policy into a Policy, by the functions of the policy language.

The examples of a rule are verified while the rule is loaded, and every error names the file and the
line.
"""

from __future__ import annotations

import re

from codex.execpolicy.args import MATCHERS, Matcher, MismatchError, literal
from codex.execpolicy.policy import ForbiddenProgram, Policy
from codex.execpolicy.prefix import Decision, PrefixRule
from codex.execpolicy.program import ExecCall, Option, ProgramSpec
from codex.execpolicy.starlark import Interpreter
from codex.execpolicy.values import EvaluationError, type_name

NO = False
_DECISIONS = {decision.value: decision for decision in Decision}


def parse_policy(text: str, *, name: str) -> Policy:
    """Return the policy that the text of one file defines.

    Args: name: name of the file, for messages.
    Raises: PolicyError, naming the file and the line.
    """
    interpreter = Interpreter(name)
    builder = _Builder(interpreter)
    interpreter.run(
        text,
        {
            **MATCHERS,
            "define_program": builder.define_program,
            "flag": _flag,
            "opt": _opt,
            "forbid_substrings": builder.forbid_substrings,
            "forbid_program_regex": builder.forbid_program_regex,
            "prefix_rule": builder.prefix_rule,
            "host_executable": builder.host_executable,
        },
    )
    return builder.policy()


def _flag(name: object, required: object = NO) -> Option:
    return Option(_word(name, "an option's name"), None, _bool(required, "required"))


def _opt(name: object, type: object, required: object = NO) -> Option:
    kind = _matcher(type, "an option's type").type
    return Option(_word(name, "an option's name"), kind, _bool(required, "required"))


class _Builder:
    """The policy under construction; its methods are the functions of the language."""

    def __init__(self, interpreter: Interpreter) -> None:
        self._interpreter = interpreter
        self._programs: list[ProgramSpec] = []
        self._forbidden_programs: list[ForbiddenProgram] = []
        self._forbidden_substrings: list[str] = []
        self._prefix_rules: list[PrefixRule] = []
        self._host_executables: dict[str, tuple[str, ...]] = {}

    def policy(self) -> Policy:
        """Return the finished policy."""
        return Policy(
            programs=tuple(self._programs),
            forbidden_programs=tuple(self._forbidden_programs),
            forbidden_substrings=tuple(self._forbidden_substrings),
            prefix_rules=tuple(self._prefix_rules),
            host_executables=self._host_executables,
        )

    def define_program(
        self,
        program: object,
        system_path: object = (),
        option_bundling: object = NO,
        combined_format: object = NO,
        options: object = (),
        args: object = (),
        forbidden: object = None,
        should_match: object = (),
        should_not_match: object = (),
    ) -> None:
        """Add a rule about one program's arguments."""
        spec = ProgramSpec(
            program=_word(program, "program"),
            options=_options(options),
            args=tuple(_matcher(arg, "an element of args") for arg in _list(args, "args")),
            system_path=_words(system_path, "system_path"),
            option_bundling=_bool(option_bundling, "option_bundling"),
            combined_format=_bool(combined_format, "combined_format"),
            forbidden=None if forbidden is None else _word(forbidden, "forbidden"),
            origin=self._interpreter.place,
        )
        _verify_program(spec, should_match, should_not_match)
        self._programs.append(spec)

    def forbid_substrings(self, strings: object) -> None:
        """Forbid every call whose program or arguments contain one of the strings."""
        self._forbidden_substrings += _words(strings, "strings")

    def forbid_program_regex(self, regex: object, reason: object) -> None:
        """Forbid every program in whose name the regular expression matches anywhere."""
        # The pattern is the user's own, so its running time is not limited.
        try:
            pattern = re.compile(_word(regex, "regex"))
        except (re.error, OverflowError) as error:
            raise EvaluationError(f"the regular expression is wrong ({error})") from error
        self._forbidden_programs.append(ForbiddenProgram(pattern, _word(reason, "reason")))

    def prefix_rule(
        self,
        pattern: object,
        decision: object = "allow",
        justification: object = None,
        match: object = (),
        not_match: object = (),
    ) -> None:
        """Add a decision about every command that begins with the words of `pattern`."""
        if not isinstance(decision, str) or decision not in _DECISIONS:
            raise EvaluationError("decision must be 'allow', 'prompt' or 'forbidden'")
        rule = PrefixRule(
            tuple(_alternatives(element) for element in _list(pattern, "pattern")),
            _DECISIONS[decision],
            None if justification is None else _word(justification, "justification"),
            self._interpreter.place,
        )
        if not rule.pattern:
            raise EvaluationError("pattern is empty")
        _verify_prefix(rule, match, not_match)
        self._prefix_rules.append(rule)

    def host_executable(self, name: object, paths: object) -> None:
        """Declare the absolute paths of the program that has the bare name `name`."""
        base = _word(name, "name")
        found = _words(paths, "paths")
        if "/" in base or not all(p.startswith("/") and p.endswith("/" + base) for p in found):
            raise EvaluationError(
                "host_executable takes a bare name, and absolute paths that end with this name"
            )
        self._host_executables[base] = self._host_executables.get(base, ()) + found


def _list(value: object, what: str) -> list[object]:
    if not isinstance(value, list | tuple):
        raise EvaluationError(f"{what} must be a list, not {type_name(value)}")
    return list(value)


def _word(value: object, what: str) -> str:
    if not isinstance(value, str) or not value:
        got = "an empty string" if value == "" else type_name(value)
        raise EvaluationError(f"{what} must be a string that is not empty, got {got}")
    return value


def _words(value: object, what: str) -> tuple[str, ...]:
    return tuple(_word(word, f"an element of {what}") for word in _list(value, what))


def _bool(value: object, what: str) -> bool:
    if not isinstance(value, bool):
        raise EvaluationError(f"{what} must be True or False, not {type_name(value)}")
    return value


def _matcher(value: object, what: str) -> Matcher:
    if isinstance(value, Matcher):
        return value
    return literal(_word(value, what))


def _options(value: object) -> dict[str, Option]:
    options: dict[str, Option] = {}
    for option in _list(value, "options"):
        if not isinstance(option, Option):
            raise EvaluationError("an element of options is neither flag() nor opt()")
        if option.name in options:
            raise EvaluationError(f"the option '{option.name}' is defined twice")
        options[option.name] = option
    return options


def _alternatives(element: object) -> tuple[str, ...]:
    if isinstance(element, str):
        return (_word(element, "an element of pattern"),)
    words = _words(element, "pattern")
    if not words:
        raise EvaluationError("an element of pattern is an empty list")
    return words


def _verify_program(spec: ProgramSpec, should_match: object, should_not_match: object) -> None:
    for words in _examples(should_match, "should_match"):
        try:
            spec.match(ExecCall(spec.program, words))
        except MismatchError as mismatch:
            raise EvaluationError(
                f"the example {list(words)} of should_match does not match: {mismatch}"
            ) from mismatch
    for words in _examples(should_not_match, "should_not_match"):
        try:
            spec.match(ExecCall(spec.program, words))
        except MismatchError:
            continue
        raise EvaluationError(f"the example {list(words)} of should_not_match matches")


def _verify_prefix(rule: PrefixRule, match: object, not_match: object) -> None:
    for words in _examples(match, "match"):
        if not rule.matches(words):
            raise EvaluationError(f"the example {list(words)} of match does not match")
    for words in _examples(not_match, "not_match"):
        if rule.matches(words):
            raise EvaluationError(f"the example {list(words)} of not_match matches")


def _examples(value: object, what: str) -> list[tuple[str, ...]]:
    """Return the examples of a rule as lists of words; a string is split as a shell would."""
    return [_example(example, what) for example in _list(value, what)]


def _example(value: object, what: str) -> tuple[str, ...]:
    if not isinstance(value, str):
        given = _list(value, f"an example of {what}")
        words = tuple(word for word in given if isinstance(word, str))
        if len(words) < len(given):
            raise EvaluationError(f"an example of {what} holds something other than a string")
        return words
    import shlex

    try:
        return tuple(shlex.split(value))
    except ValueError as error:
        problem = "ends inside quotes or after a backslash"
        raise EvaluationError(f"the example '{value}' of {what} {problem}") from error
