"""The policy language: valid files, and the errors about invalid ones."""

from __future__ import annotations

import pytest

from codex.base.errors import PolicyError
from codex.execpolicy.parser import parse_policy
from codex.execpolicy.policy import Policy


def patterns(text: str) -> list[tuple[tuple[str, ...], ...]]:
    """Return the patterns of a file's prefix rules."""
    return [rule.pattern for rule in parse_policy(text, name="p").prefix_rules]


def value(expression: str, before: str = "") -> str:
    """Evaluate an expression of the language; return its text."""
    (pattern,) = patterns(f"{before}\nprefix_rule([str({expression})])")
    return pattern[0][0]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("1 + 2 * 3 - 7 // 2 % 5", "4"),
        ("-4", "-4"),
        ("'a' + 'b' * 2", "abb"),
        ("[1] + [2, None]", "[1, 2, None]"),
        ("(1,) + (True,)", "(1, True)"),
        ("{'a': [1]}", '{"a": [1]}'),
        ("{n: n + n for n in ['a']}", '{"a": "aa"}'),
        ("[x for x in range(5) if x % 2 == 0]", "[0, 2, 4]"),
        ("[a + b for a in ['x', 'y'] for b in ['1', '2']]", '["x1", "x2", "y1", "y2"]'),
        ("[x for x, y in {'k': 1}.items()]", '["k"]'),
        ("'%s=%d%%' % ('a', 3)", "a=3%"),
        ("'{}-{}'.format(1, 'b')", "1-b"),
        ("'-'.join(['a', 'b'])", "a-b"),
        ("'a b'.split(' ')[-1]", "b"),
        ("'abc'[1:]", "bc"),
        ("1 == True", "False"),
        ("[1, (2,)] == [1, (2,)]", "True"),
        ("'a' in 'cat' and 'k' in {'k': 0} and 3 not in [1]", "True"),
        ("'x' if 1 < 2 else 'y'", "x"),
        ("None or 'd'", "d"),
        ("not []", "True"),
        ("len(range(3)) + len('abc')", "6"),
        ("(lambda a, b = 2: a * b)(4)", "8"),
        ("list(enumerate(['q']))", '[(0, "q")]'),
        ("{'a': 1}.get('b', 7)", "7"),
        ("'Abc'.upper().startswith('AB')", "True"),
        ("'a-b'.replace('-', '+')", "a+b"),
    ],
)
def test_expressions_mean_what_they_mean_in_starlark(expression: str, expected: str) -> None:
    assert value(expression) == expected


def test_functions_loops_and_conditions_work() -> None:
    text = """
def rules(names, *, second = "run"):
    for name in names:
        if name == "skip":
            continue
        if name == "end":
            break
        prefix_rule(pattern = [name, second])
    return len(names)

count = rules(["npm", "skip", "yarn", "end", "never"])
a, b = [str(count), "x"]
a += b
prefix_rule([f"n{a}"])
"""
    assert patterns(text) == [(("npm",), ("run",)), (("yarn",), ("run",)), (("n5x",),)]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("\nprefix_rule(", "p:2: invalid syntax ("),
        ("import os", "p:1: the policy language has no Import"),
        ("\n\nopen('/etc/passwd')", "p:3: 'open' is not defined"),
        ("().__class__", "p:1: the policy language has no Attribute"),
        ("ARG_RFILE.type", "p:1: the policy language has no Attribute"),
        ("''.encode()", "p:1: string has no method 'encode' for these arguments"),
        ("while True: pass", "p:1: the policy language has no While: while True:..."),
        ("x = 1.5", "p:1: the policy language has no Constant"),
        ("x = b'a'", "p:1: the policy language has no Constant"),
        ("x = 2 ** 9", "p:1: the policy language has no BinOp: 2 ** 9"),
        ("x = 1 < 2 < 3", "p:1: the policy language has no Compare"),
        ("x = f'{1 + 1}'", "p:1: the braces of an f-string may hold only a name: {name}"),
        ("for c in 'abc': pass", "p:1: string cannot be iterated over"),
        ("x = 1 + True", "p:1: cannot add bool to int"),
        ("x = 1 // 0", "p:1: cannot divide int by this int"),
        ("x = [][0]", "p:1: index 0 is out of range for a list of length 0"),
        ("x = {}['a']", 'p:1: the dict has no key "a"'),
        ("x = {'a': 1, 'a': 2}", 'p:1: the key "a" occurs twice'),
        ("return 1", "p:1: the policy language has no Return"),
        ("def f():\n  f()\nf()", "p:2: a function may not call itself"),
        ("def f(a): pass\nf()", "p:2: the call lacks the argument 'a'"),
        ("def f(*a): pass", "p:1: a function may have no *args, **kwargs or /"),
        ("x = 'a' * 999999999", "p:1: the value has more than 100000 characters or elements"),
        ("range(10 ** 2)", "p:1: the policy language has no BinOp"),
        ("range(999999999999999999999)", "p:1: the value has more than 100000"),
        (
            "[a for a in range(999) for b in range(999)]",
            "p:1: the file takes more than 200000 steps",
        ),
        ("x = " + "(" * 90 + "1" + ",)" * 90, "p:1: nested too deeply"),
        ("x = '\\d'", "p:1: invalid syntax ("),
        ("x = " + "9" * 5000, "p:1: invalid syntax ("),
        ("\nx = 'a\0b'", "p:2: the text holds a null character"),
        ("\n\nx = '\ud800'", "p:3: the text holds half a character"),
        ("fail('no', 1)", "p:1: no 1"),
        ("prefix_rule()", "p:1: prefix_rule does not take these arguments ("),
        ("len(1, 2)", "p:1: len does not take these arguments ("),
        ("[len][0]()", "p:1: the function does not take these arguments ("),
        ("prefix_rule([])", "p:1: pattern is empty"),
        ("prefix_rule(['a', []])", "p:1: pattern[1] is an empty list"),
        ("prefix_rule(['a', ['b', '']])", "p:1: pattern[1][1] must be a string that is not empty"),
        (
            "prefix_rule([1])",
            "p:1: pattern[0] must be a string or a list of strings, got the int 1",
        ),
        (
            "prefix_rule(['a'], decision = 'yes')",
            "p:1: decision must be 'allow', 'prompt' or 'forbidden', got the string 'yes'",
        ),
        ("prefix_rule(['a'], match = ['b'])", "p:1: the example ['b'] of match does not match"),
        ("prefix_rule(['a'], not_match = ['a b'])", "p:1: the example ['a', 'b'] of not_match"),
        ("prefix_rule(['a'], match = ['\"'])", "p:1: match[0] ends inside quotes or"),
        ("prefix_rule(['a'], match = ['a', 1])", "p:1: match[1] must be a string or a list of"),
        (
            "prefix_rule(['a'], match = [['a', None]])",
            "p:1: match[0][1] must be a string, got None",
        ),
        (
            "define_program(program = '')",
            "p:1: program must be a string that is not empty, got an empty string",
        ),
        (
            "define_program('p', options = [flag('-a'), '-b'])",
            "p:1: options[1] must be flag(...) or opt(...), got the string '-b'",
        ),
        (
            "define_program('p', options = [ARG_RFILE])",
            "p:1: options[0] must be flag(...) or opt(...), got ARG_RFILE",
        ),
        (
            "define_program('p', args = [ARG_RFILE, flag('-a')])",
            "p:1: args[1] must be an ARG_ constant or a string that is not empty,"
            " got the option '-a'",
        ),
        (
            "define_program('p', system_path = ['a', len])",
            "p:1: system_path[1] must be a string that is not empty, got a function",
        ),
        (
            "forbid_substrings('a' * 99)",
            "p:1: strings must be a list, got the string 'aaaaaaaaaaaa...",
        ),
        ("opt('-n', 5)", "p:1: the type of the option '-n' must be an ARG_ constant or a string"),
        (
            "flag('-n', required = 1)",
            "p:1: 'required' of the flag '-n' must be True or False, got the int 1",
        ),
        (
            "define_program('p', options = [flag('-a'), flag('-a')])",
            "p:1: the option '-a' is defined twice",
        ),
        (
            "\ndefine_program('p', should_match = [['x']])",
            "p:2: the example ['x'] of should_match does not match: UnexpectedArguments",
        ),
        (
            "define_program('p', should_not_match = [[]])",
            "p:1: the example [] of should_not_match matches",
        ),
        ("forbid_program_regex('(', 'r')", "p:1: the regular expression is wrong ("),
        (
            "host_executable('/git', [])",
            "p:1: name must be a name without a slash, got the string '/git'",
        ),
        (
            "host_executable('git', ['/bin/git', 'git'])",
            "p:1: paths[1] must be an absolute path that ends in '/git', got the string 'git'",
        ),
        ("x = ARG_RFILE + ARG_RFILE", "p:1: cannot add matcher to matcher"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(text: str, complaint: str) -> None:
    with pytest.raises(PolicyError) as caught:
        parse_policy(text, name="p")
    assert str(caught.value).startswith(complaint)


def test_lists_that_double_end_soon() -> None:
    doubling = "x = ['a']\n" + "x = [x, x]\n" * 60
    with pytest.raises(PolicyError, match="too large to compare"):
        parse_policy(doubling + "y = x == [x[0], x[1]]", name="p")
    with pytest.raises(PolicyError, match="the value has more than"):
        parse_policy(doubling + "y = str(x)", name="p")


def test_an_empty_file_says_nothing() -> None:
    assert parse_policy("# nothing\n", name="p") == Policy()
