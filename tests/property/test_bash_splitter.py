"""Real bash reads whatever the splitter understands the same way, word for word."""

from __future__ import annotations

import os
import subprocess
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from codex.base.bash import join, script_of, split_script
from tests.support.examples import scaled

# With every builtin off and no program on PATH, each command that bash is to run ends up in its
# handler for unknown commands, whose arguments are the words exactly as bash made them.
HANDLER = """
enable -n $(compgen -b)
command_not_found_handle() {
    /usr/bin/printf '%s\\0' "$#" "$@" >> "$WORDS"
    /bin/sh -c "exit $STATUS"
}
"""

pytestmark = pytest.mark.skipif(
    not os.path.exists("/bin/bash"), reason="there is no bash to compare with"
)

Command = tuple[str, ...]


class Bash:
    """Start a bash that reports which words it would run."""

    def __init__(self, folder: Path) -> None:
        self._handler = folder / "handler.sh"
        self._handler.write_text(HANDLER)
        self._words = folder / "words"

    def commands(self, script: str, *, status: int) -> Counter[Command]:
        """Return the commands that bash runs when each of them ends with `status`."""
        self._words.write_bytes(b"")
        subprocess.run(
            ["/bin/bash", "-c", script],
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=self._handler.parent,
            env={
                "PATH": "/nonexistent",
                "BASH_ENV": str(self._handler),
                "WORDS": str(self._words),
                "STATUS": str(status),
                "LC_ALL": "C.UTF-8",
            },
        )
        fields = [os.fsdecode(field) for field in self._words.read_bytes().split(b"\0")[:-1]]
        found: Counter[Command] = Counter()
        while fields:
            count = int(fields[0])
            found[tuple(fields[1 : 1 + count])] += 1
            del fields[: 1 + count]
        return found


@pytest.fixture(scope="module")
def bash(tmp_path_factory: pytest.TempPathFactory) -> Bash:
    return Bash(tmp_path_factory.mktemp("bash"))


def check(bash: Bash, script: str) -> bool:
    """Compare one script; return whether the splitter understood it."""
    commands = split_script(script)
    if script_of(["bash", "-c", script]) is None:
        return False
    # A name with a slash is looked up as a file and never reaches the handler.
    if commands is None or any("/" in command[0] for command in commands):
        return False
    expected = Counter(commands)
    # Commands behind `&&` run only after success and those behind `||` only after failure.
    runs = [bash.commands(script, status=status) for status in (0, 1)]
    for run in runs:
        assert run <= expected
    assert set(runs[0]) | set(runs[1]) == set(expected)
    return True


def test_the_comparison_sees_words(bash: Bash) -> None:
    assert bash.commands("a 'b c' || d", status=0) == Counter({("a", "b c"): 1})
    assert bash.commands("a 'b c' || cd ''", status=1) == Counter({("a", "b c"): 1, ("cd", ""): 1})
    assert bash.commands("a | b | a", status=0) == Counter({("a",): 2, ("b",): 1})


FRAGMENTS = (
    st.sampled_from(["a", "b", "if", "do", "time", "in", "-x", "HEAD", "A=1", "'q'", '"q"', "é"])
    | st.sampled_from("=~^:@+%,./_'\"\\$`;|&!#*?[]{}()<>\t\n\r\x0b\x01\x7f\xa0")
    | st.sampled_from(["&&", "||", ";;", "|&", "\\'", '\\"', "\\\\", "\\\n", " ", " ", " "])
)

BARE = st.text("abXY01_-.,:@%+", min_size=1, max_size=4)
ANYTHING = st.text(
    st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"), max_size=5
)
SPECIAL = st.text("$`\"\\'!*~{a,b}[x]?;&|<>()#\n\t =^", max_size=6)
SINGLE_QUOTED = (ANYTHING | SPECIAL).map(lambda text: "'" + text.replace("'", "") + "'")
DOUBLE_QUOTED = (ANYTHING | SPECIAL).map(
    lambda text: '"' + "".join("\\" + c if c in '$`"\\' else c for c in text) + '"'
)
LOOSE_DOUBLE_QUOTED = SPECIAL.map(lambda text: f'"{text}"')
ESCAPED = st.characters(min_codepoint=32, max_codepoint=126).map(lambda c: "\\" + c)
REVISION = st.sampled_from(["HEAD~2", "v1^", "a~^", "x^0~1"])
PARTS = BARE | SINGLE_QUOTED | DOUBLE_QUOTED | LOOSE_DOUBLE_QUOTED | ESCAPED | REVISION
WORDS = st.lists(PARTS, min_size=1, max_size=4).map("".join)
COMMANDS = st.lists(WORDS, min_size=1, max_size=4).map(" ".join)
JOINTS = st.sampled_from([" && ", " || ", "; ", " | ", "\n", "&&\n", ";", "|", ";\n\n", " \\\n&& "])


@st.composite
def scripts(draw: st.DrawFn) -> str:
    """Strategy for scripts of which most are understood."""
    script = draw(COMMANDS)
    for _ in range(draw(st.integers(0, 3))):
        script += draw(JOINTS) + draw(COMMANDS)
    return script + draw(st.sampled_from(["", ";", "\n", " ", " \\\n"]))


SETTINGS = settings(
    max_examples=scaled(250), suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@SETTINGS
@given(script=scripts())
def test_bash_agrees_on_well_formed_scripts(bash: Bash, script: str) -> None:
    check(bash, script)


@SETTINGS
@given(fragments=st.lists(FRAGMENTS, max_size=12))
def test_bash_agrees_on_arbitrary_fragments(bash: Bash, fragments: list[str]) -> None:
    check(bash, "a " + "".join(fragments))


@SETTINGS
@given(script=scripts(), fragment=FRAGMENTS, at=st.floats(0, 1))
def test_bash_agrees_on_scripts_with_something_inserted(
    bash: Bash, script: str, fragment: str, at: float
) -> None:
    position = int(at * len(script))
    check(bash, script[:position] + fragment + script[position:])


@SETTINGS
@given(argv=st.lists(ANYTHING | SPECIAL | BARE, min_size=1, max_size=4))
def test_joined_words_are_what_bash_runs(bash: Bash, argv: list[str]) -> None:
    if "/" not in argv[0] and argv[0] != "" and not argv[0].startswith(("-", "+", "%")):
        assert bash.commands(join(argv), status=0) == Counter({tuple(argv): 1})
