"""Verdicts of rules on calls: both forms, and which rule wins."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from codex.base.errors import PolicyError
from codex.execpolicy.checker import misplaced_file
from codex.execpolicy.load import load_policy
from codex.execpolicy.parser import parse_policy
from codex.execpolicy.policy import Forbidden, Matched, Policy, Unverified
from codex.execpolicy.prefix import Decision, strictest
from codex.execpolicy.program import ExecCall


def policy(text: str) -> Policy:
    return parse_policy(text, name="p")


def decision(text: str, line: str) -> Decision | None:
    found = policy(text).match_prefixes(line.split())
    return strictest([match.rule.decision for match in found])


RULES = """
prefix_rule(pattern = ["git", ["push", "fetch"]], decision = "prompt", justification = "network")
prefix_rule(pattern = ["git", "push", "--force"], decision = "forbidden")
prefix_rule(["git"])
"""


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("git", Decision.ALLOW),
        ("git status", Decision.ALLOW),
        ("git fetch x", Decision.PROMPT),
        ("git push origin", Decision.PROMPT),
        ("git push --force origin", Decision.FORBIDDEN),
        ("gitk", None),
        ("/usr/bin/git status", None),
        ("/usr/bin/git push", Decision.PROMPT),
        ("/tmp/git push --force", Decision.FORBIDDEN),
    ],
)
def test_the_strictest_rule_wins(line: str, expected: Decision | None) -> None:
    assert decision(RULES, line) is expected


def test_a_path_is_allowed_where_it_is_known_to_be_the_program() -> None:
    rules = RULES + "host_executable('git', ['/usr/bin/git', '/opt/git'])"
    assert decision(rules, "/opt/git status") is Decision.ALLOW
    assert decision(rules, "/tmp/git status") is None
    (match,) = policy(rules).match_prefixes(["/opt/git", "status"])
    assert match.json == {
        "prefixRuleMatch": {
            "matchedPrefix": ["git"],
            "decision": "allow",
            "resolvedProgram": "/opt/git",
        }
    }


PROGRAM = """
define_program(
    "tool",
    option_bundling = True,
    combined_format = True,
    options = [flag("-a"), flag("-l"), opt("-n", ARG_POS_INT), opt("--out", ARG_WFILE)],
    args = ["sub", ARG_RFILES, ARG_OPAQUE_VALUE],
)
"""


def check(text: str, line: str) -> Matched | Forbidden | Unverified:
    program, *args = line.split()
    return policy(text).check(ExecCall(program, tuple(args)))


def test_bundled_flags_and_combined_values_are_understood_where_the_rule_says_so() -> None:
    result = check(PROGRAM, "tool -al --out=x -an 5 sub f v")
    assert isinstance(result, Matched)
    assert result.match.flags == ("-a", "-l", "-a")
    assert [(o.name, o.value) for o in result.match.options] == [("--out", "x"), ("-n", "5")]
    assert result.match.may_write


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("tool -na 5 sub f v", "OptionMissingValue"),
        ("tool --out= sub f v", "EmptyFileName"),
        ("tool --flag=x sub f v", "UnknownOption"),
        ("tool -ax sub f v", "UnknownOption"),
        ("tool sub v", "VarargMatcherDidNotMatchAnything"),
        ("tool other f v", "LiteralValueDidNotMatch"),
        ("tool", "NotEnoughArgs"),
    ],
)
def test_what_does_not_fit_is_refused_by_kind(line: str, kind: str) -> None:
    result = check(PROGRAM, line)
    assert isinstance(result, Unverified)
    assert result.error["type"] == kind


def test_one_word_cannot_be_first_and_last() -> None:
    result = check('define_program("t", args = ["a", ARG_RFILES_OR_CWD, "a"])', "t a")
    assert result == Unverified({"type": "PrefixOverlapsSuffix"})


def test_two_lists_in_one_rule_are_named() -> None:
    result = check('define_program("t", args = [ARG_RFILES, ARG_UNVERIFIED_VARARGS])', "t a")
    error = {"first": "ARG_RFILES", "second": "ARG_UNVERIFIED_VARARGS", "program": "t"}
    assert result == Unverified({"type": "MultipleVarargPatterns", **error})


def test_what_forbids_wins_wherever_it_stands() -> None:
    rules = """
define_program("t", args = [ARG_RFILES])
define_program("t", args = ["secret"], forbidden = "not this one")
forbid_substrings(["../"])
forbid_program_regex("^mk", "makes things")
"""
    assert isinstance(check(rules, "t open"), Matched)
    by_rule = check(rules, "t secret")
    assert isinstance(by_rule, Forbidden)
    assert by_rule.reason == "not this one"
    assert list(by_rule.cause) == ["Exec"]
    by_word = check(rules, "t a/../b")
    assert isinstance(by_word, Forbidden)
    call = {"program": "t", "args": ["a/../b"]}
    assert by_word.cause == {"Arg": {"arg": "a/../b", "exec_call": call}}
    by_name = check(rules, "mkfs /dev/sda")
    assert isinstance(by_name, Forbidden)
    assert (by_name.reason, list(by_name.cause)) == ("makes things", ["Program"])
    assert isinstance(check(rules, "a/../t open"), Forbidden)


def test_written_files_are_placed_through_links(tmp_path: Path) -> None:
    work = tmp_path / "work"
    work.mkdir()
    (work / "out").symlink_to(tmp_path)
    rules = 'define_program("cp", args = [ARG_RFILES, ARG_WFILE])'

    def misplaced(target: str) -> str | None:
        result = check(rules, f"cp /etc/passwd {target}")
        assert isinstance(result, Matched)
        return misplaced_file(result.match, cwd=str(work), writable_folders=[str(work)])

    assert misplaced("new") is None
    assert misplaced(".") is None
    for target in ("../new", "out/new", "/tmp", str(tmp_path / "working")):
        assert misplaced(target) == target


def test_what_may_be_anything_cannot_be_placed() -> None:
    result = check('define_program("t", args = [ARG_UNVERIFIED_VARARGS])', "t a")
    assert isinstance(result, Matched)
    assert misplaced_file(result.match, cwd="/", writable_folders=["/"]) == "a"


def test_policies_join_in_order() -> None:
    both = policy("host_executable('a', ['/a'])\nprefix_rule(['a'])").joined(
        policy("host_executable('a', ['/b/a'])\nprefix_rule(['b'])")
    )
    assert [rule.pattern[0] for rule in both.prefix_rules] == [("a",), ("b",)]
    assert both.host_executables == {"a": ("/a", "/b/a")}


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    latin = tmp_path / "latin.rules"
    latin.write_bytes(b"# one\n# caf\xe9\n")
    pipe = tmp_path / "pipe.rules"
    os.mkfifo(pipe)
    huge = tmp_path / "huge.rules"
    huge.write_bytes(b"#" * 1_000_001)
    for path, cause in (
        (latin, f"{latin}:2: the text is not UTF-8"),
        (pipe, "it is not a regular file"),
        (huge, "more than 1000000 bytes"),
        (tmp_path / "none", "No such file"),
    ):
        with pytest.raises(PolicyError, match=cause):
            load_policy(str(path))
