"""The loose reading of shell text misses nothing that the strict one finds, and always ends."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from codex.base.bash import split_script
from codex.core.safety.danger import MAX_WORDS, is_dangerous, possible_commands

SIGNS = "; && & || | ' \" \\ $( ) ` ( { } < > << <<- # = 2>&1 &> 2> $' $\" [ [[ ! \\\\"
WORDS = "EOF a= b=1 rm -f git push env bash -c find -exec eval time x é -p"
RESERVED = "if then else elif fi for while until do done case in esac function coproc select"
PIECES = st.sampled_from(
    [" ", "\t", "\n", "\\\n", *SIGNS.split(" "), *WORDS.split(" "), *RESERVED.split(" ")]
)
SCRIPTS = st.lists(PIECES, max_size=30).map("".join)


@st.composite
def plain_scripts(draw: st.DrawFn) -> str:
    """Scripts that the strict reading mostly understands, with words that it must not misread."""
    words = st.sampled_from(f"{WORDS} {RESERVED} ! {{ }} [[ & = % ~".split(" "))
    script = ""
    for _ in range(draw(st.integers(1, 6))):
        word, kind = draw(words), draw(st.integers(0, 4))
        script += (word, f"'{word}'", f'"{word}"', f"\\{word}", f"{word[:1]}'{word[1:]}'")[kind]
        script += draw(st.sampled_from([" ", "  ", "\\\n", "; ", ";", " && ", "|", "\n", ""]))
    return script


@given(SCRIPTS | plain_scripts())
@example("\\if")
@example("'a=1' x")
@example("a \\\nb")
@example('"\\""')
def test_what_is_plainly_a_command_is_among_the_possible_ones(script: str) -> None:
    possible = set(possible_commands(["bash", "-lc", script]))
    for command in split_script(script) or ():
        assert command[:MAX_WORDS] in possible


@given(st.lists(PIECES, min_size=1))
def test_a_command_without_a_shell_is_among_the_possible_ones(argv: list[str]) -> None:
    assert tuple(argv[:MAX_WORDS]) in possible_commands(argv)


@given(SCRIPTS, SCRIPTS)
def test_deleting_by_force_is_found_on_a_line_after_any_others(before: str, after: str) -> None:
    plain = split_script(before)
    if plain is not None and "\\" not in before[-1:]:
        assert is_dangerous(["bash", "-lc", f"{before}\nrm -f x\n{after}"])
