"""Parse the text of a policy into a Policy, by the functions of the policy language.

The examples of a rule are verified while the rule is loaded, and every error names the file and the
line.
"""

from __future__ import annotations

import re
import reprlib

from codex.execpolicy.args import MATCHERS, Matcher, MismatchError, literal
from codex.execpolicy.policy import ForbiddenProgram, Policy
from codex.execpolicy.prefix import Decision, PrefixRule
from codex.execpolicy.program import ExecCall, Option, ProgramSpec
from codex.execpolicy.starlark import Interpreter
from codex.execpolicy.values import EvaluationError, type_name

NO = False
"""Default of the flags of the language's functions."""
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
    word = _word(name, "the name of a flag")
    return Option(word, None, _bool(required, f"'required' of the flag '{word}'"))


def _opt(name: object, type: object, required: object = NO) -> Option:
    word = _word(name, "the name of an option")
    kind = _matcher(type, f"the type of the option '{word}'").type
    return Option(word, kind, _bool(required, f"'required' of the option '{word}'"))


class _Builder:
    """The policy under construction; its methods except `policy` are functions of the language."""

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
        """Add a rule about one program's arguments.

        Raises: EvaluationError, if one of its examples fails or an argument is wrong.
        """
        spec = ProgramSpec(
            program=_word(program, "program"),
            options=_options(options),
            args=tuple(_matcher(arg, what) for what, arg in _elements(args, "args")),
            system_path=_words(system_path, "system_path"),
            option_bundling=_bool(option_bundling, "option_bundling"),
            combined_format=_bool(combined_format, "combined_format"),
            forbidden=None if forbidden is None else _word(forbidden, "forbidden"),
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
        """Add a decision about every command that begins with `pattern`.

        An element of `pattern` is a word, or a list of words of which one has to match.
        Raises: EvaluationError, if one of the examples fails or an argument is wrong.
        """
        if not isinstance(decision, str) or decision not in _DECISIONS:
            problem = f"must be 'allow', 'prompt' or 'forbidden', got {_given(decision)}"
            raise EvaluationError(f"decision {problem}")
        rule = PrefixRule(
            tuple(_alternatives(element, what) for what, element in _elements(pattern, "pattern")),
            _DECISIONS[decision],
            None if justification is None else _word(justification, "justification"),
            self._interpreter.place,
        )
        if not rule.pattern:
            raise EvaluationError("pattern is empty")
        _verify_prefix(rule, match, not_match)
        self._prefix_rules.append(rule)

    def host_executable(self, name: object, paths: object) -> None:
        """Declare absolute paths of the program with the bare name `name`, besides earlier ones."""
        base = _word(name, "name")
        if "/" in base:
            raise EvaluationError(f"name must be a name without a slash, got {_given(base)}")
        found = _words(paths, "paths")
        for index, path in enumerate(found):
            if not (path.startswith("/") and path.endswith("/" + base)):
                problem = f"must be an absolute path that ends in '/{base}', got {_given(path)}"
                raise EvaluationError(f"paths[{index}] {problem}")
        self._host_executables[base] = self._host_executables.get(base, ()) + found


def _given(value: object) -> str:
    """Return a description of a value that is not the expected one, for an error."""
    if value == "":
        return "an empty string"
    if value is None or isinstance(value, bool):
        return str(value)
    if isinstance(value, str | int):
        return f"the {type_name(value)} {reprlib.repr(value)}"
    if isinstance(value, Matcher):
        return value.name
    if isinstance(value, Option):
        return f"the option '{value.name}'"
    return f"a {type_name(value)}"


def _elements(value: object, what: str, kind: str = "a list") -> list[tuple[str, object]]:
    """Return the elements of a list, each after its name in errors, such as `args[0]`."""
    if not isinstance(value, list | tuple):
        raise EvaluationError(f"{what} must be {kind}, got {_given(value)}")
    return [(f"{what}[{index}]", element) for index, element in enumerate(value)]


def _word(value: object, what: str, kind: str = "a string that is not empty") -> str:
    if not isinstance(value, str) or not value:
        raise EvaluationError(f"{what} must be {kind}, got {_given(value)}")
    return value


def _words(value: object, what: str, kind: str = "a list") -> tuple[str, ...]:
    return tuple(_word(word, name) for name, word in _elements(value, what, kind))


def _bool(value: object, what: str) -> bool:
    if not isinstance(value, bool):
        raise EvaluationError(f"{what} must be True or False, got {_given(value)}")
    return value


def _matcher(value: object, what: str) -> Matcher:
    if isinstance(value, Matcher):
        return value
    return literal(_word(value, what, "an ARG_ constant or a string that is not empty"))


def _options(value: object) -> dict[str, Option]:
    options: dict[str, Option] = {}
    for what, option in _elements(value, "options"):
        if not isinstance(option, Option):
            raise EvaluationError(f"{what} must be flag(...) or opt(...), got {_given(option)}")
        if option.name in options:
            raise EvaluationError(f"the option '{option.name}' is defined twice")
        options[option.name] = option
    return options


def _alternatives(element: object, what: str) -> tuple[str, ...]:
    if isinstance(element, str):
        return (_word(element, what),)
    words = _words(element, what, "a string or a list of strings")
    if not words:
        raise EvaluationError(f"{what} is an empty list, so that no word can match")
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
    return [_example(example, name) for name, example in _elements(value, what)]


def _example(value: object, what: str) -> tuple[str, ...]:
    if not isinstance(value, str):
        words = []
        for name, word in _elements(value, what, "a string or a list of strings"):
            if not isinstance(word, str):
                raise EvaluationError(f"{name} must be a string, got {_given(word)}")
            words.append(word)
        return tuple(words)
    import shlex

    try:
        return tuple(shlex.split(value))
    except ValueError as error:
        problem = "ends inside quotes or after a backslash"
        raise EvaluationError(f"{what} {problem}: {value}") from error
