"""`codex execpolicy` as a program: its JSON and its exit codes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.support.program import Program

RULES = """
prefix_rule(["git", "push"], decision = "prompt", justification = "reaches the network")
prefix_rule(["git", "push", "-f"], decision = "forbidden")
prefix_rule(["make"])
"""


@pytest.mark.parametrize(
    ("words", "result", "status"),
    [
        (("ls", "-l"), "safe", 0),
        (("cp", "a", "b"), "match", 12),
        (("ls", "--strange"), "unverified", 13),
        (("cp",), "unverified", 13),
        (("mkfs", "x"), "forbidden", 14),
    ],
)
def test_the_status_says_the_result_only_when_asked(
    program: Program, words: tuple[str, ...], result: str, status: int
) -> None:
    file = program.repo / "own.policy"
    file.write_text(
        'define_program("ls", options = [flag("-l")])\n'
        'define_program("cp", args = [ARG_RFILES, ARG_WFILE])\n'
        'forbid_program_regex("^mkfs$", "formats disks")\n',
        encoding="utf-8",
    )
    for flags, expected in (((), 0), (("--require-safe",), status)):
        done = program.run("execpolicy", "check", "--policy", "own.policy", *flags, "--", *words)
        assert (done.returncode, done.stderr) == (expected, "")
        assert json.loads(done.stdout)["result"] == result
        assert done.stdout.count("\n") == 1


def test_the_shapes_of_the_output_are_those_of_the_reference(program: Program) -> None:
    done = program.run("execpolicy", "check", "cat", "-n", "notes.txt")
    assert done.stdout == (
        '{"result":"safe","match":{"program":"cat","flags":[{"name":"-n"}],"opts":[],'
        '"args":[{"index":1,"type":"ReadableFile","value":"notes.txt"}],'
        '"system_path":["/bin/cat","/usr/bin/cat"]}}\n'
    )
    call = '{"program": "head", "args": ["-n", "100", "f"]}'
    done = program.run("execpolicy", "check-json", "--require-safe", call)
    assert done.returncode == 0
    assert json.loads(done.stdout)["match"]["opts"] == [
        {"name": "-n", "value": "100", "type": "PositiveInteger"}
    ]
    done = program.run("execpolicy", "check-json", '{"program": "cat"}')
    assert json.loads(done.stdout) == {
        "result": "unverified",
        "error": {
            "type": "VarargMatcherDidNotMatchAnything",
            "program": "cat",
            "matcher": "ARG_RFILES",
        },
    }


@pytest.mark.parametrize(
    ("words", "decision", "status"),
    [
        (("git", "push"), "prompt", 12),
        (("git", "push", "-f"), "forbidden", 14),
        (("make", "all"), "allow", 0),
        (("git",), None, 13),
    ],
)
def test_prefix_rules_answer_in_their_own_form(
    program: Program, words: tuple[str, ...], decision: str | None, status: int
) -> None:
    (program.repo / "team.rules").write_text(RULES, encoding="utf-8")
    done = program.run(
        "execpolicy", "check", "--require-safe", "--rules", "team.rules", "--", *words
    )
    assert done.returncode == status
    verdict = json.loads(done.stdout)
    assert verdict.get("decision") == decision
    assert "result" not in verdict
    if words == ("git", "push"):
        assert verdict["matchedRules"] == [
            {
                "prefixRuleMatch": {
                    "matchedPrefix": ["git", "push"],
                    "decision": "prompt",
                    "justification": "reaches the network",
                }
            }
        ]


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (("check",), 1, "no command to judge"),
        (("check", "--policy", "none.rules", "--", "ls"), 1, "No such file"),
        (("check", "--policy", "bad.rules", "--", "ls"), 1, "bad.rules:2: 'alow' is not defined"),
        (("check-json", "[]"), 1, "cannot read the command"),
        (("check-json",), 2, "JSON"),
        (("check", "--polcy", "x"), 2, "--policy"),
        ((), 2, "check, check-json"),
    ],
)
def test_what_cannot_be_judged_fails_with_one_line(
    program: Program, arguments: tuple[str, ...], status: int, words: str
) -> None:
    (program.repo / "bad.rules").write_text("\nprefix_rule(alow)\n", encoding="utf-8")
    done = program.run("execpolicy", *arguments)
    assert (done.returncode, done.stdout) == (status, "")
    assert words in done.stderr
    assert "Traceback" not in done.stderr
