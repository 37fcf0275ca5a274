"""Which commands bash might run for a command line, and which of them delete by force."""

from __future__ import annotations

import pytest

from codex.core.safety.danger import MAX_SCRIPTS, MAX_WORDS, is_dangerous, possible_commands


def bash(script: str) -> tuple[str, ...]:
    return ("bash", "-lc", script)


@pytest.mark.parametrize(
    "argv",
    [
        ("rm", "-f", "x"),
        ("rm", "x", "-rf"),
        ("rm", "-vfr", "x"),
        ("rm", "--force", "x"),
        ("/bin/rm", "-f", "x"),
        ("sudo", "rm", "-f", "x"),
        ("sudo", "-u", "me", "env", "A=1", "rm", "-f", "x"),
        ("timeout", "5", "nice", "rm", "-f", "x"),
        ("find", ".", "-name", "x", "-exec", "rm", "-f", "{}", ";"),
        ("sh", "-ec", "rm -rf x"),
        ("sudo", "bash", "-c", "rm -rf x"),
        bash("rm -rf x"),
        bash("cd y && rm -rf x"),
        bash("rm -rf $HOME"),
        bash("rm -rf x > /dev/null 2>&1"),
        bash(">/dev/null rm -rf x"),
        bash("for d in a b; do rm -rf $d; done"),
        bash("if true; then rm -f x; fi"),
        bash("A=1 B=2 rm -f x"),
        bash("echo $(rm -f x)"),
        bash('echo "$(rm -f x)"'),
        bash("echo `rm -f x`"),
        bash("(rm -f x)"),
        bash("{ rm -f x; }"),
        bash("! rm -f x"),
        bash("ls | xargs rm -f"),
        bash("bash -c 'rm -f x'"),
        bash("bash -c \"bash -c 'rm -f x'\""),
        bash("eval 'rm -f x'"),
        bash("bash <<EOF\nrm -f x\nEOF\n"),
        bash("r\\m -f x"),
        bash("'rm' \"-f\" x"),
        bash("sleep 1 & rm -f x"),
        bash("cat <<EOF\ntext\nEOF\nrm -f x"),
        bash("# remark\nrm -f x"),
        bash("\\rm -f x"),
        bash("if true; then \\rm -f x; fi"),
        bash("$'rm' -f x"),
        bash("$'\\x72\\155' -f x"),
        bash('$"rm" -f x'),
        bash("A=1 if; B[0]=2 rm -f x"),
        bash("'A=1' x; A=1 ! rm -f x"),
        bash("2>/dev/null rm -f x"),
        bash("{log}>/dev/null rm -f x"),
        bash("rm &>/dev/null -f x"),
        bash("rm x 2>/dev/null -f"),
        bash("time -p rm -f x"),
        bash("true | time -p rm -f x"),
        bash("function f { rm -f x; }; f"),
        bash("coproc NAME { rm -f x; }"),
        bash("find . -exec env rm -f {} \\;"),
        bash("rm $(cat list) -f"),
        bash("rm `cat list` -f"),
        bash('echo "\\\\"; rm -f x; echo "y"'),
        bash('echo "$(echo "a"; rm -f x)"'),
        bash("echo $((1<<2))\nrm -f x"),
        bash("cat <<EOF\n$(rm -f x)\nEOF"),
        bash("cat <<EOF\n$(echo $(rm -f x))\nEOF"),
        bash("<<EOF bash\nrm -f x\nEOF"),
        bash("sudo bash <<EOF\nrm -f x\nEOF"),
        bash("cat <<EOF | bash\nrm -f x\nEOF"),
        ("time", "-p", "rm", "-f", "x"),
    ],
)
def test_deleting_by_force_is_found(argv: tuple[str, ...]) -> None:
    assert is_dangerous(argv)


@pytest.mark.parametrize(
    "argv",
    [
        ("rm", "x"),
        ("rm", "-r", "x"),
        ("rm", "--", "-f"),
        ("rm", "--verbose", "x"),
        ("echo", "rm", "-f"),
        ("grep", "-f", "rm"),
        bash("echo 'rm -f x'"),
        bash("git commit -m 'no rm -rf'"),
        bash("cat > Makefile <<'EOF'\nclean:\n\trm -rf build\nEOF\n"),
        bash("# rm -rf x\nls"),
        bash("cat <<< 'rm -f x'"),
        bash("cat > x <<EOF\n$(date)\nrm -rf build\nEOF\n"),
        bash("if [ -e x ]; then cat > x <<EOF\nrm -rf build\nEOF\nfi"),
        ("find", ".", "-name", "rm", "-f"),
        (),
    ],
)
def test_what_does_not_delete_by_force_is_let_be(argv: tuple[str, ...]) -> None:
    assert not is_dangerous(argv)


@pytest.mark.parametrize(
    ("script", "command"),
    [
        ("\\if x", ("if", "x")),
        ("i\\f x", ("if", "x")),
        ('"if" x', ("if", "x")),
        ("$'if' x", ("if", "x")),
        ("\\time x", ("time", "x")),
        ("\\! x", ("!", "x")),
        ("\\{ x", ("{", "x")),
        ("'{' x", ("{", "x")),
        ("\\} x", ("}", "x")),
        ("\\& x", ("&", "x")),
        ("\\[[ x", ("[[", "x")),
        ('"function" f x', ("function", "f", "x")),
        ("'coproc' x", ("coproc", "x")),
        ("a && \\if x", ("if", "x")),
        ("a; 'then' x", ("then", "x")),
        ("a | \\do x", ("do", "x")),
        ("if a; then \\while x; fi", ("while", "x")),
        ("a=1 if x", ("if", "x")),
        ("a=1 b+=2 ! x", ("!", "x")),
        (">/dev/null if x", ("if", "x")),
        ("2>/dev/null then x", ("then", "x")),
        ("'a=1' x", ("a=1", "x")),
        ("a\\=1 x", ("a=1", "x")),
        ("\\command \\if x", ("if", "x")),
        ("a | time x", ("time", "x")),
        ("a \\\n b", ("a", "b")),
        ('a "b\\"c"', ("a", 'b"c')),
        ("a 2>&1", ("a",)),
    ],
)
def test_a_command_is_found_that_bash_would_run(script: str, command: tuple[str, ...]) -> None:
    assert command in possible_commands(bash(script))


def test_a_plain_reserved_word_and_a_plain_assignment_are_no_commands() -> None:
    found = list(possible_commands(bash("if a; then A=1 b; fi; ! { c; }")))
    assert found[1:] == [("a",), ("b",), ("fi",), ("c",), ("}",)]


def test_the_search_is_bounded_whatever_the_text() -> None:
    wrappers = list(possible_commands(["env"] * 5000))
    assert len(wrappers) <= MAX_WORDS
    nested = "$(" * 3000 + '"`' * 3000 + "<<a &>" * 3000 + "$'" * 3000
    assert sum(1 for _ in possible_commands(bash(nested))) < 50_000
    shells = ["sudo", *("bash", "-c", "bash -c 'a; b' c") * 60]
    assert sum(1 for _ in possible_commands(shells)) < MAX_SCRIPTS * MAX_WORDS
