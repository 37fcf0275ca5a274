from __future__ import annotations

import shlex

import pytest

from codex.base.bash import join, script_of, split_script


@pytest.mark.parametrize(
    ("script", "commands"),
    [
        ("ls -1", [["ls", "-1"]]),
        ("  ls\t-1  ", [["ls", "-1"]]),
        ("ls && pwd || id; wc|cat", [["ls"], ["pwd"], ["id"], ["wc"], ["cat"]]),
        ("ls;\n\npwd\n", [["ls"], ["pwd"]]),
        ("ls &&\n\n pwd", [["ls"], ["pwd"]]),
        ("ls |\npwd;", [["ls"], ["pwd"]]),
        ("\n ls", [["ls"]]),
        ("a 'b c' \"d e\"", [["a", "b c", "d e"]]),
        ("a ''b\"c\"\\ d", [["a", "bc d"]]),
        ("a '' \"\"", [["a", "", ""]]),
        ("a '$x `y` \\ \"'", [["a", '$x `y` \\ "']]),
        ('a "\\$ \\` \\" \\\\ \\n \' ! *"', [["a", "$ ` \" \\ \\n ' ! *"]]),
        ("a \\* \\$ \\; \\|", [["a", "*", "$", ";", "|"]]),
        ("a 'two\nlines' \"two\nlines\"", [["a", "two\nlines", "two\nlines"]]),
        ("a b\\\nc \\\n d", [["a", "bc", "d"]]),
        ("a \\\n&& b", [["a"], ["b"]]),
        ("a --x=y k=v", [["a", "--x=y", "k=v"]]),
        ("a HEAD~2 HEAD^^ v1.0^", [["a", "HEAD~2", "HEAD^^", "v1.0^"]]),
        ("'if' x", [["if", "x"]]),
        ("a if then", [["a", "if", "then"]]),
        ("'A=1' x", [["A=1", "x"]]),
        ("a 'é' \"ü\"", [["a", "é", "ü"]]),
    ],
)
def test_plain_scripts_are_split_into_words(script: str, commands: list[list[str]]) -> None:
    assert split_script(script) == tuple(map(tuple, commands))


@pytest.mark.parametrize(
    "script",
    [
        "",
        " \n ",
        "a &",
        "a & b",
        "a &> f",
        "a |& b",
        "a ;; b",
        "; a",
        "a ;; ",
        "a ; ; b",
        "a &&",
        "a ||\n",
        "a | ",
        "&& a",
        "a\n&& b",
        "a && && b",
        "a > f",
        "a 2>f",
        "a < f",
        "a <<EOF\nEOF",
        "a <(b)",
        "(a)",
        "{ a; }",
        "a {b,c}",
        "! a",
        "a !b",
        "a $b",
        "a ${b}",
        "a $(b)",
        "a `b`",
        'a "$b"',
        'a "`b`"',
        "a $'b'",
        'a $"b"',
        "a *",
        "a ?",
        "a [b]",
        "a ~",
        "a ~b",
        "a b=~",
        "a b:~",
        "a ^b",
        "a -x~",
        "a =b",
        "a # b",
        "a#b",
        "a 'b",
        'a "b',
        "a \\",
        'a "b\\\nc"',
        "a\0b",
        "a 'b\0'",
        "A=1 a",
        "A=1",
        "A+=1 a",
        "A[0]=1 a",
        "if a",
        "i\\\nf a",
        "time a",
        "a; done",
        "%1",
        "a é",
        "a\rb",
        "a \\é",
        "a\x0bb",
    ],
)
def test_everything_that_bash_could_read_otherwise_is_refused(script: str) -> None:
    assert split_script(script) is None


@pytest.mark.parametrize(
    ("argv", "script"),
    [
        (["bash", "-lc", "ls"], "ls"),
        (["/usr/bin/zsh", "-c", "ls"], "ls"),
        (["sh", "-c", ""], ""),
        (["bash", "-c", "-x"], None),
        (["bash", "-c", "+x"], None),
        (["bash", "-c"], None),
        (["bash", "-c", "ls", "name"], None),
        (["bash", "-x", "ls"], None),
        (["fish", "-c", "ls"], None),
        (["bash/", "-c", "ls"], None),
        ([], None),
    ],
)
def test_the_script_of_a_shell_is_found(argv: list[str], script: str | None) -> None:
    assert script_of(argv) == script


@pytest.mark.parametrize("word", ["", "a", "a b", "it's", "$x", "~", "é", "a=b", "*", "\n"])
def test_joined_words_read_back(word: str) -> None:
    assert shlex.split(join(["x", word, word])) == ["x", word, word]


@pytest.mark.parametrize("name", ["for", "A=1", "%1", "=x"])
def test_a_name_that_would_mean_something_else_is_quoted(name: str) -> None:
    assert join([name, "for"]) == f"'{name}' for"


def test_plain_words_are_joined_without_quotes() -> None:
    assert join(["git", "log", "--format=x", "src/a.py"]) == "git log --format=x src/a.py"
