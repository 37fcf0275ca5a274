"""The verdicts of the built-in policy."""

from __future__ import annotations

import functools

import pytest

from codex.execpolicy.load import default_policy
from codex.execpolicy.policy import Matched, Policy, Unverified
from codex.execpolicy.program import ExecCall, Match


@functools.cache
def policy() -> Policy:
    return default_policy()


def call(line: str) -> ExecCall:
    program, *args = line.split(" ")
    return ExecCall(program, tuple(args))


def match_of(line: str) -> Match:
    result = policy().check(call(line))
    assert isinstance(result, Matched), result
    return result.match


@pytest.mark.parametrize(
    "line",
    [
        "ls",
        "ls -a -l",
        "ls foo -l",
        "cat file.txt",
        "cat -n a b",
        "cat -- -n",
        "cat -",
        "head -n 100 f",
        "head -c +5 f",
        "printenv",
        "printenv PATH",
        "pwd -L",
        "rg -n init src",
        "rg --files",
        "sed -n 122,202p f",
        "which -a python3 cargo",
    ],
)
def test_what_only_reads_is_understood_and_safe(line: str) -> None:
    assert not match_of(line).may_write


def test_a_copy_may_write_its_last_argument() -> None:
    match = match_of("cp -r a b c")
    assert match.may_write
    assert [(arg.index, arg.type.name) for arg in match.args] == [
        (1, "ReadableFile"),
        (2, "ReadableFile"),
        (3, "WriteableFile"),
    ]


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("ls -al", {"type": "UnknownOption", "program": "ls", "option": "-al"}),
        ("ls -z", {"type": "UnknownOption", "program": "ls", "option": "-z"}),
        ("ps", {"type": "NoSpecForProgram", "program": "ps"}),
        ("/bin/ls", {"type": "NoSpecForProgram", "program": "/bin/ls"}),
        (
            "cp",
            {
                "type": "NotEnoughArgs",
                "program": "cp",
                "args": [],
                "arg_patterns": ["ARG_RFILES", "ARG_WFILE"],
            },
        ),
        (
            "cp foo/bar",
            {
                "type": "VarargMatcherDidNotMatchAnything",
                "program": "cp",
                "matcher": "ARG_RFILES",
            },
        ),
        (
            "head",
            {
                "type": "VarargMatcherDidNotMatchAnything",
                "program": "head",
                "matcher": "ARG_RFILES",
            },
        ),
        ("head -n 0 f", {"type": "InvalidPositiveInteger", "value": "0"}),
        ("head -n 1.5 f", {"type": "InvalidPositiveInteger", "value": "1.5"}),
        ("head -n 1.0 f", {"type": "InvalidPositiveInteger", "value": "1.0"}),
        (f"head -n {2**64} f", {"type": "InvalidPositiveInteger", "value": str(2**64)}),
        (
            "head -n -1 f",
            {
                "type": "OptionFollowedByOptionInsteadOfValue",
                "program": "head",
                "option": "-n",
                "value": "-1",
            },
        ),
        ("head f -n", {"type": "OptionMissingValue", "program": "head", "option": "-n"}),
        (
            "pwd foo bar",
            {
                "type": "UnexpectedArguments",
                "program": "pwd",
                "args": [{"index": 0, "value": "foo"}, {"index": 1, "value": "bar"}],
            },
        ),
        (
            "sed -e s/y/echo/e f",
            {"type": "SedCommandNotProvablySafe", "command": "s/y/echo/e"},
        ),
        ("sed -n -e 10p f", {"type": "SedCommandNotProvablySafe", "command": "10p"}),
        (
            "sed 122,202p",
            {"type": "MissingRequiredOptions", "program": "sed", "options": ["-e"]},
        ),
        ("cat ", {"type": "EmptyFileName"}),
    ],
)
def test_what_is_not_understood_says_why(line: str, error: dict[str, object]) -> None:
    assert policy().check(call(line)) == Unverified(error)


def test_a_sed_program_is_taken_by_the_rule_it_fits() -> None:
    assert [arg.index for arg in match_of("sed -n 122,202p f").args] == [1, 2]
    by_option = match_of("sed -n -e 122,202p f")
    assert [(o.name, o.value) for o in by_option.options] == [("-e", "122,202p")]
    assert [arg.index for arg in by_option.args] == [3]


def test_with_files_every_argument_of_rg_is_a_path() -> None:
    assert [arg.type.name for arg in match_of("rg --files src").args] == ["ReadableFile"]
